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
    let (a_strides, b_strides) = (p.a_strides(), p.b_strides());
    gemm_with((m, n, k), (1.0, &p.a, a_strides), (&p.b, b_strides), (0.0, &mut p.c));
}

/// C ← beta C + alpha A B through the crate `gemm`, on one thread. A and B come with (row stride, column stride), C is
/// row-major.
///
/// # Panics
/// If an element lies outside its slice.
pub fn gemm_with(
    (m, n, k): (usize, usize, usize),
    (alpha, a, a_strides): (f32, &[f32], (isize, isize)),
    (b, b_strides): (&[f32], (isize, isize)),
    (beta, c): (f32, &mut [f32]),
) {
    let last = |rows: usize, cols: usize, (row, col): (isize, isize)| {
        assert!(row >= 0 && col >= 0 && rows > 0 && cols > 0);
        (rows - 1) * row as usize + (cols - 1) * col as usize
    };
    assert!(last(m, k, a_strides) < a.len() && last(k, n, b_strides) < b.len() && c.len() == m * n);
    let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
    let ((a_row, a_col), (b_row, b_col)) = (a_strides, b_strides);
    let serial = gemm::Parallelism::None;
    // SAFETY: the assertion above keeps every element within its slice, and C is borrowed mutably, so it overlaps
    // neither A nor B. gemm's alpha is the factor of C, its beta that of A B, and it takes column strides first.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            c,
            1,
            n as isize,
            beta != 0.0,
            a,
            a_col,
            a_row,
            b,
            b_col,
            b_row,
            beta,
            alpha,
            false,
            false,
            false,
            serial,
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
