//! Hands the link script of `board` to the linker.

fn main() {
    println!("cargo::rustc-link-arg-bins=-T{}", std::env::var("DEP_BOARD_SCRIPT").expect("board sets it"));
}
