//! The file that equals the flags: `--config run.toml`, and the one that is written next to every net.
//!
//! The latter also names its net, by the checksum, so that flags are not taken for those of another net: a process can be killed
//! between the two files, and a net can be replaced without its flags. To `--config` that line means nothing.
//!
//! A small part of TOML: `name = value` lines, the names those of the flags of `train`, the values numbers, `true`,
//! `false`, or strings in quotes; `#` begins a comment. What the command line says goes before what the file says.

use crate::args::TrainArgs;
use crate::preset::Choice;
use crate::train::Length;

/// The lines of what a training computes: every setting, none left to a default.
#[must_use]
pub fn of_choice(choice: &Choice) -> String {
    let settings = &choice.settings;
    let mut text = String::new();
    let mut line = |name: &str, value: String| text.push_str(&format!("{name} = {value}\n"));
    let word = |value: &dyn Word| quoted(&value.word());
    line("hidden", settings.hidden.to_string());
    line("learning-rate", number(settings.learning_rate));
    line("schedule", word(&settings.schedule));
    line("learning-rate-decay", number(settings.learning_rate_decay));
    line("momentum", number(settings.momentum));
    line("nesterov", settings.nesterov.to_string());
    line("reg", number(settings.reg));
    if let Some(std) = settings.std {
        line("std", number(std));
    }
    match settings.length {
        Length::Iterations(n) => line("num-iters", n.to_string()),
        Length::Epochs(n) => line("epochs", n.to_string()),
    }
    if let Some(patience) = settings.patience {
        line("patience", patience.to_string());
    }
    line("batch-size", settings.batch_size.to_string());
    line("order", word(&settings.order));
    line("normalization", word(&choice.normalization));
    line("val-fraction", number(choice.val_fraction));
    line("split", word(&choice.split));
    line("seed", settings.seed.to_string());
    text
}

/// The line that is no flag: which net the file is of, as [`checksum::of_net`](crate::checksum::of_net) has it.
pub const NET: &str = "net-checksum";

/// The file next to a net with this checksum: with it as `--config` the same net is made again.
#[must_use]
pub fn of_run(args: &TrainArgs, choice: &Choice, net: u32) -> String {
    // A name that is no text cannot stand here, and another name would be another file.
    let out = args.out.to_str();
    let flag = if out.is_none() { " --out FILE" } else { "" };
    let mut text = format!(
        "# trainer --config THIS_FILE{flag} makes this net again\ndata = {}\n",
        quoted(&args.common.data)
    );
    if let Some(label) = &args.common.label {
        text.push_str(&format!("label = {}\n", quoted(label)));
    }
    text.push_str(&of_choice(choice));
    if let Some(out) = out {
        text.push_str(&format!("out = {}\n", quoted(out)));
    }
    if let Some(history) = args.history.as_ref().and_then(|path| path.to_str()) {
        text.push_str(&format!("history = {}\n", quoted(history)));
    }
    text.push_str(&format!("{NET} = {}\n", quoted(&format!("{net:08x}"))));
    text
}

/// A value of an enumeration as the flag has it.
trait Word {
    fn word(&self) -> String;
}

impl<T: clap::ValueEnum> Word for T {
    fn word(&self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// Always with a point or an exponent, so that it is a TOML float; reading it gives the same number.
fn number(x: f64) -> String {
    format!("{x:?}")
}

/// A TOML string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", c as u32)),
            c => out.push(c),
        }
    }
    out + "\""
}

/// The checksum that a value of [`NET`] says.
pub fn net(value: Option<&str>) -> Result<u32, String> {
    let digits = value.unwrap_or("true");
    let eight = digits.len() == 8 && digits.chars().all(|c| c.is_ascii_hexdigit());
    let found = eight.then(|| u32::from_str_radix(digits, 16).ok()).flatten();
    found.ok_or_else(|| {
        format!("{NET} is {digits:?}; wanted eight hexadecimal digits in quotes, or no such line")
    })
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 1.
    pub line: usize,
    /// The flag, without dashes.
    pub name: String,
    /// What the flag is given: None for `true`, which needs nothing more.
    pub value: Option<String>,
}

