//! `quantize`: what it says, what it writes, what it refuses; and the commands that read an int8 net.

use std::fmt::Write;

use serde_json::Value;

use crate::common::Desk;

/// A number of a line of JSON.
fn number(json: &str, field: &str) -> f64 {
    let json: Value = serde_json::from_str(json.lines().last().unwrap()).unwrap();
    json[field].as_f64().unwrap_or_else(|| panic!("{field} in {json}"))
}

#[test]
fn digits_lose_less_than_three_tenths_of_a_point() {
    let desk = Desk::new();
    desk.run(&["train", "--data", "digits", "--epochs", "10", "--out", "net.tln"]).ok();
    for calibration in ["min-max", "percentile"] {
        let run = desk
            .run(&["quantize", "net.tln", "--calibration", calibration, "--max-loss", "0.3", "--json"])
            .ok();
        let lost = number(&run.stdout, "accuracy_before") - number(&run.stdout, "accuracy");
        assert!(lost <= 0.003, "{lost}");
        assert!(number(&run.stdout, "bytes") < 0.3 * number(&run.stdout, "bytes_before"));
        assert!(number(&run.stdout, "changed") < 0.01 * number(&run.stdout, "rows"));
    }
    // The same net and rows, the same bytes.
    desk.run(&["quantize", "net.tln", "--out", "a.tln"]).ok();
    let run = desk.run(&["quantize", "net.tln", "--out", "b.tln"]).ok();
    assert_eq!(desk.read("a.tln"), desk.read("b.tln"));
    assert!(!run.stdout.contains("larger"), "{}", run.stdout);
    for word in ["min-max", "before", "class changed", "worst score", "1797 (test)", "b.tln"] {
        assert!(run.stdout.contains(word), "{word} in {}", run.stdout);
    }
    let run = desk.run(&["eval", "a.tln", "--json"]).ok();
    assert!(number(&run.stdout, "accuracy") > 0.9);
    let text = desk.run(&["inspect", "a.tln"]).ok().stdout;
    assert!(text.contains("int8") && text.contains("cycles a class of bytes"), "{text}");
    // Its numbers are integers, and told as such.
    assert!(text.contains("max +127  mean") && !text.contains("max +127.0"), "{text}");
    let json = desk.run(&["inspect", "a.tln", "--json"]).ok().stdout;
    let ends = |group: &Value| group["min"].is_i64() && group["max"].is_i64() && group["mean"].is_f64();
    let told: Value = serde_json::from_str(&json).expect("an object");
    assert!(["w1", "b1", "w2", "b2"].iter().all(|&name| ends(&told[name])), "{json}");
    assert_eq!(desk.run(&["predict", "a.tln", "--data", "digits"]).ok().stdout.lines().count(), 1797);
    let shares = desk.run(&["predict", "a.tln", "--data", "digits", "--proba"]).ok().stdout;
    let sum: f32 = shares.lines().nth(1).unwrap().split(',').map(|x| x.parse::<f32>().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-5, "{sum}");
}

/// Numbers of unlike scales, normalised one by one: a column in thousands, one in thousandths, one that never changes.
#[test]
fn numbers_of_unlike_scales() {
    let desk = Desk::new();
    let mut table = String::new();
    for i in 0..200 {
        let (a, b) = (i * 37 % 100, i * 61 % 100);
        let label = if a + b > 100 { "more" } else { "less" };
        let _ = writeln!(table, "{},{},7,{label}", f64::from(a) * 1000.0, f64::from(b) / 1000.0);
    }
    desk.write("table.csv", table);
    desk.run(&["train", "--data", "table.csv", "--hidden", "12", "--epochs", "60", "--out", "net.tln"]).ok();
    let run = desk.run(&["quantize", "net.tln", "--data", "table.csv", "--max-loss", "2", "--json"]).ok();
    assert!(number(&run.stdout, "accuracy") > 0.9, "{}", run.stdout);
    assert!(desk.run(&["predict", "net.int8.tln", "--data", "table.csv"]).ok().stdout.starts_with("less\n"));
    assert!(desk.run(&["inspect", "net.int8.tln"]).ok().stdout.contains("this one takes numbers"));
}

#[test]
fn what_is_refused() {
    let desk = Desk::new();
    desk.train(&[]).ok();
    desk.run(&["quantize", "net.tln", "--data", "table.csv", "--max-loss", "100"]).ok();
    let before = desk.read("net.int8.tln");
    // No net loses less than nothing, and what a refused net would have replaced stays.
    let refused = desk.fails(&["quantize", "net.tln", "--data", "table.csv", "--max-loss", "-1"], 2);
    assert!(refused.contains("--max-loss"), "{refused}");
    assert!(desk.fails(&["quantize", "net.int8.tln", "--data", "table.csv"], 3).contains("f32 net"));
    assert!(desk.fails(&["export", "net.int8.tln", "--to", "npz"], 3).contains("int8"));
    assert!(desk.fails(&["quantize", "net.tln", "--data", "digits"], 3).contains("64"));
    assert_eq!(desk.read("net.int8.tln"), before);
    let mut damaged = before;
    damaged[40] ^= 1;
    desk.write("damaged.tln", damaged);
    assert!(desk.fails(&["eval", "damaged.tln", "--data", "table.csv"], 3).contains("checksum"));
}

/// A net that fills no tile is larger as int8; that is said.
#[test]
fn a_net_that_grows_is_told() {
    let desk = Desk::new();
    desk.train(&[]).ok();
    let told = ["quantize", "net.tln", "--data", "table.csv", "--max-loss", "100"];
    let told = desk.run(&told).ok().stdout;
    assert!(desk.read("net.int8.tln").len() > desk.read("net.tln").len(), "{told}");
    assert!(told.contains("larger         int8 fills weights up to 16 inputs by 4 outputs"), "{told}");
}

/// An input that is always 0 has so large a weight that no step is left for the one that decides.
#[test]
fn a_net_that_loses_too_much_is_not_written() {
    let desk = Desk::new();
    let names = vec!["down".to_owned(), "up".to_owned()];
    let (w1, w2) = (vec![1000.0, 1000.0, -1.0, 1.0], vec![1.0, 0.0, 0.0, 1.0]);
    let (b1, b2, mean, scale) = (vec![0.0; 2], vec![0.0; 2], vec![], vec![]);
    let net = trainer::exchange::net::Layers { d: 2, h: 2, c: 2, mean, scale, w1, b1, w2, b2, names };
    desk.write("net.tln", net.to_bytes().unwrap());
    desk.write("rows.csv", "0,-1,down\n0,-2,down\n0,1,up\n0,2,up\n");
    let line = desk.fails(&["quantize", "net.tln", "--data", "rows.csv"], 3);
    assert!(line.contains("50.00 points (4 of 4 rows right, then 2)"), "{line}");
    assert!(!desk.path("net.int8.tln").exists());
    desk.run(&["quantize", "net.tln", "--data", "rows.csv", "--max-loss", "50"]).ok();
    assert!(desk.path("net.int8.tln").exists());
}
