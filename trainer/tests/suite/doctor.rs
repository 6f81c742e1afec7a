//! The doctor: each rule with a patient that has it and one that has not.

use model::{Engine, Params, Shape};
use trainer::batches::Order;
use trainer::dataset::{Dataset, Numbers, Values};
use trainer::doctor::{Course, Finding, Patient};
use trainer::history::History;
use trainer::preset::Preset;
use trainer::rows::{Part, View};
use trainer::train::{Settings, train};

use crate::common::{Desk, cifar};

/// Rows of two numbers around (±1, ∓1), one sign a class; validation rows follow the training rows.
struct Case {
    data: Dataset,
    train: Vec<u32>,
    val: Vec<u32>,
    settings: Settings,
    history: Option<History>,
    net: Option<Params<f32>>,
}

impl Case {
    fn healthy() -> Self {
        let noise = |i: u32, k: u32| ((i * 37 + k * 101) % 64) as f32 / 64.0 - 0.5;
        let labels: Vec<u16> = (0..600).map(|i| i % 2).collect();
        let sign = |label: u16| if label == 0 { 1.0 } else { -1.0 };
        let row = |(i, &y): (usize, &u16)| [sign(y) + noise(i as u32, 0), -sign(y) + noise(i as u32, 1)];
        let values = labels.iter().enumerate().flat_map(row).collect();
        let classes = vec!["plus".to_owned(), "minus".to_owned()];
        let data = Dataset { values: Values::F32(values), labels, d: 2, channels: 1, image: None, classes };
        let settings = Settings { hidden: 8, learning_rate: 0.2, ..Preset::Default.choice().settings };
        Self {
            data,
            train: (0..400).collect(),
            val: (400..600).collect(),
            settings,
            history: None,
            net: None,
        }
    }

    /// Trains unless a net is given, and examines; the names of what is found.
    fn found(&self) -> Vec<&'static str> {
        self.examine().into_iter().map(|finding| finding.rule).collect()
    }

    fn examine(&self) -> Vec<Finding> {
        let none =
            kernels::Normalization::new(self.data.d, kernels::Floats::F32(&[]), kernels::Floats::F32(&[]));
        let none = none.expect("nothing to check");
        let view = View::new(&self.data, none).expect("sound rows");
        let part = |rows| Part { view, rows: Numbers::List(rows) };
        let (train_part, val) = (part(&self.train), part(&self.val));
        let engine = Engine::default();
        let (net, last, history) = match &self.net {
            Some(net) => (net.clone(), net.clone(), History::default()),
            None => {
                let trained = train(engine, train_part, None, &self.settings, &mut |_| ()).expect("finite");
                (trained.net, trained.last, trained.history)
            }
        };
        let history = self.history.as_ref().unwrap_or(&history);
        let course = Some(Course { settings: &self.settings, history: Some(history) });
        Patient { engine, net: &net, last: Some(&last), train: train_part, val: Some(val), course }.examine()
    }

    fn values(&mut self) -> &mut Vec<f32> {
        match &mut self.data.values {
            Values::F32(values) => values,
            Values::U8(_) => panic!("numbers"),
        }
    }
}

#[track_caller]
fn has(case: &Case, rule: &str) {
    let found = case.found();
    assert!(found.contains(&rule), "{rule} not among {found:?}");
}

#[track_caller]
fn has_not(case: &Case, rule: &str) {
    let found = case.found();
    assert!(!found.contains(&rule), "{rule} among {found:?}");
}

/// The patient without any of the illnesses below.
#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    assert_eq!(Case::healthy().examine(), []);
}

