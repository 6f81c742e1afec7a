//! Letters as strokes, so that a picture needs no font.

/// Height of capitals and digits, in the units of the strokes.
const CAPITAL: f64 = 6.0;
/// Between two letters.
const GAP: f64 = 1.6;
/// A blank.
const BLANK: f64 = 2.2;

/// Strokes of a text whose letters stand on y = 0, y downwards, capitals as high as `height`; and how wide it is.
#[must_use]
pub fn strokes(text: &str, height: f64) -> (Vec<Vec<(f64, f64)>>, f64) {
    let unit = height / CAPITAL;
    let (mut lines, mut x) = (Vec::new(), 0.0);
    for letter in text.chars() {
        let mut wide = 0.0f64;
        for stroke in glyph(without_accent(letter)).split('/').filter(|stroke| !stroke.is_empty()) {
            let digits: Vec<f64> =
                stroke.bytes().filter(u8::is_ascii_digit).map(|d| f64::from(d - b'0')).collect();
            wide = digits.chunks_exact(2).fold(wide, |wide, p| wide.max(p[0]));
            let place = |p: &[f64]| ((x + p[0]) * unit, (p[1] - CAPITAL) * unit);
            lines.push(digits.chunks_exact(2).map(place).collect());
        }
        x += if letter == ' ' { BLANK } else { wide + GAP };
    }
    (lines, (x - GAP).max(0.0) * unit)
}

/// A Latin letter without its accent: to be told from others that is enough.
fn without_accent(letter: char) -> char {
    const ACCENTED: [(&str, char); 19] = [
        ("ÀÁÂÃÄÅ", 'A'),
        ("Ç", 'C'),
        ("ÈÉÊË", 'E'),
        ("ÌÍÎÏ", 'I'),
        ("Ñ", 'N'),
        ("ÒÓÔÕÖØ", 'O'),
        ("ÙÚÛÜ", 'U'),
        ("Ý", 'Y'),
        ("àáâãäå", 'a'),
        ("ç", 'c'),
        ("èéêë", 'e'),
        ("ìíîï", 'i'),
        ("ñ", 'n'),
        ("òóôõöø", 'o'),
        ("ùúûü", 'u'),
        ("ýÿ", 'y'),
        ("–—", '-'),
        ("“”", '"'),
        ("‘’", '\''),
    ];
    ACCENTED.iter().find(|(accented, _)| accented.contains(letter)).map_or(letter, |&(_, plain)| plain)
}

