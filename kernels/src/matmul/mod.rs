//! C ← epilogue(A B), with A m × k, B k × n, C m × n.
//!
//! This file has the public functions, [`loops`] the blocking loops, [`blocking`] how large their blocks are, [`workspace`] where
//! copies go. [`wide`] has the tiles with lanes along the columns of C and [`narrow`] those with lanes along its rows
//! ([`narrow_in_memory`] where registers are few), [`tile`] what comes before and after a tile: chains loaded and stored, epilogues.
//! [`copy_a`] copies blocks of A that do not lie right, [`panels`] is a block of B, of which [`pack`] copies what lies the wrong way; the
//! innermost loops are in `arch/multiply.rs`, `arch/narrow.rs`, `arch/transpose.rs` and `arch/two_buffers.rs`.

mod blocking;
mod copy_a;
mod loops;
mod narrow;
mod narrow_in_memory;
mod pack;
mod panels;
mod tile;
mod wide;
mod workspace;

use crate::arch::SMALL;
use crate::scalar::{Inside, Scalar};
use crate::{Isa, Mat, MatMut, Source, reference};
use loops::Product;
use workspace::Workspace;

/// What becomes of a finished element of A B before it is written to C.
///
/// `AB` stands for the chain of multiply-adds over k ascending that starts at +0.
#[derive(Clone, Copy, Debug)]
pub enum Epilogue<'a, T> {
    /// C ← AB. C is not read.
    Store,
    /// The chain starts at the old value: C ← C + AB. Consecutive blocks of k, accumulated in order, give the
    /// bits of one product.
    Accumulate,
    /// C ← AB + b, b added to every row (n elements). C is not read.
    Bias(&'a [T]),
    /// C ← max(0, AB + b), as [`crate::relu()`] has it. C is not read.
    BiasRelu(&'a [T]),
    /// C ← AB where H > 0, else +0 (H is m × n). C is not read.
    ReluMask(Mat<'a, T>),
    /// C ← f C − η AB, as fma(−η, AB, f·C): the step of gradient descent with AB the gradient.
    SgdStep {
        /// Factor of the old value: 1 − 2λη.
        f: T,
        /// Learning rate η.
        eta: T,
    },
}

/// C ← epilogue(A B), with A m × k, B k × n, C m × n.
///
/// Every element is one chain of multiply-adds over k ascending: the bits depend on nothing else, not on the
/// instruction set, the shape or the rows that are computed beside it. A and B may have any strides, so Aᵀ B is
/// `matmul(isa, a.t(), b, …)`. A may also be a [`crate::Batch`], or its transpose ([`Source::t`]): the bits are those of the matrix
/// that it gathers (an example is at [`Source`]). With k = 0 the product is a matrix of +0.
///
/// `workspace` has at least [`matmul_workspace`]`(m, n, k)` elements of any value; what it holds afterwards means
/// nothing.
///
/// Each element of A B differs from its exact value by at most γ Σ_p |a_ip b_pj|, γ = ku/(1 − ku), with
/// u = 2⁻²⁴ in f32; in f64 the product is rounded too, and γ counts k + 1 of u = 2⁻⁵³. For products that underflow half the smallest
/// subnormal is added for each p, 2⁻¹⁵⁰ or 2⁻¹⁰⁷⁵; what overflows is beyond any bound.
///
/// # Panics
/// If the shapes do not fit each other or the epilogue's operand, or if the workspace is too short.
///
/// ```
/// use kernels::{Epilogue, Isa, Mat, MatMut, matmul, matmul_workspace};
/// let (a, b) = ([1.0f32, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]);
/// let mut c = [0.0; 4];
/// let mut workspace = vec![0.0; matmul_workspace(2, 2, 2)];
/// let (a, b) = (Mat::new(&a, 2, 2), Mat::new(&b, 2, 2));
/// matmul(Isa::best(), a, b, MatMut::new(&mut c, 2, 2), Epilogue::Store, &mut workspace);
/// assert_eq!(c, [19.0, 22.0, 43.0, 50.0]);
/// ```
#[track_caller]
pub fn matmul<'a, T: Scalar>(
    isa: Isa,
    a: impl Into<Source<'a, T>>,
    b: Mat<'_, T>,
    c: MatMut<'_, T>,
    epilogue: Epilogue<'_, T>,
    workspace: &mut [T],
) {
    let a = &a.into();
    check_shapes(a, &b, &c, &epilogue);
    check_workspace(a, &c, workspace.len());
    T::matmul(Inside(isa), a, b, c, epilogue, workspace, None);
}

/// [`matmul`], and Σ b² over all elements of B, the bits of [`crate::sum_of_squares`]: for weights, whose penalty is wanted with the
/// product. Taken a piece of k at a time, before the product reads it.
///
/// B is one whose rows lie one after the other, without gaps: a whole matrix, some of its rows, a part of a single row, the
/// transpose of a row.
///
/// # Panics
/// As [`matmul`], or if the rows of B do not lie one after the other.
///
/// ```
/// use kernels::{Epilogue, Isa, Mat, MatMut, matmul_and_squares, matmul_workspace};
/// let (a, b, mut c) = ([1.0f32, 2.0], [3.0, 4.0], [0.0]);
/// let mut workspace = vec![0.0; matmul_workspace(1, 1, 2)];
/// let (a, b, to) = (Mat::new(&a, 1, 2), Mat::new(&b, 2, 1), MatMut::new(&mut c, 1, 1));
/// assert_eq!(matmul_and_squares(Isa::best(), a, b, to, Epilogue::Store, &mut workspace), 25.0);
/// assert_eq!(c, [11.0]);
/// ```
#[track_caller]
pub fn matmul_and_squares<'a, T: Scalar>(
    isa: Isa,
    a: impl Into<Source<'a, T>>,
    b: Mat<'_, T>,
    c: MatMut<'_, T>,
    epilogue: Epilogue<'_, T>,
    workspace: &mut [T],
) -> T {
    let a = &a.into();
    check_shapes(a, &b, &c, &epilogue);
    check_workspace(a, &c, workspace.len());
    let (rows, cols) = (b.rows(), b.cols());
    // From a single row, or column, no stride leads anywhere.
    let in_order = (rows <= 1 || b.row_stride() == cols) && (cols <= 1 || b.col_stride() == 1);
    assert!(
        in_order || b.data().is_empty(),
        "the rows of B lie {} apart and its columns {}: wanted one row of {cols} after the other",
        b.row_stride(),
        b.col_stride()
    );
    let b = Mat::new(b.data(), rows, cols);
    let mut squares = T::ZERO;
    T::matmul(Inside(isa), a, b, c, epilogue, workspace, Some(&mut squares));
    squares
}