#[test]
fn one_class_and_shrinking_weights_as_in_the_course() {
    let mut case = Case::healthy();
    let course = Preset::Course.choice().settings;
    case.settings = Settings { batch_size: 100, hidden: 36, ..course };
    // Rows that are hard to tell apart, as images are.
    case.values().iter_mut().for_each(|x| *x *= 0.05);
    let findings = case.examine();
    let of = |rule: &str| {
        findings.iter().find(|finding| finding.rule == rule).unwrap_or_else(|| panic!("{findings:?}"))
    };
    assert!(of("one-class").what.contains("200 of 200 rows"), "{findings:?}");
    let shrinking = of("shrinking-weights");
    assert!(shrinking.what.contains("2*lambda*W"), "{shrinking:?}");
    assert!(
        shrinking.advice.contains("--reg 1e-3 or less") || shrinking.advice.contains("--reg 1e-"),
        "{shrinking:?}"
    );
    assert!(
        shrinking.advice.contains("--learning-rate 0.1") && shrinking.advice.contains("either alone"),
        "{shrinking:?}"
    );
    let (rule, step) = (of("no-loss-drop"), "in the first ");
    assert!(rule.what.contains(step) && rule.what.ends_with(" steps"), "{findings:?}");

    // Weights that shrink while the data outweigh the penalty are none of it; nor is one class that nearly all have.
    let mut case = Case::healthy();
    case.settings.reg = 0.0;
    has_not(&case, "shrinking-weights");
    case.data.labels.iter_mut().enumerate().for_each(|(i, label)| *label = u16::from(i % 100 == 0));
    case.data.labels[1] = 1;
    let shape = Shape::new(2, 1, 2).expect("no size is 0");
    case.net = Some(Params::from_vec(shape, vec![0.1, 0.1, 1.0, 1.0, -1.0, 1.0, -1.0]).expect("7"));
    has_not(&case, "one-class");
    case.data.labels.iter_mut().enumerate().for_each(|(i, label)| *label = u16::from(i % 5 == 0));
    has(&case, "one-class");
}

#[test]
fn no_loss_drop() {
    let mut case = Case::healthy();
    case.settings.learning_rate = 1e-7;
    has(&case, "no-loss-drop");
    case.settings.learning_rate = 0.2;
    has_not(&case, "no-loss-drop");
    // A net that has nothing left to learn is none.
    case.history = Some(History { losses: vec![1e-3; 100], rates: vec![0.1; 100], epochs: vec![] });
    has_not(&case, "no-loss-drop");
}

#[test]
fn rising_and_non_finite_loss() {
    let mut case = Case::healthy();
    let falling = |i: usize| 2.0 / (1.0 + i as f32);
    let history = |losses: Vec<f32>| Some(History { rates: vec![0.1; losses.len()], losses, epochs: vec![] });
    case.history = history((0..200).map(|i| if i < 150 { falling(i) } else { 0.2 }).collect());
    has(&case, "rising-loss");
    has_not(&case, "non-finite");
    case.history = history((0..200).map(falling).collect());
    has_not(&case, "rising-loss");
    // Twenty-four steps that go up and down around one loss: a tenth is two of them, and the last two are high. Ten times as
    // many that end as high do rise.
    let noisy = |i: usize| 1.0 + [0.0, 0.2, -0.2, 0.1, -0.1, -0.15, 0.05, 0.15][i % 8];
    case.history = history((0..24).map(noisy).collect());
    has_not(&case, "rising-loss");
    case.history = history((0..240).map(|i| noisy(i) + if i < 200 { 0.0 } else { 0.2 }).collect());
    has(&case, "rising-loss");
    case.history = history((0..200).map(|i| if i == 41 { f32::NAN } else { falling(i) }).collect());
    let findings = case.examine();
    assert_eq!(findings[0].rule, "non-finite");
    assert!(findings[0].what.contains("step 42"), "{findings:?}");
}

#[test]
fn dead_units() {
    let mut case = Case::healthy();
    let shape = Shape::new(2, 8, 2).expect("no size is 0");
    let mut net = Params::zeros(shape);
    net.w1_slice_mut().iter_mut().enumerate().for_each(|(i, w)| *w = if i < 8 { 1.0 } else { -1.0 });
    net.w2_slice_mut().iter_mut().enumerate().for_each(|(i, w)| *w = if i % 2 == 0 { 1.0 } else { -1.0 });
    net.b2_mut()[1] = 3.0;
    case.net = Some(net.clone());
    has_not(&case, "dead-units");
    net.b1_mut()[3] = -100.0;
    case.net = Some(net);
    has(&case, "dead-units");
}

