//! DERIVATION.md keeps its word: every equation is there, and what its table names exists.

use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
        .unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The cells of the table of equations, without its head.
fn table() -> Vec<[String; 3]> {
    let text = read("DERIVATION.md");
    let (_, table) = text.split_once("| equation | computed in | test |").unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| ") || line.starts_with("|("));
    rows.map(|row| {
        let cells: Vec<String> =
            row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        cells.try_into().unwrap()
    })
    .collect()
}

/// What a cell has between back-ticks.
fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_equation_is_stated_on_a_line_of_its_own() {
    let text = read("DERIVATION.md");
    for number in 1..=41 {
        let start = format!("({number}) ");
        assert!(text.lines().any(|line| line.starts_with(&start)), "equation {start}is missing");
    }
}

#[test]
fn every_equation_is_in_the_table() {
    let mut found = Vec::new();
    for [equations, ..] in table() {
        for part in equations.split(", ").filter(|part| part.starts_with('(')) {
            let number = |s: &str| s.trim_matches(['(', ')']).parse::<u32>().unwrap();
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            found.extend(number(first)..=number(last));
        }
    }
    found.sort();
    assert_eq!(found, (1..=41).collect::<Vec<_>>());
}

/// Checks that each function named in a cell stands in one of the files named before it.
fn check(cell: &str, folder: &str) {
    let mut file = String::new();
    for name in names(cell) {
        if name.ends_with(".rs") {
            file = read(&format!("{folder}/{name}"));
        } else {
            let (call, generic) = (format!("fn {name}("), format!("fn {name}<"));
            assert!(file.contains(&call) || file.contains(&generic), "{name} is not where {cell} says");
        }
    }
}

#[test]
fn functions_and_tests_are_where_the_table_says() {
    let table = table();
    assert!(table.len() > 20);
    for [_, computed, tested] in table {
        assert!(!names(&computed).is_empty() && !names(&tested).is_empty());
        check(&computed, "src");
        check(&tested, "tests/suite");
    }
}