/// What a line gives a flag.
#[derive(Debug, PartialEq, Eq)]
enum Value {
    /// `true` or `false` without quotes.
    Switch(bool),
    /// Everything else.
    Text(String),
}

/// The entries of a file; `name = false` is none. A byte order mark, as some editors put it first, is skipped. An error has the number of its line.
pub fn read(text: &str) -> Result<Vec<Entry>, (usize, String)> {
    let mut entries: Vec<Entry> = Vec::new();
    for (i, full) in text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate() {
        let (line, trimmed) = (i + 1, full.trim());
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        if trimmed.starts_with('[') {
            return Err((line, "sections have no meaning here; write name = value".into()));
        }
        let (name, value) =
            trimmed.split_once('=').ok_or((line, format!("{trimmed:?}: wanted name = value")))?;
        let name = name.trim().trim_matches('"').to_owned();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            return Err((line, format!("{name:?} is no name of a flag")));
        }
        let name = name.replace('_', "-");
        if let Some(first) = entries.iter().find(|entry| entry.name == name) {
            return Err((line, format!("{name} is set in line {} already", first.line)));
        }
        match parse_value(value.trim()).map_err(|what| (line, what))? {
            Value::Switch(false) => {}
            Value::Switch(true) => entries.push(Entry { line, name, value: None }),
            Value::Text(value) => entries.push(Entry { line, name, value: Some(value) }),
        }
    }
    Ok(entries)
}

/// The value before a comment, quotes and escapes resolved.
fn parse_value(text: &str) -> Result<Value, String> {
    let (value, rest) = match text.chars().next() {
        Some('"') => parse_string(&text[1..]).map(|(v, r)| (Value::Text(v), r))?,
        Some('\'') => {
            let (value, rest) = text[1..].split_once('\'').ok_or("a quote is left open")?;
            (Value::Text(value.to_owned()), rest)
        }
        _ => {
            let end = text.find('#').unwrap_or(text.len());
            (parse_bare(text[..end].trim())?, &text[end..])
        }
    };
    let rest = rest.trim();
    if !rest.is_empty() && !rest.starts_with('#') {
        return Err(format!("{rest:?} follows the value"));
    }
    Ok(value)
}

/// A value without quotes.
fn parse_bare(text: &str) -> Result<Value, String> {
    match text {
        "" => Err("no value; wanted a number, true, false or a string in quotes".into()),
        "true" | "false" => Ok(Value::Switch(text == "true")),
        _ => parse_number(text)
            .map(Value::Text)
            .ok_or_else(|| format!("{text:?} is no number, true or false: put it in quotes")),
    }
}

/// A number without the underscores that TOML lets stand between two digits.
fn parse_number(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let between = text.match_indices('_').all(|(at, _)| at > 0 && is_digit(at - 1) && is_digit(at + 1));
    let number = text.replace('_', "");
    // Rust reads `nan` and `infinity` too, and a file can be called so.
    let has_digit = number.contains(|c: char| c.is_ascii_digit());
    (between && has_digit && number.parse::<f64>().is_ok()).then_some(number)
}

