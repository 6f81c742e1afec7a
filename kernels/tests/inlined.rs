//! No part of a kernel is compiled outside the entry of its instruction set: a lost `inline` costs a factor of 25 to 150
//! with correct results. No clock: the test looks at its own machine code.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]

use std::hint::black_box;

use benches::outlined_intrinsics;
use kernels::*;

/// Where every operation lies, so that the linker keeps all of them.
fn operations() -> Vec<*const ()> {
    fn product(a: Mat<'_, f32>, b: Mat<'_, f32>, c: MatMut<'_, f32>) {
        matmul(Isa::best(), a, b, c, Epilogue::Store, &mut []);
    }
    vec![
        product as *const (),
        Batch::gather::<f32> as *const (),
        Normalization::apply as *const (),
        dense as *const (),
        relu::<f32> as *const (),
        relu_backward::<f32> as *const (),
        exp::<f32> as *const (),
        ln::<f32> as *const (),
        softmax::<f32> as *const (),
        softmax_row as *const (),
        log_sum_exp::<f32> as *const (),
        cross_entropy::<f32> as *const (),
        cross_entropy_gradient::<f32> as *const (),
        argmax::<f32> as *const (),
        column_sums::<f32> as *const (),
        sum_of_squares::<f32> as *const (),
        axpy::<f32> as *const (),
        sgd_step::<f32> as *const (),
        momentum_step::<f32> as *const (),
        int8::try_dense as *const (),
        int8::quantize as *const (),
    ]
}

/// An intrinsic that no kernel uses, as a function of its own: what the test has to notice.
#[cfg(target_arch = "x86_64")]
fn planted() -> (*const (), &'static str) {
    (core::arch::x86_64::_mm256_hsub_ps as *const (), "_mm256_hsub_ps")
}

/// As on x86-64.
#[cfg(target_arch = "aarch64")]
fn planted() -> (*const (), &'static str) {
    (core::arch::aarch64::vabdq_f32 as *const (), "vabdq_f32")
}

#[test]
fn no_intrinsic_stands_alone() {
    let (at, name) = planted();
    black_box((operations(), at));
    let mut found = outlined_intrinsics();
    let all = found.len();
    found.retain(|symbol| !symbol.contains(name));
    assert_eq!(all, found.len() + 1, "{name} stands alone here and was not seen: {found:?}");
    assert!(
        found.is_empty(),
        "code outside its instruction set's entry calls these as functions: {found:#?}"
    );
}
