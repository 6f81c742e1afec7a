//! Says which link script the programs of this target take; the script lies beside this file.

fn main() {
    let arch = std::env::var("CARGO_CFG_TARGET_ARCH").expect("cargo sets it");
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it");
    println!("cargo::rerun-if-changed=link");
    // The programs' own build scripts read this as DEP_BOARD_SCRIPT.
    println!("cargo::metadata=script={here}/link/{arch}.ld");
}
