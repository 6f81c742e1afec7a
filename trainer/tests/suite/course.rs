//! The course preset: its numbers, and its loop.

use trainer::batches::Order;
use trainer::dataset::OpenOptions;
use trainer::prepare::Prepared;
use trainer::preset::{Preset, Split};
use trainer::train::{Length, train};

use crate::common::{Desk, cifar};

#[test]
fn the_preset_is_the_notebooks() {
    let choice = Preset::Course.choice();
    let settings = choice.settings;
    assert_eq!((settings.hidden, settings.batch_size, settings.length), (36, 1000, Length::Iterations(500)));
    assert_eq!((settings.learning_rate, settings.learning_rate_decay), (1e-2, 0.95));
    assert_eq!((settings.reg, settings.std, settings.order), (0.25, Some(1e-4), Order::Replacement));
    assert_eq!((choice.val_fraction, choice.split), (0.2, Split::Last));
}

/// Records and decay right after steps 1, 1 + E, 1 + 2E, …, E = ⌊N/B⌋.
#[test]
fn the_loop_is_the_courses() {
    let desk = Desk::new();
    desk.write("images/data_batch_1.bin", cifar(60));
    let mut choice = Preset::Course.choice();
    choice.settings.batch_size = 15; // of 48 rows: three batches an epoch
    choice.settings.length = Length::Iterations(8);
    let data = Prepared::load(desk.path("images").to_str().expect("UTF-8"), &OpenOptions::default(), &choice)
        .expect("data");
    assert!(data.train().expect("rows").rows.iter().eq(0..48));
    assert!(data.val().expect("rows").expect("a fifth").rows.iter().eq(48..60));

    let train_part = data.train().expect("rows");
    let trained =
        train(model::Engine::default(), train_part, data.val().expect("rows"), &choice.settings, &mut |_| ());
    let history = trained.expect("a net").history;
    let records: Vec<(usize, usize)> = history.epochs.iter().map(|e| (e.iterations, e.train.rows)).collect();
    assert_eq!(records, [(1, 15), (4, 15), (7, 15)]);
    let (mut rate, mut rates) = (1e-2, Vec::new());
    for step in 1..=8 {
        rates.push(rate);
        if step % 3 == 1 {
            rate *= 0.95;
        }
    }
    assert_eq!(history.rates, rates);
    assert_eq!(history.losses.len(), 8);
}

#[test]
fn inputs_are_divided_by_255_less_the_mean_colour_of_the_training_part() {
    let desk = Desk::new();
    let bytes = cifar(60);
    desk.write("images/data_batch_1.bin", &bytes);
    let choice = Preset::Course.choice();
    let data = Prepared::load(desk.path("images").to_str().expect("UTF-8"), &OpenOptions::default(), &choice)
        .expect("data");
    let normalization = data.normalization();
    assert_eq!(normalization.scale().iter().collect::<Vec<_>>(), [1.0 / 255.0; 3]);
    for plane in 0..3 {
        let pixels = bytes.chunks(3073).take(48).flat_map(|image| &image[1 + plane * 1024..][..1024]);
        let sum: u64 = pixels.map(|&x| u64::from(x)).sum();
        assert_eq!(normalization.mean().get(plane), (sum as f64 / (48.0 * 1024.0)) as f32, "plane {plane}");
    }
}

#[test]
fn flags_override_the_preset() {
    let desk = Desk::new();
    desk.write("images/data_batch_1.bin", cifar(60));
    let args =
        ["--data", "images", "--preset", "course", "--num-iters", "3", "--batch-size", "5", "--hidden", "4"];
    let run = desk.run(&[&args[..], &["--learning-rate", "1", "--json"]].concat()).ok();
    let lines: Vec<serde_json::Value> =
        run.stdout.lines().map(|line| serde_json::from_str(line).expect("an object")).collect();
    assert_eq!((&lines[0]["h"], &lines[0]["val_rows"]), (&4.into(), &12.into()));
    assert_eq!(lines[1]["learning_rate"], 1.0);
    assert_eq!(lines.last().expect("a line")["iterations"], 3);
}
