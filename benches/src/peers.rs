//! The peers: C ← A B through other crates and OpenBLAS, and through the loops one would write first; e^x through SLEEF,
//! std and libm.
//!
//! The calls into other code take raw pointers: this file is the only one of this package that has them. The two
//! shared libraries are peers where the system has them (Debian: `libopenblas0-pthread`, `libsleef3`).
#![allow(unsafe_code)]

use std::sync::LazyLock;

use libloading::Library;

use crate::data::Product;
use crate::softmax::softmax_over;

/// Another way to compute C ← A B in f32.
pub struct Peer {
    /// Its name in the tables.
    pub name: &'static str,
    /// C ← A B.
    pub run: fn(&mut Product),
}

/// Every peer that this machine can run, the naive loops last.
pub fn peers() -> Vec<Peer> {
    let mut all = vec![
        Peer { name: "gemm", run: gemm },
        Peer { name: "matrixmultiply", run: matrixmultiply },
        #[cfg(target_arch = "x86_64")]
        Peer { name: "faer", run: faer::product },
    ];
    if OPENBLAS.is_some() {
        all.push(Peer { name: "OpenBLAS", run: openblas });
    }
    all.push(Peer { name: "naive loops", run: naive });
    all
}

/// Another way to compute e^x for every element of a slice, and softmax by it.
pub struct ExpPeer {
    /// Its name in the tables.
    pub name: &'static str,
    /// x ← e^x.
    pub run: fn(&mut [f32]),
    /// Softmax of rows of so many scores by this e^x.
    pub softmax: fn(&mut [f32], usize),
}

/// Every way to e^x that this machine can run.
pub fn exp_peers() -> Vec<ExpPeer> {
    #[cfg(target_arch = "x86_64")]
    let sleef = sleef::peer();
    #[cfg(not(target_arch = "x86_64"))]
    let sleef = None;
    let everywhere = [
        ExpPeer { name: "std", run: std_exp, softmax: |s, cols| softmax_over(std_exp, s, cols) },
        ExpPeer { name: "libm", run: libm_exp, softmax: |s, cols| softmax_over(libm_exp, s, cols) },
    ];
    everywhere.into_iter().chain(sleef).collect()
}

fn std_exp(x: &mut [f32]) {
    x.iter_mut().for_each(|x| *x = x.exp());
}

fn libm_exp(x: &mut [f32]) {
    x.iter_mut().for_each(|x| *x = libm::expf(*x));
}

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

/// The engine of faer 0.22 and later.
#[cfg(target_arch = "x86_64")]
mod faer {
    use private_gemm_x86::{Accum, DType, DstKind, IType, InstrSet, gemm};

    use super::Product;

    pub(super) fn product(p: &mut Product) {
        let (m, n, k) = (p.shape.m, p.shape.n, p.shape.k);
        let ((a_row, a_col), (b_row, b_col)) = (p.a_strides(), p.b_strides());
        let wide = std::is_x86_feature_detected!("avx512f");
        let instructions = if wide { InstrSet::Avx512 } else { InstrSet::Avx256 };
        let (a, b, c) = (p.a.as_ptr().cast(), p.b.as_ptr().cast(), p.c.as_mut_ptr().cast());
        let (none, one) = (core::ptr::null(), &raw const ONE);
        assert!(wide || std::is_x86_feature_detected!("fma"));
        // SAFETY: strides and lengths are the product's own, as for `gemm`; C overlaps nothing; the processor has the
        // instructions; no rows or columns are picked, no diagonal scales, and alpha is one f32.
        unsafe {
            gemm(
                DType::F32,
                IType::U64,
                instructions,
                m,
                n,
                k,
                c,
                n as isize,
                1,
                none,
                none,
                DstKind::Full,
                Accum::Replace,
                a,
                a_row,
                a_col,
                false,
                none,
                0,
                b,
                b_row,
                b_col,
                false,
                one.cast(),
                1,
            );
        }
    }

    static ONE: f32 = 1.0;
}

/// `cblas_sgemm` and `cblas_sgemv` of OpenBLAS, on one thread.
struct OpenBlas {
    gemm: CblasSgemm,
    gemv: CblasSgemv,
}

/// Order, how A and B lie, m, n, k, alpha, A, its stride, B, its stride, beta, C, its stride.
type CblasSgemm = unsafe extern "C" fn(
    i32,
    i32,
    i32,
    i32,
    i32,
    i32,
    f32,
    *const f32,
    i32,
    *const f32,
    i32,
    f32,
    *mut f32,
    i32,
);
/// Order, how A lies, rows, columns, alpha, A, its stride, x, its step, beta, y, its step.
type CblasSgemv =
    unsafe extern "C" fn(i32, i32, i32, i32, f32, *const f32, i32, *const f32, i32, f32, *mut f32, i32);

static OPENBLAS: LazyLock<Option<OpenBlas>> = LazyLock::new(|| {
    let library = open("libopenblas.so.0")?;
    // SAFETY: cblas.h declares it so.
    let threads = unsafe { library.get::<unsafe extern "C" fn(i32)>(b"openblas_set_num_threads") }.ok()?;
    // SAFETY: cblas.h declares it so.
    let gemm = unsafe { library.get(b"cblas_sgemm") }.ok()?;
    // SAFETY: cblas.h declares it so.
    let gemv = unsafe { library.get(b"cblas_sgemv") }.ok()?;
    // SAFETY: any number of threads will do.
    unsafe { threads(1) };
    Some(OpenBlas { gemm: *gemm, gemv: *gemv })
});

