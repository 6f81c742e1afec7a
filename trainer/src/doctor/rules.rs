//! The rules: each looks at the numbers and speaks up, or does not. Thresholds are those of the table in [`super`].

use super::Finding;
use super::measure::{Measures, Right};
use crate::wording::{advised, agreeing, counted, fixed};

/// A rule.
pub type Rule = fn(&Measures) -> Option<Finding>;

/// All of them, the most serious first.
pub const ALL: [Rule; 13] = [
    non_finite,
    one_class,
    shrinking_weights,
    no_loss_drop,
    rising_loss,
    dead_units,
    step_size,
    wide_gap,
    no_gap,
    inputs,
    balance,
    unjudged_classes,
    constant_columns,
];

/// Validation rows that the rules of the gap need.
pub const GAP_ROWS: usize = 100;
/// The largest penalty that is worth a try where it was too strong.
const GENTLE_REG: f64 = 1e-3;
/// The smallest rate that is worth a try where steps were too short.
const BRISK_RATE: f64 = 0.1;

fn finding(rule: &'static str, what: String, advice: impl Into<String>) -> Option<Finding> {
    Some(Finding { rule, what, advice: advice.into() })
}

/// A number that is no number.
pub fn non_finite(m: &Measures) -> Option<Finding> {
    let step = m.history.as_ref().and_then(|h| h.losses.iter().position(|loss| !loss.is_finite()));
    let what = match step {
        Some(step) => format!("the loss of step {} is not finite", step + 1),
        None if !m.finite => "a weight is not finite".into(),
        None => return None,
    };
    finding("non-finite", what, "a tenth of --learning-rate, then of --reg")
}

/// Everything is taken for one class.
pub fn one_class(m: &Measures) -> Option<Finding> {
    let total = m.confusion.total();
    let class = (0..m.confusion.classes()).max_by_key(|&class| m.confusion.predicted(class))?;
    let (predicted, labelled) = (m.confusion.predicted(class), m.confusion.labelled(class));
    if predicted * 100 < total * 99 || labelled * 10 >= total * 9 {
        return None;
    }
    let part = m.val.unwrap_or(m.train);
    let sample = if part.seen < part.rows { " of a sample" } else { "" };
    let what = format!(
        "{predicted} of {}{sample} {} taken for \"{}\", {labelled} {} of it ({})",
        counted(total, "row"),
        agreeing(&predicted, "is", "are"),
        m.classes[class],
        agreeing(&labelled, "is", "are"),
        percent(labelled, total)
    );
    finding(
        "one-class",
        what,
        what_moves(m).unwrap_or_else(|| "another --learning-rate; look at the other findings".into()),
    )
}

/// The penalty wins.
pub fn shrinking_weights(m: &Measures) -> Option<Finding> {
    let (settings, start) = (m.settings?, m.start?);
    let penalty = 2.0 * settings.reg * start.weights;
    if m.end.weights >= 0.9 * start.weights || penalty <= start.data {
        return None;
    }
    let what = format!(
        "the norm of the weights fell from {:.3e} to {:.3e}: at the start the penalty's gradient 2*lambda*W is {penalty:.2e} \
         long, the data's {:.2e}, {:.0} times less: only the penalty is minimised",
        start.weights,
        m.end.weights,
        start.data,
        penalty / start.data
    );
    finding("shrinking-weights", what, what_moves(m).unwrap_or_else(|| gentle_reg(m)))
}

/// The first epoch brings nothing.
pub fn no_loss_drop(m: &Measures) -> Option<Finding> {
    let losses = &m.history.as_ref()?.losses;
    let steps = m.per_epoch.max(30).min(losses.len());
    if steps < 10 {
        return None;
    }
    let losses = &losses[..steps];
    // Ten steps at least, where there are so many: one batch's loss says little.
    let part = (steps / 10).max(10.min(steps / 3));
    let (first, last) = (mean(&losses[..part]), mean(&losses[steps - part..]));
    // Below a hundredth of a nat nothing is left to drop.
    if last < 0.99 * first || first < 0.01 {
        return None;
    }
    // A fall by a tenth could hide in what the two means differ by though nothing moves.
    if 2.0 * step_noise(losses) * (2.0 / part as f64).sqrt() > 0.1 * first {
        return None;
    }
    let when = if steps == m.per_epoch { "in the first epoch, of" } else { "in the first" };
    let what = format!(
        "the loss went from {} to {} {when} {}",
        fixed(first, 4),
        fixed(last, 4),
        counted(steps, "step")
    );
    finding(
        "no-loss-drop",
        what,
        what_moves(m).unwrap_or_else(|| "ten times or a tenth of --learning-rate".into()),
    )
}

