//! Values of a file whose type is not known before its end.

use crate::dataset::rows::Values;

/// Values so far: bytes as long as all are whole numbers from 0 to 255.
pub(super) struct Growing(Values);

impl Default for Growing {
    fn default() -> Self {
        Self(Values::U8(Vec::new()))
    }
}

impl Growing {
    /// Takes up the next value, or says what is wrong with it.
    pub(super) fn push(&mut self, text: &str) -> Result<(), String> {
        let text = text.trim();
        if let Values::U8(bytes) = &mut self.0 {
            if let Ok(byte) = text.parse() {
                bytes.push(byte);
                return Ok(());
            }
            let value = number(text)?;
            let mut values: Vec<f32> = bytes.iter().map(|&byte| byte.into()).collect();
            values.push(value);
            self.0 = Values::F32(values);
        } else if let Values::F32(values) = &mut self.0 {
            values.push(number(text)?);
        }
        Ok(())
    }

    /// All values.
    pub(super) fn finish(self) -> Values {
        self.0
    }
}

/// A finite number. Reading decimal text is exact to the last bit, so it is the same everywhere.
fn number(text: &str) -> Result<f32, String> {
    if text.is_empty() {
        return Err("empty; wanted a number: fill it in or take the line out".to_owned());
    }
    match text.parse::<f32>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err(format!("\"{}\" is no finite number of f32; fix it or take the line out", short(text))),
        Err(_) if has_decimal_comma(text) => Err(format!(
            "\"{}\" has a comma in it; numbers want a point, as 1.5, and nothing between thousands, as 1000: write the file so",
            short(text)
        )),
        Err(_) => Err(format!(
            "\"{}\" is no number; fix it, take the column out, or choose the label column with --label",
            short(text)
        )),
    }
}

/// Whether a field would be a number with a point for its comma; or several, with semicolons between: in a file without
/// header there are as many decimal commas as semicolons, and the comma was taken for the delimiter.
pub(super) fn has_decimal_comma(text: &str) -> bool {
    let is_number = |text: &str| text.trim().replacen(',', ".", 1).parse::<f32>().is_ok_and(f32::is_finite);
    text.contains([',', ';']) && text.split(';').all(is_number)
}

/// The beginning of a text, for a message.
pub(super) fn short(text: &str) -> String {
    const LONGEST: usize = 40;
    if text.chars().count() <= LONGEST {
        text.to_owned()
    } else {
        text.chars().take(LONGEST).chain("…".chars()).collect()
    }
}