#[test]
fn step_size() {
    let mut case = Case::healthy();
    case.settings.learning_rate = 1e-6;
    has(&case, "step-size");
    case.settings.learning_rate = 0.2;
    has_not(&case, "step-size");
    // First weights, whose gradient is long, and a rate that has not fallen.
    let shape = Shape::new(2, 8, 2).expect("no size is 0");
    case.net = Some(trainer::init::init(shape, None, 1));
    let ends_at = |rate| Some(History { losses: vec![1.0; 2], rates: vec![0.2, rate], epochs: vec![] });
    case.history = ends_at(10.0);
    has(&case, "step-size");
    // As a person types it.
    let advice = |case: &Case| {
        let findings = case.examine();
        let finding = findings.into_iter().find(|finding| finding.rule == "step-size");
        finding.expect("it speaks up").advice
    };
    assert_eq!(advice(&case), "--learning-rate 0.02");
    case.settings.learning_rate = 100.0;
    assert_eq!(advice(&case), "--learning-rate 10");
    case.settings.learning_rate = 0.2;
    case.history = ends_at(1e-3);
    has_not(&case, "step-size");
}

#[test]
fn gaps() {
    // Labels without reason, enough units and steps: learnt by heart.
    let mut case = Case::healthy();
    let mut bits = 7u32;
    case.data.labels.iter_mut().for_each(|label| {
        bits = bits.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *label = (bits >> 31) as u16;
    });
    case.train = (0..40).collect();
    case.settings = Settings {
        hidden: 256,
        batch_size: 40,
        learning_rate: 0.5,
        learning_rate_decay: 1.0,
        reg: 0.0,
        ..case.settings
    };
    case.settings.length = trainer::train::Length::Iterations(5000);
    has(&case, "wide-gap");
    has_not(&case, "no-gap");

    // A net that is wrong about as often on both parts.
    let mut case = Case::healthy();
    let shape = Shape::new(2, 1, 2).expect("no size is 0");
    case.net = Some(Params::from_vec(shape, vec![0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]).expect("7"));
    has(&case, "no-gap");
    has_not(&case, "wide-gap");

    // Of many rows a sample is looked at; an accuracy of a sample is not that of the report, and says so.
    let told = |case: &Case| {
        case.examine().into_iter().find(|f| f.rule == "no-gap").map(|f| f.what).unwrap_or_default()
    };
    let all = told(&case);
    assert!(!all.contains("sample"), "{all}");
    case.train = (1..400).step_by(2).cycle().take(6000).collect();
    let some = told(&case);
    assert!(some.contains("0.0000 (a sample: 5000 of 6000 rows) is not above validation 0.5000 "), "{some}");
}

#[test]
fn inputs_far_from_normal() {
    let mut case = Case::healthy();
    case.settings.learning_rate = 1e-3;
    case.values().iter_mut().for_each(|x| *x = 100.0 + 50.0 * *x);
    has(&case, "inputs");
    case.values().iter_mut().for_each(|x| *x = (*x - 100.0) / 50.0);
    has_not(&case, "inputs");
}

#[test]
fn labels_out_of_balance() {
    let mut case = Case::healthy();
    case.data.labels.iter_mut().enumerate().for_each(|(i, label)| *label = u16::from(i % 10 == 0));
    has(&case, "balance");
    case.data.labels.iter_mut().enumerate().for_each(|(i, label)| *label = u16::from(i % 5 == 0));
    has_not(&case, "balance");
}

#[test]
fn constant_columns() {
    let mut case = Case::healthy();
    case.values().iter_mut().skip(1).step_by(2).for_each(|x| *x = 0.25);
    let findings = case.examine();
    let finding = findings.iter().find(|finding| finding.rule == "constant-columns").expect("found");
    assert!(finding.what.contains("1 of 2") && finding.what.contains("number 2"), "{finding:?}");
    // A validation row that differs does not matter, a training row does.
    case.values()[2 * 500 + 1] = 0.5;
    has(&case, "constant-columns");
    case.values()[2 * 300 + 1] = 0.5;
    has_not(&case, "constant-columns");
}