/// A shared library, if the system has it; it is never unloaded.
fn open(name: &str) -> Option<&'static Library> {
    // SAFETY: the two libraries that are asked for do nothing when they are loaded but look at their environment.
    let library = unsafe { Library::new(name) }.ok()?;
    Some(Box::leak(Box::new(library)))
}

fn openblas(p: &mut Product) {
    const ROW_MAJOR: i32 = 101;
    const TRANSPOSED: i32 = 112;
    let how =
        |(row, col): (isize, isize)| if col == 1 { (111, row as i32) } else { (TRANSPOSED, col as i32) };
    let ((a_how, a_stride), (b_how, b_stride)) = (how(p.a_strides()), how(p.b_strides()));
    let (m, n, k) = (p.shape.m as i32, p.shape.n as i32, p.shape.k as i32);
    let (a, b, c) = (p.a.as_ptr(), p.b.as_ptr(), p.c.as_mut_ptr());
    let blas = OPENBLAS.as_ref().expect("only called where it was found");
    if m == 1 {
        // SAFETY: as for `gemm`; y (n) ← Bᵀ x with B k × n row-major.
        unsafe { (blas.gemv)(ROW_MAJOR, TRANSPOSED, k, n, 1.0, b, b_stride, a, 1, 0.0, c, 1) }
    } else {
        // SAFETY: as for `gemm`.
        unsafe { (blas.gemm)(ROW_MAJOR, a_how, b_how, m, n, k, 1.0, a, a_stride, b, b_stride, 0.0, c, n) }
    }
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

/// SLEEF's e^x, within 1 ULP: sixteen floats at a time where the processor has AVX-512, eight where it has AVX2 alone.
#[cfg(target_arch = "x86_64")]
mod sleef {
    use std::arch::x86_64::{
        __m256, __m512, _mm256_loadu_ps, _mm256_storeu_ps, _mm512_loadu_ps, _mm512_storeu_ps,
    };

    use super::{ExpPeer, open};
    use crate::softmax::softmax_over;

    /// The widest that the processor and the library have.
    pub(super) fn peer() -> Option<ExpPeer> {
        if std::is_x86_feature_detected!("avx512f") {
            return sixteen::peer();
        }
        let two = std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma");
        if two { eight::peer() } else { None }
    }

    /// A width: the instructions, the vector, its floats, how it is loaded and stored, and SLEEF's function.
    macro_rules! width {
        ($module:ident, $instructions:literal, $vector:ty, $floats:literal, $load:ident, $store:ident, $function:literal) => {
            mod $module {
                use std::sync::LazyLock;

                use super::*;

                // The type is C's own.
                #[allow(improper_ctypes_definitions)]
                type Exp = unsafe extern "C" fn($vector) -> $vector;

                static EXP: LazyLock<Option<Exp>> = LazyLock::new(|| {
                    let library = open("libsleef.so.3")?;
                    // SAFETY: sleef.h declares it so.
                    unsafe { library.get::<Exp>($function) }.ok().map(|exp| *exp)
                });

                /// To be asked for only where the processor has the instructions.
                pub(super) fn peer() -> Option<ExpPeer> {
                    EXP.is_some().then_some(ExpPeer { name: "SLEEF", run: exp, softmax })
                }

                fn exp(x: &mut [f32]) {
                    assert!(
                        x.len().is_multiple_of($floats),
                        "{} floats are no whole vectors of {}",
                        x.len(),
                        $floats
                    );
                    let exp = EXP.expect("only called where it was found");
                    // SAFETY: `super::peer` names this function only where the processor has the instructions.
                    unsafe { vectors(exp, x) }
                }

                fn softmax(scores: &mut [f32], cols: usize) {
                    // SAFETY: as above.
                    unsafe { softmax_of_vectors(scores, cols) }
                }

                /// All of it in vectors, not e^x alone.
                #[target_feature(enable = $instructions)]
                fn softmax_of_vectors(scores: &mut [f32], cols: usize) {
                    softmax_over(exp, scores, cols);
                }

                #[target_feature(enable = $instructions)]
                fn vectors(exp: Exp, x: &mut [f32]) {
                    for x in x.chunks_exact_mut($floats) {
                        // SAFETY: the chunk is a vector long.
                        let v = unsafe { $load(x.as_ptr()) };
                        // SAFETY: a pure function; the processor has its instructions, since this function runs.
                        let e = unsafe { exp(v) };
                        // SAFETY: the chunk is a vector long.
                        unsafe { $store(x.as_mut_ptr(), e) }
                    }
                }
            }
        };
    }

    width!(sixteen, "avx512f", __m512, 16, _mm512_loadu_ps, _mm512_storeu_ps, b"Sleef_expf16_u10avx512f");
    width!(eight, "avx2,fma", __m256, 8, _mm256_loadu_ps, _mm256_storeu_ps, b"Sleef_expf8_u10avx2");
}