/// A string after its first quote, and what follows its last.
fn parse_string(text: &str) -> Result<(String, &str), String> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((value, &text[at + 1..])),
            '\\' => match chars.next().map(|(_, c)| c) {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some('r') => value.push('\r'),
                Some(c @ ('"' | '\\')) => value.push(c),
                Some('u') => {
                    let digits: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
                    // Rust reads a sign too.
                    let four = digits.len() == 4 && digits.chars().all(|c| c.is_ascii_hexdigit());
                    let number = four.then(|| u32::from_str_radix(&digits, 16).ok()).flatten();
                    value.push(number.and_then(char::from_u32).ok_or_else(|| {
                        format!("\\u{digits} is no character; wanted the four hexadecimal digits of one")
                    })?);
                }
                _ => {
                    return Err(
                        "a backslash is followed by none of n, t, r, u, \\, \"; write paths as '...'".into(),
                    );
                }
            },
            c => value.push(c),
        }
    }
    Err("a quote is left open".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_flags() {
        let text = "# a run\nhidden = 64 # units\nlearning_rate = 1_000.5e-3\nnesterov = true\nresume = false\n\n\
                    data = \"a \\\"b\\\" #c\" # comment\nout = 'C:\\nets\\a.tln'\n";
        let entries = read(text).unwrap();
        let pairs: Vec<(&str, Option<&str>)> =
            entries.iter().map(|e| (e.name.as_str(), e.value.as_deref())).collect();
        let wanted = [
            ("hidden", Some("64")),
            ("learning-rate", Some("1000.5e-3")),
            ("nesterov", None),
            ("data", Some("a \"b\" #c")),
            ("out", Some("C:\\nets\\a.tln")),
        ];
        assert_eq!(pairs, wanted);
        assert_eq!(entries[4].line, 8);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, line) in [
            ("hidden 3", 1),
            ("\nhidden =", 2),
            ("a = 1\na = 2", 2),
            ("[train]", 1),
            ("data = \"open", 1),
            ("data = \"a\" b", 1),
            ("data = \"\\x\"", 1),
            ("data = \"\\u+123\"", 1),
            ("data = \"\\u12\"", 1),
            ("data = \"\\ud800\"", 1),
            ("seed = 1\n\u{feff}std = 1", 2),
            ("= 3", 1),
            ("data = 'open", 1),
            ("out = my_net.tln", 1),
            ("a = 1\nseed = 1__0", 2),
            ("seed = 1_", 1),
            ("seed = _1", 1),
            ("std = 1_.5", 1),
            ("out = nan # a name", 1),
            ("schedule = cosine", 1),
            ("nesterov = True", 1),
        ] {
            assert_eq!(read(text).unwrap_err().0, line, "{text}");
        }
    }

    #[test]
    fn a_character_is_four_hexadecimal_digits() {
        assert_eq!(parse_value("\"a\\u00e9\\u00E9\"").unwrap(), Value::Text("aéé".into()));
        let what = read("data = \"\\u+123\"").unwrap_err().1;
        assert_eq!(what, "\\u+123 is no character; wanted the four hexadecimal digits of one");
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_name() {
        let entries = read("\u{feff}hidden = 64\nseed = 1").unwrap();
        assert_eq!((entries[0].name.as_str(), entries[0].line, entries.len()), ("hidden", 1, 2));
        assert_eq!(read("\u{feff}# a run").unwrap(), []);
    }

    #[test]
    fn a_bare_word_is_told_to_be_put_in_quotes() {
        let what = read("out = my_net.tln # here").unwrap_err().1;
        assert_eq!(what, "\"my_net.tln\" is no number, true or false: put it in quotes");
    }

    #[test]
    fn true_and_false_in_quotes_are_words() {
        let entries = read("a = \"true\"\nb = 'false'\nc = true\nd = false\ne = \"1_0\"").unwrap();
        let pairs: Vec<(&str, Option<&str>)> =
            entries.iter().map(|e| (e.name.as_str(), e.value.as_deref())).collect();
        assert_eq!(pairs, [("a", Some("true")), ("b", Some("false")), ("c", None), ("e", Some("1_0"))]);
    }

    #[test]
    fn quotes_come_back() {
        for text in [
            "true",
            "false",
            "1_0",
            "plain",
            "with \"quotes\" and \\",
            "line\nbreak\ttab\r",
            "\u{1b}[31m",
            "ü = #",
        ] {
            assert_eq!(parse_value(&quoted(text)).unwrap(), Value::Text(text.into()));
        }
    }
}