/// It gets worse.
pub fn rising_loss(m: &Measures) -> Option<Finding> {
    let losses = &m.history.as_ref()?.losses;
    let tenth = losses.len() / 10;
    if tenth < 1 {
        return None;
    }
    let means: Vec<f64> = losses.chunks_exact(tenth).map(mean).collect();
    let (best, least) = means.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1)).map(|(i, &x)| (i, x))?;
    let last = mean(&losses[losses.len() - tenth..]);
    // The two means differ by that much though nothing rises: a tenth of a short training is few steps.
    let error = step_noise(losses) * (2.0 / tenth as f64).sqrt();
    if last <= 1.1 * least + 0.01 || last <= least + 3.0 * error {
        return None;
    }
    let what = format!(
        "the loss rises: {} around step {}, {} in the last {}",
        fixed(least, 4),
        best * tenth + tenth / 2 + 1,
        fixed(last, 4),
        counted(tenth, "step")
    );
    finding("rising-loss", what, "half of --learning-rate, or a smaller --learning-rate-decay")
}

/// Units that do nothing.
pub fn dead_units(m: &Measures) -> Option<Finding> {
    let (dead, all) = m.dead;
    if dead * 10 <= all {
        return None;
    }
    let what = format!(
        "{dead} of {} {} 0 for every one of {}: they neither help nor learn",
        counted(all, "hidden unit"),
        agreeing(&dead, "is", "are"),
        counted(m.sample, "training row")
    );
    finding("dead-units", what, "half of --learning-rate; a smaller --std if one was given")
}

/// Steps that are too short or too long for the weights.
pub fn step_size(m: &Measures) -> Option<Finding> {
    let (settings, (first, last), start) = (m.settings?, m.rates()?, m.start?);
    // A velocity adds up 1/(1 − μ) steps.
    let reach = 1.0 / (1.0 - settings.momentum);
    let (short, long) =
        (first * reach * start.data / start.weights, last * reach * m.end.data / m.end.weights);
    let what = |ratio: f64, when: &str, healthy: &str| {
        format!("at the {when} a step moves the weights by {ratio:.1e} of their norm; {healthy} is usual")
    };
    if short < 1e-5 {
        return finding("step-size", what(short, "start", "1e-4 to 1e-1"), brisk_rate(m));
    }
    if long > 2e-2 {
        let advice = format!("--learning-rate {}", advised(settings.learning_rate / 10.0, 1));
        return finding("step-size", what(long, "end", "1e-5 to 1e-2"), advice);
    }
    None
}

/// It learns by heart.
pub fn wide_gap(m: &Measures) -> Option<Finding> {
    let (train, val) = gap(m)?;
    let (gap, share) = (train.accuracy() - val.accuracy(), val.accuracy());
    let error = (share * (1.0 - share) / val.seen as f64).sqrt();
    if gap <= 0.1 + 2.0 * error {
        return None;
    }
    let what = format!("training accuracy {train}, validation {val}: a gap of {gap:.4} (overfitting)");
    finding("wide-gap", what, "more data, a larger --reg, fewer --hidden, or --patience 5")
}

/// It could learn more.
pub fn no_gap(m: &Measures) -> Option<Finding> {
    let (train, val) = gap(m)?;
    if train.accuracy() > val.accuracy() || train.accuracy() >= 0.9 {
        return None;
    }
    let what = format!("training accuracy {train} is not above validation {val} (underfitting)");
    finding(
        "no-gap",
        what,
        what_moves(m).unwrap_or_else(|| "more --epochs, more --hidden, a larger --learning-rate".into()),
    )
}

/// What the net sees is far from 0 and 1.
pub fn inputs(m: &Measures) -> Option<Finding> {
    let (mean, std) = m.inputs;
    if mean.abs() <= 3.0 && (0.02..=5.0).contains(&std) {
        return None;
    }
    let what =
        format!("inputs have mean {mean:.3} and standard deviation {std:.3}; near 0 and 1 trains best");
    finding("inputs", what, "--normalization standard")
}

