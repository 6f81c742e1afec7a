//! CSV files: headers, delimiters, values, places of errors.

use trainer::Kind;
use trainer::dataset::OpenOptions;

use crate::{bytes, csv, floats, refused, refused_as};

fn plain(text: impl AsRef<[u8]>) -> Result<trainer::dataset::Dataset, trainer::Error> {
    csv(text, &OpenOptions::default())
}

fn label(column: &str) -> OpenOptions {
    OpenOptions { label: Some(column.to_owned()), ..OpenOptions::default() }
}

#[test]
fn a_table_like_iris() {
    let text = "length,width,species\n5.1,3.5,setosa\n7,3.2,versicolor\n4.9,3,setosa\n";
    let data = plain(text).unwrap();
    assert_eq!((data.d, data.channels, data.image), (2, 1, None));
    assert_eq!(floats(&data), [5.1, 3.5, 7.0, 3.2, 4.9, 3.0]);
    assert_eq!(
        (data.labels.as_slice(), data.classes.as_slice()),
        (&[0, 1, 0][..], &["setosa", "versicolor"].map(str::to_owned)[..])
    );
}

#[test]
fn whole_numbers_up_to_255_stay_bytes() {
    let data = plain("0,255,1\n7,8,0\n").unwrap();
    assert_eq!((bytes(&data), &data.labels[..]), (&[0, 255, 7, 8][..], &[1, 0][..]));
    // The first value that is none turns all into numbers, exactly.
    for (text, value) in [("256", 256.0), ("-1", -1.0), ("7.0", 7.0), ("1e2", 100.0), ("0.1", 0.1f32)] {
        let data = plain(format!("0,255,1\n7,{text},0\n")).unwrap();
        assert_eq!(floats(&data), [0.0, 255.0, 7.0, value]);
    }
}

#[test]
fn numbers_are_rounded_once() {
    let data = plain("16777217,0.1,1\n1e-45,3.4028235e38,0\n").unwrap();
    assert_eq!(floats(&data), [16_777_216.0, 0.1, f32::from_bits(1), f32::MAX]);
}

#[test]
fn headers_are_found_by_looking() {
    // text, rows
    let cases = [
        ("a,b,c\n1,2,x\n3,4,y\n", 2),
        ("1,2,x\n3,4,y\n", 2),
        ("label,0,1\n0,1,2\n1,3,4\n", 2),
        ("0,1,Target\n1,2,0\n3,4,1\n", 2),
        ("1,2,y\n3,4,n\n", 2),
        ("\"a\",\"b\",\"c\"\n\"1\",\"2\",\"x\"\n", 1),
        (" a , b , c \n 1 , 2 , x \n", 1),
        ("\u{feff}1,2,x\n", 1),
        ("\n\na,b,c\n\n1,2,x\n\n", 1),
        ("a,b,c\r\n1,2,x\r\n", 1),
        ("a,b,c\n1,2,x", 1),
        ("1,2,x\n  \n3,4,y\n \n", 2),
    ];
    for (text, rows) in cases {
        let data = plain(text).unwrap_or_else(|e| panic!("{text:?}: {e}"));
        assert_eq!((data.rows(), data.d), (rows, 2), "{text:?}");
    }
}

#[test]
fn delimiters_are_found_by_looking() {
    for text in ["1;2;x\n3;4;y\n", "1\t2\tx\n3\t4\ty\n", "1,2,\"a;b;c;d\"\n3,4,y\n"] {
        let data = plain(text).unwrap();
        assert_eq!(bytes(&data), [1, 2, 3, 4], "{text:?}");
    }
    assert_eq!(plain("1,2,\"a,b\"\n").unwrap().classes, ["a,b"]);
}

