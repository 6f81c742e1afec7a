//! Whether the fast path is the fast path: a look at the machine code of this very program.

use elf::ElfBytes;
use elf::endian::AnyEndian;

/// The intrinsics that this program holds as functions of their own.
///
/// A kernel's body is compiled with the instructions of an instruction set only where it is inlined into the entry of
/// that set. Where the compiler keeps a part of it apart, the part has no such instructions: it calls every intrinsic
/// as a function, with the right result, 25 to 150 times slower. Such a function is a symbol of the program. (Those
/// that ask the processor what it has are called once, and left out.)
///
/// # Panics
/// If the program's file cannot be read, is not ELF or has no symbols.
pub fn outlined_intrinsics() -> Vec<String> {
    let own = std::env::current_exe().expect("the program knows its file");
    let bytes = std::fs::read(&own).unwrap_or_else(|e| panic!("{}: {e}", own.display()));
    let symbols = ElfBytes::<AnyEndian>::minimal_parse(&bytes).and_then(|file| file.symbol_table());
    let (symbols, names) = symbols.ok().flatten().unwrap_or_else(|| panic!("{}: no symbols", own.display()));
    let mut found: Vec<String> = symbols
        .iter()
        .filter(|symbol| !symbol.is_undefined())
        .filter_map(|symbol| names.get(symbol.st_name as usize).ok())
        .filter(|name| name.contains("core_arch"))
        .filter(|name| !name.contains("_xgetbv") && !name.contains("cpuid"))
        .map(String::from)
        .collect();
    found.sort();
    found
}