/// A class is rare.
pub fn balance(m: &Measures) -> Option<Finding> {
    let most = (0..m.labels.len()).max_by_key(|&class| m.labels[class])?;
    let least = (0..m.labels.len()).min_by_key(|&class| m.labels[class])?;
    let (many, few) = (m.labels[most], m.labels[least]);
    if many <= 5 * few {
        return None;
    }
    let what = format!(
        "{} {} of \"{}\", {few} of \"{}\": accuracy says little of the rare one",
        counted(many, "training row"),
        agreeing(&many, "is", "are"),
        m.classes[most],
        m.classes[least]
    );
    finding("balance", what, "more rows of the rare class; look at its recall, not at the accuracy")
}

/// Classes of which validation knows nothing.
pub fn unjudged_classes(m: &Measures) -> Option<Finding> {
    m.val.filter(|val| val.seen == val.rows)?;
    let trained = |class: &usize| m.labels[*class] > 0;
    let unjudged: Vec<usize> =
        (0..m.labels.len()).filter(trained).filter(|&class| m.confusion.labelled(class) == 0).collect();
    let &first = unjudged.first()?;
    let what = format!(
        "{} of {} classes {} no validation row (the first is \"{}\"): the accuracy says nothing of them",
        unjudged.len(),
        m.labels.len(),
        agreeing(&unjudged.len(), "has", "have"),
        m.classes[first]
    );
    finding("unjudged-classes", what, "--split stratified, a larger --val-fraction, or more rows of them")
}

/// Inputs that tell nothing.
pub fn constant_columns(m: &Measures) -> Option<Finding> {
    let (count, first, all) = m.constant;
    if count == 0 || m.image && count * 2 < all {
        return None;
    }
    let what = format!(
        "{count} of {} {} one value in all training rows (the first is number {})",
        counted(all, "input"),
        agreeing(&count, "has", "have"),
        first + 1
    );
    finding("constant-columns", what, "leave them out: they only cost time and flash")
}

/// What keeps the weights from moving towards the data: a penalty that outweighs them, a rate that is too small, or both.
fn what_moves(m: &Measures) -> Option<String> {
    let (settings, start) = (m.settings?, m.start?);
    let strong = 2.0 * settings.reg * start.weights > start.data;
    let slow = settings.learning_rate < BRISK_RATE;
    match (strong, slow) {
        (true, true) => Some(format!("{} and {}, both: either alone fails", gentle_reg(m), brisk_rate(m))),
        (true, false) => Some(gentle_reg(m)),
        (false, true) => Some(brisk_rate(m)),
        (false, false) => None,
    }
}

/// A rate whose steps move the weights: [`BRISK_RATE`], but where these would be too long at the start, a tenth of the longest usual.
fn brisk_rate(m: &Measures) -> String {
    let at_brisk = m
        .settings
        .zip(m.start)
        .map(|(settings, start)| BRISK_RATE / (1.0 - settings.momentum) * start.data / start.weights);
    let rate = match at_brisk {
        Some(moved) if moved > 0.1 => BRISK_RATE * 1e-2 / moved,
        _ => BRISK_RATE,
    };
    format!("--learning-rate {} or more", advised(rate, 1))
}

/// A penalty that the data outweigh, a power of ten.
fn gentle_reg(m: &Measures) -> String {
    let balanced = m.start.map_or(GENTLE_REG, |start| start.data / (2.0 * start.weights));
    let mut reg = GENTLE_REG;
    while reg > balanced && reg > 1e-8 {
        reg /= 10.0;
    }
    format!("--reg {} or less", advised(reg, 1))
}

/// Training and validation part; None for want of validation rows.
fn gap(m: &Measures) -> Option<(Right, Right)> {
    Some((m.train, m.val.filter(|val| val.seen >= GAP_ROWS)?))
}

/// The standard deviation of a step's loss around its course: from the median change between two steps, which neither the
/// course nor a jump moves much. For normal noise that median is 0.954 deviations.
fn step_noise(losses: &[f32]) -> f64 {
    let mut changes: Vec<f32> = losses.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    if changes.is_empty() {
        return 0.0;
    }
    let middle = changes.len() / 2;
    f64::from(*changes.select_nth_unstable_by(middle, f32::total_cmp).1) / 0.954
}

fn mean(losses: &[f32]) -> f64 {
    losses.iter().copied().map(f64::from).sum::<f64>() / losses.len() as f64
}

fn percent(part: usize, whole: usize) -> String {
    format!("{:.2} %", 100.0 * part as f64 / whole as f64)
}
