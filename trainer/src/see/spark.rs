//! A curve in a line of text.

const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The values as bars of eight heights, averaged down to `width` characters. Values that are not finite are left
/// out.
#[must_use]
pub fn line(values: &[f64], width: usize) -> String {
    let values: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
    let n = width.min(values.len());
    let means: Vec<f64> = (0..n)
        .map(|i| {
            let part = &values[i * values.len() / n..(i + 1) * values.len() / n];
            part.iter().sum::<f64>() / part.len() as f64
        })
        .collect();
    let least = means.iter().copied().fold(f64::INFINITY, f64::min);
    let range = means.iter().copied().fold(f64::NEG_INFINITY, f64::max) - least;
    let level = |x: f64| if range > 0.0 { ((x - least) / range * 7.0 + 0.5) as usize } else { 0 };
    means.into_iter().map(|x| LEVELS[level(x).min(7)]).collect()
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn heights_follow_the_values() {
        assert_eq!(line(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], 8), "▁▂▃▄▅▆▇█");
        assert_eq!(line(&[1.0, 3.0, f64::NAN, 8.0, 8.0], 2), "▁█");
        assert_eq!((line(&[], 5).as_str(), line(&[2.0], 5).as_str()), ("", "▁"));
    }
}