/// Elements of workspace that [`matmul`] needs for an m × k by k × n product, on any instruction set and with any
/// epilogue. It never grows when m, n or k shrinks, and never exceeds 359,952.
///
/// ```
/// // It may be an array: the workspace of every product of at most 32 x 64 by 64 x 32.
/// let workspace = [0.0f32; kernels::matmul_workspace(32, 32, 64)];
/// assert!(workspace.len() >= kernels::matmul_workspace(5, 10, 64));
/// ```
pub const fn matmul_workspace(m: usize, n: usize, k: usize) -> usize {
    Workspace::sizes(m, n, k).total()
}

/// Panics with both numbers where shapes do not fit.
#[track_caller]
pub(crate) fn check_shapes<T: Scalar>(
    a: &Source<'_, T>,
    b: &Mat<'_, T>,
    c: &MatMut<'_, T>,
    epilogue: &Epilogue<'_, T>,
) {
    let (m, n) = (c.rows(), c.cols());
    assert!(a.cols() == b.rows(), "A has {} columns, B has {} rows: they must be equal", a.cols(), b.rows());
    assert!(a.rows() == m, "A has {} rows, C has {m}: they must be equal", a.rows());
    assert!(b.cols() == n, "B has {} columns, C has {n}: they must be equal", b.cols());
    match *epilogue {
        Epilogue::Bias(bias) | Epilogue::BiasRelu(bias) => {
            assert!(
                bias.len() == n,
                "the bias has {} elements, C has {n} columns: they must be equal",
                bias.len()
            );
        }
        Epilogue::ReluMask(h) => {
            let (rows, cols) = (h.rows(), h.cols());
            assert!(
                (rows, cols) == (m, n),
                "the mask is {rows} x {cols}, C is {m} x {n}: they must be equal"
            );
        }
        Epilogue::Store | Epilogue::Accumulate | Epilogue::SgdStep { .. } => {}
    }
}

