//! SLEEF's e^x, within 1 ULP: sixteen floats at a time where the processor has AVX-512, eight where it has AVX2 alone.

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