#[test]
fn the_label_column_by_name_position_or_habit() {
    let text = "class,a,b\nx,1,2\ny,3,4\n";
    for options in [OpenOptions::default(), label("class"), label("CLASS"), label("1")] {
        let data = csv(text, &options).unwrap();
        assert_eq!((bytes(&data), &data.labels[..]), (&[1, 2, 3, 4][..], &[0, 1][..]));
    }
    let last = csv("class,a,b\n9,1,2\n8,3,4\n", &label("b")).unwrap();
    assert_eq!(bytes(&last), [9, 1, 8, 3]);
    assert_eq!(last.classes, ["2", "4"]);
    assert_eq!(plain("y,a,b\n0,1,2\n1,3,4\n").unwrap().classes, ["0", "1"]);
    assert_eq!(plain("x,y,z,kind\n1,2,3,8\n4,5,6,9\n").unwrap().classes, ["8", "9"], "y is a coordinate");
    assert_eq!(csv("x,1,2\ny,3,4\n", &label("1")).unwrap().rows(), 2, "no header");
    refused_as(Kind::Usage, csv(text, &label("size")), &["\"size\"", "\"class\", \"a\", \"b\"", "1 to 3"]);
    for position in ["0", "4"] {
        refused_as(Kind::Usage, csv(text, &label(position)), &[position, "1 to 3"]);
    }
}

/// A copied label among the inputs gives itself away.
#[test]
fn of_two_columns_of_one_name_neither_is_the_label() {
    for (text, wish, kind, columns) in [
        ("kind,a,kind\n0,1,0\n1,2,1\n", Some("kind"), Kind::Usage, "columns 1 and 3 are both named \"kind\""),
        ("a,Kind,KIND\n1,0,0\n2,1,1\n", Some("kind"), Kind::Usage, "columns 2 and 3 are both named \"kind\""),
        ("label,label,a\n0,0,1\n1,1,2\n", None, Kind::Data, "columns 1 and 2 are both named \"label\""),
    ] {
        let options = OpenOptions { label: wish.map(str::to_owned), ..OpenOptions::default() };
        refused_as(kind, csv(text, &options), &["a.csv", columns, "rename", "by number, as --label "]);
        assert_eq!(csv(text, &label("3")).unwrap().rows(), 2, "by number");
    }
    let exact = csv("Kind,kind,a\n1,x,1\n2,y,2\n", &label("kind")).unwrap();
    assert_eq!(bytes(&exact), [1, 1, 2, 2], "the very name");
}

#[test]
fn a_ragged_line_names_line_and_column() {
    refused(
        plain("a,b,c\n1,2,x\n3,y\n"),
        &["a.csv line 3, column 3 (c)", "missing", "2 fields", "line 1 has 3"],
    );
    refused(plain("1,2,x\n3,4,5,y\n"), &["line 2, column 4", "too many", "4 fields", "line 1 has 3"]);
    // Cut off in the last line.
    refused(plain("1,2,x\n3,4,y\n5,"), &["line 3, column 3", "missing"]);
    // A quote left open takes in all that follows.
    refused(plain("1,2,x\n3,\"4,y\n5,6,x\n"), &["line 2, column 3", "missing", "close the quote"]);
    refused(plain("1,2,x\n3,\"4,y\n5,6,x"), &["line 2, column 3", "missing"]);
}

#[test]
fn a_broken_value_names_line_and_column() {
    let broken = ["", "abc", "1,5", "0x10", "1 2"];
    for value in broken {
        refused(plain(format!("a,b,c\n1,2,x\n3,\"{value}\",y\n")), &["a.csv line 3, column 2 (b)"]);
    }
    // In the first line, without a header: not taken for one.
    refused(plain("1,abc,x\n3,4,y\n"), &["line 1, column 2", "\"abc\""]);
    refused(plain("1,,x\n3,4,y\n"), &["line 1, column 2", "empty"]);
    refused(plain("x,1,2\ny,3,4\n"), &["line 1, column 1", "--label"]);
}

#[test]
fn nan_and_infinity_are_refused() {
    for value in ["nan", "NaN", "-nan", "inf", "-inf", "Infinity", "1e39", "-1e300"] {
        for text in [format!("1.5,2,x\n3,{value},y\n"), format!("1,2,x\n3,{value},y\n")] {
            refused(plain(text), &["line 2, column 2", value, "finite"]);
        }
    }
}

