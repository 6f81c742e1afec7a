//! Names three kinds of processors that `arch` has assembly for and that no stable `cfg` tells. A fourth name is for tests alone: built
//! with KERNELS_MANY_REGISTERS=1 in the environment, AVX2 goes AVX-512's ways, slowly and with the same bits, to test them where there is
//! no AVX-512.

use std::env::var;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(armv7e_m, armv7_m, cortex_m_fpu, many_registers)");
    println!("cargo::rerun-if-env-changed=KERNELS_MANY_REGISTERS");
    if var("KERNELS_MANY_REGISTERS").is_ok_and(|value| value == "1") {
        println!("cargo::rustc-cfg=many_registers");
    }
    let target = var("TARGET").unwrap_or_default();
    // Armv7E-M (Cortex-M4 and M7) has SIMD instructions on bytes and halfwords, Armv7-M (Cortex-M3) has not.
    if target.starts_with("thumbv7em-none-") {
        println!("cargo::rustc-cfg=armv7e_m");
    } else if target.starts_with("thumbv7m-none-") {
        println!("cargo::rustc-cfg=armv7_m");
    }
    // Bare-metal Arm with hardware floats in its calls: of these Cortex-M alone lacks 64-bit atomics. Its unit has the fused
    // multiply-add on all of them.
    let cfg = |name: &str| var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    let bare_arm = cfg("ARCH") == "arm" && cfg("OS") == "none" && cfg("ABI") == "eabihf";
    if bare_arm && cfg("HAS_ATOMIC").split(',').all(|bits| bits != "64") {
        println!("cargo::rustc-cfg=cortex_m_fpu");
    }
}
