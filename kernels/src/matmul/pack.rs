//! Packing: blocks of A and B copied into the order in which the tile reads them.
//!
//! - A: groups of h rows (h a tile height), each group k-major: for every p the h elements A(i.., p) side by side.
//! - B: panels of 16 or 32 columns, each k-major: for every p one or two vectors B(p, j..), filled up with +0.

use super::tile::{groups, panels};
use crate::Mat;
use crate::simd::{LANES, Simd};

/// Packs the rows of `a` (at most MC × KC) into `out`, group after group.
#[inline(always)]
pub(super) fn rows<S: Simd>(a: Mat<'_, f32>, out: &mut [f32]) {
    let (data, depth) = (a.data(), a.cols());
    let (down, along) = (a.row_stride(), a.col_stride());
    for (i, h) in groups::<S>(a.rows()) {
        let group = &mut out[i * depth..][..h * depth];
        if down == 1 {
            for (p, out) in group.chunks_exact_mut(h).enumerate() {
                out.copy_from_slice(&data[p * along + i..][..h]);
            }
        } else {
            for r in 0..h {
                for (p, out) in group[r.min(h * depth)..].iter_mut().step_by(h).enumerate() {
                    *out = data[(i + r) * down + p * along];
                }
            }
        }
    }
}

/// Packs the columns of `b` (at most KC × NC) into `out`, panel after panel.
#[inline(always)]
pub(super) fn columns<S: Simd>(b: Mat<'_, f32>, out: &mut [f32]) {
    let (data, depth) = (b.data(), b.rows());
    let (down, along) = (b.row_stride(), b.col_stride());
    for (j, vectors) in panels::<S>(b.cols()) {
        let width = vectors * LANES;
        let panel = &mut out[j * depth..][..width * depth];
        let used = width.min(b.cols() - j);
        if along == 1 {
            for (p, out) in panel.chunks_exact_mut(width).enumerate() {
                out[..used].copy_from_slice(&data[p * down + j..][..used]);
                out[used..].fill(0.0);
            }
        } else {
            for (p, out) in panel.chunks_exact_mut(width).enumerate() {
                for (c, out) in out[..used].iter_mut().enumerate() {
                    *out = data[p * down + (j + c) * along];
                }
                out[used..].fill(0.0);
            }
        }
    }
}