/// Panics with both numbers where the workspace is too short.
#[track_caller]
fn check_workspace<T: Scalar>(a: &Source<'_, T>, c: &MatMut<'_, T>, got: usize) {
    let (m, n, k) = (c.rows(), c.cols(), a.cols());
    let needed = matmul_workspace(m, n, k);
    assert!(
        got >= needed,
        "the workspace needs matmul_workspace({m}, {n}, {k}) = {needed} elements, it has {got}"
    );
}

/// The f32 product, and Σ b² if it is wanted. By the reference loops on a small processor, as in `Ops`.
pub(crate) fn matmul_f32(
    isa: Isa,
    a: &Source<'_, f32>,
    b: Mat<'_, f32>,
    c: MatMut<'_, f32>,
    epilogue: Epilogue<'_, f32>,
    workspace: &mut [f32],
    squares: Option<&mut f32>,
) {
    if SMALL {
        if let Some(sum) = squares {
            *sum = reference::sum_of_squares(b.data());
        }
        return reference::matmul(*a, b, c, epilogue);
    }
    isa.run(Product { a, b, c, epilogue, workspace, squares });
}

/// The f64 product: row by row, so that the inner loop runs over neighbours; the chains are the reference's. It needs
/// no workspace; [`matmul`] asks for it all the same, for generic code that is tested in f64 alone must not fail in f32.
pub(crate) fn matmul_f64(
    a: Source<'_, f64>,
    b: Mat<'_, f64>,
    mut c: MatMut<'_, f64>,
    epilogue: Epilogue<'_, f64>,
) {
    if c.cols() == 0 {
        return; // at once, for there may be any number of rows, and of columns of A
    }
    if b.col_stride() != 1 || matches!(epilogue, Epilogue::SgdStep { .. }) {
        return reference::matmul(a, b, c, epilogue);
    }
    for i in 0..c.rows() {
        let row = c.row_mut(i);
        if !matches!(epilogue, Epilogue::Accumulate) {
            row.fill(0.0);
        }
        for p in 0..a.cols() {
            reference::axpy(a.get(i, p), b.row(p).unwrap_or(&[]), row);
        }
        for (j, x) in row.iter_mut().enumerate() {
            *x = match epilogue {
                Epilogue::Bias(bias) => *x + bias[j],
                Epilogue::BiasRelu(bias) => reference::relu(*x + bias[j]),
                Epilogue::ReluMask(h) => reference::mask(h.get(i, j), *x),
                Epilogue::Store | Epilogue::Accumulate | Epilogue::SgdStep { .. } => *x,
            };
        }
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    extern crate std;

    use super::*;
    use crate::arch::cpuid::flip_double_pumped;
    use std::vec;
    use std::vec::Vec;

    /// Until it is dropped AVX-512 is double-pumped where it is not, and the other way round.
    struct OtherKind;

    impl OtherKind {
        fn new() -> Self {
            flip_double_pumped();
            Self
        }
    }

    impl Drop for OtherKind {
        fn drop(&mut self) {
            flip_double_pumped();
        }
    }

    /// Numbers in −1 .. 1, so that another order of summing shows, but for one in `often`, which kernels get wrong.
    fn numbers(state: &mut u64, len: usize, often: usize) -> Vec<f32> {
        let (nan, inf, tiny) = (f32::NAN, f32::INFINITY, f32::from_bits(1));
        let special = [0.0, -0.0, nan, inf, -inf, f32::MAX, f32::MIN, tiny, -tiny, f32::MIN_POSITIVE, -1.0];
        let number = |_| {
            *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let bits = (*state >> 32) as usize;
            if bits.is_multiple_of(often) {
                return special[bits / often % special.len()];
            }
            (*state >> 40) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..len).map(number).collect()
    }

    /// The product with every epilogue, in every form and on processors of both kinds, beside the reference. About half of the chains
    /// meet a special value.
    fn check(m: usize, n: usize, k: usize, state: &mut u64) {
        let (a, b) = (numbers(state, m * k, 4 * k), numbers(state, k * n, 4 * k));
        let (c, h, bias) = (numbers(state, m * n, 8), numbers(state, m * n, 8), numbers(state, n, 8));
        let transposed = |x: &[f32], rows: usize, cols: usize| {
            (0..rows * cols).map(|i| x[i % rows * cols + i / rows]).collect::<Vec<_>>()
        };
        let (a_t, b_t, h_t) = (transposed(&a, m, k), transposed(&b, k, n), transposed(&h, m, n));
        let (a, b, h) = (Mat::new(&a, m, k), Mat::new(&b, k, n), Mat::new(&h, m, n));
        let (a_t, b_t, h_t) = (Mat::new(&a_t, k, m).t(), Mat::new(&b_t, n, k).t(), Mat::new(&h_t, n, m).t());
        for kind in 0..6 {
            let epilogue = |h| match kind {
                0 => Epilogue::Store,
                1 => Epilogue::Accumulate,
                2 => Epilogue::Bias(&bias),
                3 => Epilogue::BiasRelu(&bias),
                4 => Epilogue::ReluMask(h),
                _ => Epilogue::SgdStep { f: 0.75, eta: 0.1 },
            };
            let mut expected = c.clone();
            reference::matmul(a, b, MatMut::new(&mut expected, m, n), epilogue(h));
            for (a, b, h) in [(a, b, h), (a_t, b, h_t), (a, b_t, h_t), (a_t, b_t, h)] {
                let run = || {
                    let mut c = c.clone();
                    let workspace = &mut vec![f32::NAN; matmul_workspace(m, n, k)];
                    matmul(Isa::best(), a, b, MatMut::new(&mut c, m, n), epilogue(h), workspace);
                    c
                };
                let here = run();
                let there = {
                    let _other = OtherKind::new();
                    run()
                };
                for (i, &e) in expected.iter().enumerate() {
                    let same = |c: f32| c.to_bits() == e.to_bits() || c.is_nan() && e.is_nan();
                    assert!(
                        same(here[i]) && same(there[i]),
                        "{m} x {k} x {n}, epilogue {kind}, element ({}, {}): {} and {}, want {e}",
                        i / n,
                        i % n,
                        here[i],
                        there[i]
                    );
                }
            }
        }
    }

    /// What is chosen by how a processor multiplies AVX-512 changes no bit.
    #[test]
    fn products_are_the_same_on_a_processor_of_the_other_kind() {
        let mut state = 1;
        // Tiles of fourteen rows, four together and more, alone and with rows left over; whole vectors, a part of one, and two panels;
        // and rows a multiple of 4 KB apart, where there are none.
        wide::tests::HEIGHTS.set(0);
        for (m, n, k) in
            [(56, 32, 24), (57, 20, 31), (127, 64, 40), (121, 31, 300), (64, 32, 1024), (66, 119, 150)]
        {
            check(m, n, k, &mut state);
        }
        let fourteen = wide::tests::HEIGHTS.get() >> 14 & 1 == 1;
        assert!(fourteen || Isa::named("avx512").is_none(), "no tile had fourteen rows");
        // Columns beside whole vectors, rows that are left over, panels of two, in one block and in many.
        for (m, n, k) in [(200, 50, 300), (57, 58, 40), (24, 64, 64), (300, 106, 30), (64, 33, 1025)] {
            check(m, n, k, &mut state);
        }
        // A long C; shallow products; so many rows, or so large a B, that it is copied on both; blocks of B half as wide on one.
        for (m, n, k) in [(2500, 49, 24), (75, 103, 10), (75, 103, 1), (4, 1100, 2), (1300, 64, 40)] {
            check(m, n, k, &mut state);
        }
        for (m, n, k) in [(300, 150, 40), (24, 1300, 310), (30, 530, 300)] {
            check(m, n, k, &mut state);
        }
        // Columns of Aᵀ a multiple of 4 KB apart.
        for (m, n, k) in [(1024, 48, 20), (1024, 48, 150), (1024, 100, 40)] {
            check(m, n, k, &mut state);
        }
    }
}
