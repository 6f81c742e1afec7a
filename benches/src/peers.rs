//! The peers: C ← A B through other crates, and through the loops one would write first.
//!
//! The calls into other crates take raw pointers; this file is the only one outside `kernels` that has them.
#![allow(unsafe_code)]

use crate::data::Product;

/// Another way to compute C ← A B in f32.
pub struct Peer {
    /// Its name in the tables.
    pub name: &'static str,
    /// C ← A B.
    pub run: fn(&mut Product),
}

/// Every peer, the naive loops last.
pub const PEERS: [Peer; 3] = [
    Peer { name: "gemm", run: gemm },
    Peer { name: "matrixmultiply", run: matrixmultiply },
    Peer { name: "naive loops", run: naive },
];

fn gemm(p: &mut Product) {
    let (m, n, k) = (p.shape.m, p.shape.n, p.shape.k);
    let (a_row, a_col) = p.a_strides();
    let (b_row, b_col) = p.b_strides();
    // SAFETY: `Product` holds m·k, k·n and m·n elements, and the strides are those of its layout; C is borrowed
    // mutably and does not overlap A or B.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            p.c.as_mut_ptr(),
            1,
            n as isize,
            false,
            p.a.as_ptr(),
            a_col,
            a_row,
            p.b.as_ptr(),
            b_col,
            b_row,
            0.0f32,
            1.0f32,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

fn matrixmultiply(p: &mut Product) {
    let (m, n, k) = (p.shape.m, p.shape.n, p.shape.k);
    let (a_row, a_col) = p.a_strides();
    let (b_row, b_col) = p.b_strides();
    let (a, b, c) = (p.a.as_ptr(), p.b.as_ptr(), p.c.as_mut_ptr());
    // SAFETY: as for `gemm`.
    unsafe { matrixmultiply::sgemm(m, k, n, 1.0, a, a_row, a_col, b, b_row, b_col, 0.0, c, n as isize, 1) }
}

/// Row by row with the inner loop over neighbours: what a careful beginner writes, and the compiler vectorises.
fn naive(p: &mut Product) {
    let (n, k) = (p.shape.n, p.shape.k);
    let (a_row, a_col) = p.a_strides();
    let (b_row, b_col) = p.b_strides();
    p.c.fill(0.0);
    for (i, c) in p.c.chunks_exact_mut(n).enumerate() {
        for q in 0..k {
            let x = p.a[i * a_row as usize + q * a_col as usize];
            for (j, c) in c.iter_mut().enumerate() {
                *c += x * p.b[q * b_row as usize + j * b_col as usize];
            }
        }
    }
}
