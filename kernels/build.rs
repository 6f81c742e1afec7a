//! Tells Armv7E-M (Cortex-M4 and M7), whose SIMD instructions on bytes and halfwords `arch/int8/cortex_m4.rs` is made of: the
//! compiler does not name that feature on stable.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(armv7e_m)");
    if std::env::var("TARGET").is_ok_and(|target| target.starts_with("thumbv7em-none-")) {
        println!("cargo::rustc-cfg=armv7e_m");
    }
}
