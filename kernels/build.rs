//! Tells two processors whose instructions `arch/int8` has its own assembly for, and which the compiler does not name on stable:
//! Armv7E-M (Cortex-M4 and M7), with SIMD instructions on bytes and halfwords, and Armv7-M (Cortex-M3).

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(armv7e_m, armv7_m)");
    let target = std::env::var("TARGET").unwrap_or_default();
    if target.starts_with("thumbv7em-none-") {
        println!("cargo::rustc-cfg=armv7e_m");
    } else if target.starts_with("thumbv7m-none-") {
        println!("cargo::rustc-cfg=armv7_m");
    }
}
