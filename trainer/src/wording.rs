//! Numbers as people write them, and names of others as a terminal may have them.

use std::borrow::Cow;
use std::fmt::Display;

/// A number with so many digits behind the point; with an exponent where fewer than two of its digits would be left, or it has
/// more than six before the point.
#[must_use]
pub fn fixed(x: f64, digits: usize) -> String {
    let least = 10f64.powi(1 - digits as i32);
    if x == 0.0 || (least..1e6).contains(&x.abs()) || !x.is_finite() {
        format!("{x:.digits$}")
    } else {
        format!("{x:.3e}")
    }
}

/// A number exactly, as a person types it: 10, 0.03, 3e-4, 1e9. What a flag reads of it is the same number.
#[must_use]
pub fn written(x: f64) -> String {
    let size = x.abs();
    if x == 0.0 || (size > 1e-3 && size < 1e6) { x.to_string() } else { format!("{x:e}") }
}

/// A value to try, rounded to so many digits.
#[must_use]
pub fn advised(x: f64, digits: usize) -> String {
    let rounded = format!("{x:.*e}", digits - 1);
    written(rounded.parse().expect("a number that was just printed"))
}

/// So many of what is called `one`: 1 row, 2 rows, 0 classes.
#[must_use]
pub fn counted<N: Display + PartialEq + From<u8>>(n: N, one: &str) -> String {
    let ending = if one.ends_with('s') || one.ends_with("tch") { "es" } else { "s" };
    let ending = agreeing(&n, "", ending);
    format!("{n} {one}{ending}")
}

/// The word that goes with one, or with any other number: 1 is, 2 are.
#[must_use]
pub fn agreeing<'a, N: PartialEq + From<u8>>(n: &N, one: &'a str, many: &'a str) -> &'a str {
    if *n == N::from(1) { one } else { many }
}

/// Which column of a CSV file is the label, if it is one, for the end of a line.
#[must_use]
pub fn label_is(column: Option<&str>) -> String {
    column.map_or(String::new(), |column| format!(", the label is {column}"))
}

/// Text of others with its control characters as escapes: on a terminal they would be obeyed, and a line would be two.
#[must_use]
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return text.into();
    }
    let mut line = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_is_longer_than_it_says_or_says_nothing() {
        let of = |x| [fixed(x, 4), fixed(x, 6)];
        assert_eq!(of(0.4), ["0.4000", "0.400000"]);
        assert_eq!(of(0.0), ["0.0000", "0.000000"]);
        assert_eq!(of(1e-5), ["1.000e-5", "0.000010"]);
        assert_eq!(of(999_999.0), ["999999.0000", "999999.000000"]);
        assert_eq!(of(6.1e26), ["6.100e26", "6.100e26"]);
        assert_eq!(of(f64::INFINITY), ["inf", "inf"]);
    }

    #[test]
    fn numbers_are_written_as_a_person_types_them_and_lose_nothing() {
        let cases = [
            (10.0, "10"),
            (0.03, "0.03"),
            (0.9488, "0.9488"),
            (250_000.0, "250000"),
            (0.004, "0.004"),
            (1e-3, "1e-3"),
            (3e-4, "3e-4"),
            (1.25e-5, "1.25e-5"),
            (1e9, "1e9"),
            (0.0, "0"),
        ];
        for (x, text) in cases {
            assert_eq!(written(x), text);
            assert_eq!(text.parse(), Ok(x));
        }
        assert_eq!(
            [advised(9.99, 1), advised(0.067_534, 3), advised(1.0e-4 / 10.0, 1)],
            ["10", "0.0675", "1e-5"]
        );
    }

    #[test]
    fn a_terminal_gets_no_control_characters() {
        assert!(matches!(plain("ü \\ \"a\""), Cow::Borrowed("ü \\ \"a\"")));
        assert_eq!(plain("a\n\u{1b}[31mb\u{9b}ü"), "a\\n\\u{1b}[31mb\\u{9b}ü");
    }

    #[test]
    fn one_is_not_counted_as_many() {
        let of = |n: usize| ["row", "test row", "class", "batch", "epoch"].map(|one| counted(n, one));
        assert_eq!(of(1), ["1 row", "1 test row", "1 class", "1 batch", "1 epoch"]);
        assert_eq!(of(0), ["0 rows", "0 test rows", "0 classes", "0 batches", "0 epochs"]);
        assert_eq!(of(2), ["2 rows", "2 test rows", "2 classes", "2 batches", "2 epochs"]);
        assert_eq!([1, 0, 2].map(|n| agreeing(&n, "is", "are")), ["is", "are", "are"]);
    }
}
