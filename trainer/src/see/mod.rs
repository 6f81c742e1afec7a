//! What a run looks like: pages of HTML, plots, pictures, and a curve in a line of text.
//!
//! A page is one file: style, plots (SVG) and pictures (PNG) are in it, and no script. It is light or dark as its reader's
//! system is. Nothing here changes a net or chooses between nets.

pub mod confusion;
pub mod curves;
pub mod drawing;
pub mod html;
pub mod images;
pub mod judge;
pub mod letters;
pub mod parallel;
pub mod plot;
pub mod plots;
pub mod png;
pub mod raster;
pub mod run;
pub mod search;
pub mod spark;

/// A word of a command line, in quotes where a shell would see more in it.
#[must_use]
pub fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+%@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}