/// Points of strokes, each two digits: x, and y from 0 at the top of capitals to 6 at the line and 8 below it. What is not
/// here is a box.
fn glyph(letter: char) -> &'static str {
    match letter {
        ' ' => "",
        'a' => "32 36/33 22 12 03 05 16 26 35",
        'b' => "00 06/03 12 22 33 35 26 16 05",
        'c' => "33 22 12 03 05 16 26 35",
        'd' => "30 36/33 22 12 03 05 16 26 35",
        'e' => "04 34 33 22 12 03 05 16 26 35",
        'f' => "20 11 16/02 22",
        'g' => "32 37 28 18 07/33 22 12 03 05 16 26 35",
        'h' => "00 06/03 12 22 33 36",
        'i' => "02 06/00 00",
        'j' => "12 17 08/10 10",
        'k' => "00 06/32 05/14 36",
        'l' => "00 06",
        'm' => "02 06/03 12 23 26/23 32 43 46",
        'n' => "02 06/03 12 22 33 36",
        'o' => "12 22 33 35 26 16 05 03 12",
        'p' => "02 08/03 12 22 33 35 26 16 05",
        'q' => "32 38/33 22 12 03 05 16 26 35",
        'r' => "02 06/03 12 22",
        's' => "33 22 12 03 14 24 35 26 16 05",
        't' => "10 15 26/02 22",
        'u' => "02 05 16 26 35/32 36",
        'v' => "02 16 22",
        'w' => "02 16 23 36 42",
        'x' => "02 36/32 06",
        'y' => "02 05 16 26 35/32 37 28 18 07",
        'z' => "02 32 06 36",
        'ß' => "06 01 10 20 31 22 33 35 26 16",
        'A' => "06 20 46/14 34",
        'B' => "06 00 20 31 32 23 03/23 34 35 26 06",
        'C' => "31 20 10 01 05 16 26 35",
        'D' => "00 06 26 35 31 20 00",
        'E' => "30 00 06 36/03 23",
        'F' => "30 00 06/03 23",
        'G' => "31 20 10 01 05 16 26 35 33 23",
        'H' => "00 06/30 36/03 33",
        'I' => "00 06 06",
        'J' => "30 35 26 16 05",
        'K' => "00 06/30 03/12 36",
        'L' => "00 06 36",
        'M' => "06 00 23 40 46",
        'N' => "06 00 36 30",
        'O' => "10 30 41 45 36 16 05 01 10",
        'P' => "06 00 20 31 32 23 03",
        'Q' => "10 30 41 45 36 16 05 01 10/34 46",
        'R' => "06 00 20 31 32 23 03/13 36",
        'S' => "31 20 10 01 02 13 23 34 35 26 16 05",
        'T' => "00 40/20 26",
        'U' => "00 05 16 26 35 30",
        'V' => "00 26 40",
        'W' => "00 16 22 36 40",
        'X' => "00 36/30 06",
        'Y' => "00 23 40/23 26",
        'Z' => "00 30 06 36",
        '0' => "10 20 31 35 26 16 05 01 10",
        '1' => "01 20 26",
        '2' => "01 10 20 31 32 06 36",
        '3' => "01 10 20 31 32 23 13/23 34 35 26 16 05",
        '4' => "26 20 04 34",
        '5' => "30 00 03 23 34 35 26 16 05",
        '6' => "31 20 10 01 05 16 26 35 34 23 13 04",
        '7' => "00 30 16",
        '8' => "13 02 01 10 20 31 32 23 13 04 05 16 26 35 34 23",
        '9' => "32 23 13 02 01 10 20 31 35 26 16 05",
        '.' => "06 06",
        ',' => "16 07",
        ':' => "03 03/06 06",
        ';' => "13 13/16 07",
        '-' => "04 24",
        '+' => "04 24/13 15",
        '=' => "03 33/05 35",
        '_' => "07 37",
        '\'' => "00 01",
        '"' => "00 01/10 11",
        '`' => "00 11",
        '!' => "00 04/06 06",
        '?' => "01 10 20 31 32 13 14/16 16",
        '*' => "11 15/02 24/22 04",
        '#' => "11 15/31 35/02 42/04 44",
        '$' => "31 20 10 01 02 13 23 34 35 26 16 05/10 17",
        '&' => "36 12 11 20 31 14 05 16 26 44",
        '<' => "32 04 36",
        '>' => "02 34 06",
        '|' => "00 08",
        '~' => "04 13 24 33",
        '^' => "02 10 22",
        '@' => "34 23 14 25 35 44 43 31 11 03 05 16 36",
        '[' => "10 00 06 16",
        ']' => "00 10 16 06",
        '{' => "20 10 12 03 14 16 26",
        '}' => "00 10 12 23 14 16 06",
        '…' => "06 06/26 26/46 46",
        '/' => "30 06",
        '\\' => "00 36",
        '(' => "10 01 05 16",
        ')' => "00 11 15 06",
        '%' => "00 10 11 01 00/40 06/35 45 46 36 35",
        _ => "00 30 36 06 00",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_differ() {
        let letters: Vec<char> = ('a'..='z')
            .chain('A'..='Z')
            .chain('0'..='9')
            .chain(".,:;-+=_'\"`!?*#$&<>|~^@[]{}/\\()%… 日".chars())
            .collect();
        for (i, &a) in letters.iter().enumerate() {
            assert!(letters[..i].iter().all(|&b| glyph(a) != glyph(b)), "{a}");
        }
    }

    #[test]
    fn all_of_ascii_and_latin_letters_are_drawn() {
        for letter in ('!'..='~').chain('À'..='ÿ').filter(|letter| !"×÷ÆæÐðÞþ".contains(*letter)) {
            assert!(glyph(without_accent(letter)) != glyph('日'), "{letter}");
        }
    }

    #[test]
    fn a_text_is_as_wide_as_its_letters() {
        assert_eq!(strokes("", 6.0), (vec![], 0.0));
        let (lines, wide) = strokes("LL", 12.0);
        assert_eq!((lines.len(), lines[1][2], wide), (2, (15.2, 0.0), 15.2));
    }
}
