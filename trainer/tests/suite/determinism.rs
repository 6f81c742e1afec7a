//! Same seed, same data: the same net file, byte for byte, for any number of threads and any instruction set.

use kernels::Isa;
use model::Engine;
use trainer::dataset::OpenOptions;
use trainer::export;
use trainer::pool::Pool;
use trainer::prepare::Prepared;
use trainer::preset::{Choice, Preset};
use trainer::train::{Length, train};

use crate::common::Desk;

/// The net file of a short training on the digits, with steps large enough to be divided among threads
/// (2500 rows of 64 inputs, 160 hidden units: 25 million multiply-adds, enough for five).
fn digits(isa: Isa, threads: usize, seed: u64) -> Vec<u8> {
    let mut choice = Preset::Default.choice();
    choice.settings.hidden = 160;
    choice.settings.batch_size = 2500;
    choice.settings.length = Length::Iterations(5);
    choice.settings.seed = seed;
    let data = Prepared::load("digits", &OpenOptions::default(), &choice).expect("data");
    let pool = Pool::new(threads).expect("threads");
    let engine = Engine { isa, pool: &pool };
    let (part, val) = (data.train().expect("rows"), data.val().expect("rows"));
    let trained = pool.run(|| train(engine, part, val, &choice.settings, &mut |_| ())).expect("a net");
    export::to_bytes(&trained.net, data.normalization(), &data.data().classes).expect("a file")
}

#[test]
fn any_threads_and_any_instruction_set_give_the_same_file() {
    let expected = digits(Isa::PORTABLE, 1, 1);
    for isa in Isa::available() {
        for threads in [1, 2, 3, 5] {
            assert!(digits(isa, threads, 1) == expected, "{isa} with {threads} threads gives another net");
        }
    }
}

#[test]
fn the_binary_keeps_the_promise_too() {
    let desk = Desk::new();
    let isas: Vec<&str> = Isa::available().map(Isa::name).collect();
    let settings = ["--epochs", "1", "--batch-size", "2500", "--hidden", "96"];
    let mut files = Vec::new();
    for (i, threads) in ["1", "2", "3"].into_iter().enumerate() {
        let isa = isas[i % isas.len()];
        desk.run(&[&settings[..], &["--isa", isa, "--threads", threads]].concat()).ok();
        files.push(desk.read("net.tln"));
    }
    assert!(files[0] == files[1] && files[1] == files[2]);
}

/// The checksum of a net of which every setting is given: the same on every machine, and in every version until a
/// change of the arithmetic, of the draws or of the format is meant and told in CHANGELOG.md.
#[test]
fn a_seed_gives_the_same_net_for_ever() {
    let desk = Desk::new();
    let settings = "--hidden 6 --learning-rate 0.25 --learning-rate-decay 0.5 --reg 1e-3 --batch-size 20 --epochs 5 \
                    --val-fraction 0.2 --split stratified --seed 1";
    desk.run(&[&["--data", "table.csv"][..], &settings.split_whitespace().collect::<Vec<_>>()].concat()).ok();
    let file = desk.read("net.tln");
    let (_, checksum) = file.split_last_chunk().expect("a checksum");
    assert_eq!(format!("{:08x}", u32::from_le_bytes(*checksum)), "fe5f2fa7");
}

#[test]
fn another_seed_gives_another_net() {
    assert!(digits(Isa::best(), 1, 1) != digits(Isa::best(), 1, 2));
}

/// A larger net draws more weights; the batches stay: each purpose has a stream of its own.
#[test]
fn the_same_rows_are_held_back_whatever_the_net() {
    let mut choice = Preset::Default.choice();
    let rows = |choice: &Choice| {
        let data = Prepared::load("digits", &OpenOptions::default(), choice).expect("data");
        (data.train().expect("rows").rows.to_vec(), data.val().expect("rows").expect("rows").rows.to_vec())
    };
    let expected = rows(&choice);
    choice.settings.hidden = 7;
    choice.settings.batch_size = 9;
    assert_eq!(rows(&choice), expected);
    choice.settings.seed += 1;
    assert_ne!(rows(&choice), expected);
}
