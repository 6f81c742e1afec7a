//! How long a search may take: `90s`, `10m`, `1.5h`.

use std::time::Duration;

/// Reads a time with its unit.
pub fn parse(text: &str) -> Result<Duration, String> {
    let wanted = || "wanted a time such as 90s, 10m or 2h".to_owned();
    let unit = text.chars().last().ok_or_else(wanted)?;
    let seconds = match unit {
        's' => 1.0,
        'm' => 60.0,
        'h' => 3600.0,
        _ => return Err(wanted()),
    };
    let number: f64 = text[..text.len() - 1].parse().map_err(|_| wanted())?;
    let total = number * seconds;
    // A year is longer than any machine stays up, and far from what Duration cannot hold.
    if total > 0.0 && total <= 365.0 * 86_400.0 { Ok(Duration::from_secs_f64(total)) } else { Err(wanted()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_units() {
        assert_eq!(parse("10m"), Ok(Duration::from_secs(600)));
        assert_eq!(parse("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(parse("0.5h"), Ok(Duration::from_secs(1800)));
        for wrong in ["", "10", "m", "-1m", "0s", "NaNs", "infh", "1e300h", "10 m", "5ü"] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