#[test]
fn the_commands_tell_what_is_found() {
    let desk = Desk::new();
    desk.write("images/data_batch_1.bin", cifar(200));
    let args =
        ["--data", "images", "--preset", "course", "--num-iters", "200", "--batch-size", "50", "--json"];
    let run = desk.run(&args).ok();
    let done: serde_json::Value =
        serde_json::from_str(run.stdout.lines().last().expect("a line")).expect("an object");
    let findings = done["findings"].as_array().expect("a list").clone();
    assert!(findings.contains(&"shrinking-weights".into()), "{findings:?}");
    assert!(run.stdout.contains(r#""event":"finding","rule":"shrinking-weights""#), "{}", run.stdout);

    // A finished net with its flags and history beside it: the same. Without them: what can be asked.
    let doctor = desk.run(&["doctor", "net.tln", "--data", "images", "--json"]).ok();
    let told: serde_json::Value =
        serde_json::from_str(doctor.stdout.lines().last().expect("a line")).expect("an object");
    assert_eq!(told["findings"], done["findings"]);
    desk.write("alone.tln", desk.read("net.tln"));
    let alone = desk.run(&["doctor", "alone.tln", "--data", "images"]).ok().stdout;
    assert!(alone.contains("not asked") && alone.contains("shrinking-weights"), "{alone}");
    // The flags say which data; without them the command line must.
    let doctor = desk.run(&["doctor", "net.tln"]).ok().stdout;
    assert!(doctor.contains("shrinking-weights"), "{doctor}");
    assert!(desk.fails(&["doctor", "alone.tln"], 3).contains("--data"));
    desk.fails(&["doctor", "net.tln", "--data", "digits"], 3);
    // A net whose classes have no names: bytes 24 to 27 of a file say how long they are, 28 to 31 how long it is.
    let net = desk.read("net.tln");
    let (names, end) = (u32::from_le_bytes([net[24], net[25], net[26], net[27]]) as usize, net.len() - 4);
    let mut bare = net[..end - names].to_vec();
    bare[24..28].fill(0);
    bare[28..32].copy_from_slice(&((net.len() - names) as u32).to_le_bytes());
    let mut crc = flate2::Crc::new();
    crc.update(&bare);
    bare.extend(crc.sum().to_le_bytes());
    desk.write("bare.tln", bare);
    desk.run(&["doctor", "bare.tln", "--data", "images"]).ok();
    desk.write("two.csv", (0..20).map(|i| format!("{}{}\n", "1,".repeat(3072), i % 2)).collect::<String>());
    let line = desk.fails(&["doctor", "bare.tln", "--data", "two.csv"], 3);
    assert!(line.contains("bare.tln: the net has 10 classes without names, two.csv has 2; give"), "{line}");
}

/// Below 100 validation rows the gap says nothing, and `doctor` and `train` say so.
#[test]
fn too_few_validation_rows_are_told() {
    let desk = Desk::new();
    let unasked = |args: &[&str]| -> serde_json::Value {
        let json = desk.run(&[args, &["--json"]].concat()).ok().stdout;
        serde_json::from_str(json.lines().last().expect("a line")).expect("an object")
    };
    let trained = desk.train(&["--report", "r.html"]).ok().stdout;
    let page = String::from_utf8(desk.read("r.html")).expect("UTF-8");
    for told in [trained, page, desk.run(&["doctor", "net.tln"]).ok().stdout] {
        assert!(told.contains("for want of validation rows (12, wanted 100): wide-gap, no-gap"), "{told}");
        assert!(!told.contains("nothing found by 13 rules"), "{told}");
    }
    let gap: serde_json::Value = ["wide-gap", "no-gap"].as_slice().into();
    let told = unasked(&["doctor", "net.tln"]);
    assert_eq!((&told["unasked"], &told["val_rows"]), (&gap, &12.into()));
    assert_eq!(unasked(&["train", "--data", "table.csv", "--epochs", "1"])["unasked"], gap);

    let train = ["train", "--data", "digits", "--epochs", "1", "--out", "digits.tln"];
    let trained = desk.run(&train).ok().stdout;
    for told in [trained, desk.run(&["doctor", "digits.tln"]).ok().stdout] {
        assert!(!told.contains("validation rows"), "{told}");
    }
    let none: serde_json::Value = Vec::<String>::new().into();
    assert_eq!((&unasked(&["doctor", "digits.tln"])["unasked"], &unasked(&train)["unasked"]), (&none, &none));
}

/// A sorted table whose last rows are held back.
#[test]
fn classes_that_no_validation_row_is_of() {
    let mut case = Case::healthy();
    has_not(&case, "unjudged-classes");
    case.val.retain(|row| row % 2 == 1);
    has(&case, "unjudged-classes");
    // Nobody has trained on the other class either.
    case.train.retain(|row| row % 2 == 1);
    has_not(&case, "unjudged-classes");
}

/// The order of rows does not matter to the doctor's settings.
#[test]
fn presets_have_no_rule_of_their_own() {
    let mut case = Case::healthy();
    case.settings.order = Order::Replacement;
    assert_eq!(case.examine(), []);
}