/// Quoted, in a file of semicolons with a header, and in one without, whose commas are as many as its semicolons.
#[test]
fn a_decimal_comma_is_told() {
    let cases = [
        ("1.5,2,x\n3,\"2,5\",y\n", "line 2, column 2", "\"2,5\""),
        ("a;b;kind\n1;2;x\n-3,25;4;y\n", "line 3, column 1 (a)", "\"-3,25\""),
        ("1,5;2,5;x\n3,5;4,5;y\n", "line 1, column 2", "\"5;2\""),
        // Such a first row is no header, though none of its values is a number.
        ("\"1,5\",\"2,5\",x\n\"3,5\",\"4,5\",y\n", "line 1, column 1", "\"1,5\""),
    ];
    for (text, place, found) in cases {
        refused(plain(text), &[place, found, "has a comma in it", "want a point"]);
    }
    for text in ["1,2,x\n3,\"2,z\",y\n", "1,2,x\n3,z,y\n"] {
        let error = plain(text).unwrap_err().to_string();
        assert!(error.contains("is no number") && !error.contains("comma in it"), "{error}");
    }
}

#[test]
fn a_misspelt_column_is_answered_with_those_that_begin_alike() {
    let names: Vec<_> = (0..20).map(|i| format!("x{i}")).collect();
    let text = format!("{},Activity\n{}rest\n", names.join(","), "1,".repeat(20));
    let error = csv(text, &label("activty")).unwrap_err().to_string();
    assert!(
        error.contains("no column \"activty\" for the labels; wanted one of \"Activity\", \"x0\","),
        "{error}"
    );
}

#[test]
fn text_that_is_not_utf_8_is_told() {
    let wide: String = "a,b\n1,2\n".chars().flat_map(|c| [c, '\0']).collect();
    refused(plain(wide), &["no text in UTF-8", "saved as UTF-8"]);
}

#[test]
fn lines_are_counted_as_an_editor_does() {
    let cases = [
        ("1,2,x\r\n3,4,y\r\n5,z,x\r\n", "line 3,"),
        ("1,2,x\n\n\n3,z,y\n", "line 4,"),
        ("\n1,2,x\n3,z,y", "line 3,"),
        ("\u{feff}a,b,c\r\n\r\n3,z,y", "line 3,"),
        ("a,\"b\nb\",c\n1,2,x\n3,z,y\n", "line 4,"),
        ("1,2,x\n3,\"z\nz\",y\n4,5,x", "line 2,"),
    ];
    for (text, line) in cases {
        refused(plain(text), &[line, "column 2"]);
    }
    // Longer than any buffer.
    let long = format!("{}1,x\n", "1,".repeat(100_000));
    refused(plain(format!("{long}{long}{}z,x\n", "1,".repeat(100_000))), &["line 3, column 100001"]);
}

#[test]
fn files_without_rows() {
    refused(plain(""), &["a.csv", "empty"]);
    refused(plain("\n\n  \n"), &["a.csv", "no rows", "blank"]);
    refused(plain("a,b,c\n"), &["a.csv", "zero rows", "header"]);
    refused(plain("1\n2\n"), &["one column"]);
}

#[test]
fn files_that_are_no_text() {
    refused(plain(b"1,\0,x\n"), &["no text"]);
    refused(plain(b"1,2,x\n3,\xff\xfe,y\n"), &["line 2, column 2", "UTF-8"]);
}

/// A table that has no end of columns, or no end of a line, is told before it fills the memory.
#[test]
fn very_wide_tables_and_very_long_lines_are_refused() {
    let wide = ["1,".repeat(1 << 20), "0\n".into()].concat();
    let error = plain(wide).unwrap_err();
    assert!(error.to_string().contains("line 1: 1048577 columns, at most 1048576"), "{error}");
    for (before, line) in [("", 1), ("\n1,2,0\n", 3)] {
        let long = [before.as_bytes(), &vec![b'7'; (16 << 20) + 1]].concat();
        let error = plain(long).unwrap_err();
        assert!(error.to_string().contains(&format!("line {line}: longer than 16777216 bytes")), "{error}");
    }
    assert_eq!(plain([&b"1,0\n"[..], &[b'7'; 30], b",1\n"].concat()).unwrap().rows(), 2);
}
