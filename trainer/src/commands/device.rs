//! What a net costs on small processors, from the figures that `infer-nostd/firmware/check` measured: `table.txt`.

/// Lines of a kind, a key and a number.
const TABLE: &str = include_str!("../../../infer-nostd/firmware/table.txt");

/// The processor with a model of its cycles.
const M4F: &str = "thumbv7em-none-eabihf";

/// Targets of the table, and what people call them.
const TARGETS: [(&str, &str); 4] = [
    (M4F, "Cortex-M4F"),
    ("thumbv7m-none-eabi", "Cortex-M3"),
    ("thumbv6m-none-eabi", "Cortex-M0"),
    ("riscv32imc-unknown-none-elf", "RV32IMC"),
];

/// The number of a line that starts with these words.
fn figure(words: &str) -> Option<f64> {
    TABLE.lines().find_map(|line| {
        let line = line.split_whitespace().collect::<Vec<_>>();
        let (number, key) = (line.get(line.len().checked_sub(2)?)?, &line[..line.len() - 2]);
        (key.join(" ") == words).then(|| number.parse().ok())?
    })
}

/// The largest of the three opt-levels.
fn worst(kind: &str, target: &str, what: &str) -> Option<f64> {
    let figures = ["3", "s", "z"].map(|level| figure(&format!("{kind} {target} {level} {what}")));
    figures.into_iter().try_fold(0.0, |worst: f64, figure| Some(worst.max(figure?)))
}

/// Cycles for `size` multiply-adds (or bytes): the line through the two nets that were measured.
fn cycles(what: &str, size: f64, sizes: [f64; 2]) -> Option<f64> {
    let [small, large] = [
        worst("cycles", M4F, &format!("64-32-10 {what}"))?,
        worst("cycles", M4F, &format!("784-128-10 {what}"))?,
    ];
    Some(small + (large - small) / (sizes[1] - sizes[0]) * (size - sizes[0]))
}

/// The nets that were measured: D, H, C.
const MEASURED: [[usize; 3]; 2] = [[64, 32, 10], [784, 128, 10]];

/// Multiply-adds of a row.
fn macs([d, h, c]: [usize; 3]) -> f64 {
    (d * h + h * c) as f64
}

/// Lines for people, of a net of f32: flash and RAM for each target, time for the one whose cycles are modelled.
pub(super) fn estimate([d, h, c]: [usize; 3], file: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for (target, name) in TARGETS {
        let (Some(compiled_in), Some(received)) =
            (worst("flash", target, "classify"), worst("flash", target, "receive"))
        else {
            continue;
        };
        lines.push(format!(
            "{name:<14} flash {file} for the net, {compiled_in} for code ({received} for a net received at run time)"
        ));
    }
    let bytes_of = MEASURED.map(|[d, h, c]| (36 + 4 * ((d + 1) * h + (h + 1) * c)) as f64);
    let inference = |what| cycles(what, macs([d, h, c]), MEASURED.map(macs));
    if let (Some(scores), Some(received), Some(bytes), Some(check), Some(stack)) = (
        inference("f32, compiled in"),
        inference("f32, at run time"),
        inference("u8 normalised, compiled in"),
        cycles("read and check at run time", file as f64, bytes_of),
        worst("stack", M4F, "784-128-10 class and probabilities"),
    ) {
        lines.push(format!(
            "on Cortex-M4F  RAM {} for scratch and at most {stack} of stack; {scores:.0} cycles an inference of f32 (a model): \
             {:.2} ms at 64 MHz, {:.2} received, {:.2} of normalised bytes; the check of a received net {:.1} ms",
            4 * (h + c),
            scores / 64e3,
            received / 64e3,
            bytes / 64e3,
            check / 64e3
        ));
    }
    lines
}

/// The same of a net of int8 that takes bytes: compiled in, and the class alone.
pub(super) fn estimate8(sizes: [usize; 3], file: usize, scratch: usize) -> Vec<String> {
    let flash = |(target, name)| {
        let code = worst("flash", target, "classify8")?;
        Some(format!("{name:<14} flash {file} for the net, {code} for code"))
    };
    let mut lines: Vec<_> = TARGETS.into_iter().filter_map(flash).collect();
    if let (Some(class), Some(stack)) = (
        cycles("int8, class of bytes", macs(sizes), MEASURED.map(macs)),
        worst("stack", M4F, "784-128-10 int8, class of bytes"),
    ) {
        lines.push(format!(
            "on Cortex-M4F  RAM {scratch} for scratch and at most {stack} of stack; {class:.0} cycles a class of bytes (a model): \
             {:.2} ms at 64 MHz",
            class / 64e3
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{M4F, MEASURED, estimate, estimate8, figure};

    #[test]
    fn the_nets_that_were_measured_get_their_own_figures() {
        for (net, sizes) in ["64-32-10", "784-128-10"].into_iter().zip(MEASURED) {
            let [d, h, c] = sizes;
            let kinds = [
                (estimate(sizes, 36 + 4 * ((d + 1) * h + (h + 1) * c)), "f32, compiled in", "classify"),
                (estimate8(sizes, 2896, 176), "int8, class of bytes", "classify8"),
            ];
            for (lines, what, program) in kinds {
                assert_eq!(lines.len(), 5);
                let levels = ["3", "s", "z"];
                let cycles = levels.map(|level| {
                    figure(&format!("cycles {M4F} {level} {net} {what}")).expect("a line of table.txt")
                });
                let worst = cycles.into_iter().fold(0.0, f64::max);
                assert!(lines[4].contains(&format!(" {worst} cycles")), "{}", lines[4]);
                let code = levels.map(|level| {
                    figure(&format!("flash {M4F} {level} {program}")).expect("a line of table.txt")
                });
                let code = code.into_iter().fold(0.0, f64::max);
                assert!(lines[0].contains(&format!(" {code} for code")), "{}", lines[0]);
            }
        }
    }
}
