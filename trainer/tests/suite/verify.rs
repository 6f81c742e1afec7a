//! The proof at the end of a training: it holds, and it notices a lie.

use model::{Engine, Params};
use trainer::dataset::OpenOptions;
use trainer::prepare::Prepared;
use trainer::preset::Preset;
use trainer::train::{Length, train};
use trainer::verify::verify;
use trainer::{Kind, export};

use crate::common::{Desk, cifar};

/// A net of the digits with its file, and what `verify` says after `change` has been at both.
fn verified(change: impl FnOnce(&mut Params<f32>, &mut Vec<u8>)) -> Result<usize, trainer::Error> {
    let mut choice = Preset::Default.choice();
    choice.settings.length = Length::Iterations(10);
    choice.settings.hidden = 16;
    let data = Prepared::load("digits", &OpenOptions::default(), &choice)?;
    let engine = Engine::default();
    let mut net = train(engine, data.train()?, data.val()?, &choice.settings, &mut |_| ())?.net;
    let mut file = export::to_bytes(&net, data.normalization(), &data.data().classes)?;
    change(&mut net, &mut file);
    verify(engine, &net, data.test()?.expect("digits have a test part"), &file)
}

#[test]
fn every_test_row_is_reproduced() {
    assert_eq!(verified(|_, _| ()), Ok(1797));
}

#[test]
fn one_bit_of_one_weight_is_noticed() {
    let error = verified(|net, _| {
        let bias = &mut net.b2_mut()[3];
        *bias = f32::from_bits(bias.to_bits() ^ 1 << 14);
    });
    let error = error.expect_err("score 3 differs");
    assert_eq!(error.kind(), Kind::Fault);
    assert!(error.message().contains("row 0") && error.message().contains("score 3"), "{error}");
}

#[test]
fn a_file_that_did_not_come_back_whole_is_noticed() {
    let error = verified(|_, file| {
        file.pop();
    });
    assert_eq!(error.expect_err("too short").kind(), Kind::Fault);
    let error = verified(|_, file| file[100] ^= 1);
    assert_eq!(error.expect_err("checksum").kind(), Kind::Fault);
}

#[test]
fn colour_planes_and_plain_numbers_are_reproduced_too() {
    let desk = Desk::new();
    desk.write("images/data.bin", cifar(40));
    desk.write("images/test.bin", cifar(20));
    let run = desk.run(&["--data", "images", "--epochs", "2", "--hidden", "5"]).ok();
    assert!(run.stdout.contains("20 of 20 test rows"), "{}", run.stdout);
    let run = desk.train(&[]).ok();
    assert!(run.stdout.contains("12 of 12 validation rows"), "{}", run.stdout);
}
