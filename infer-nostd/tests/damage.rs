//! Damaged, cut and invented files: every one is refused, none makes the reader panic.

mod common;

use common::{Parts, Random, digits, seal};
use infer_nostd::{Error, Net};

#[test]
fn every_truncation_and_every_extension() {
    for file in [Parts::example().file(), digits().file()] {
        for len in 0..file.len() {
            let needed = if len < 32 { 32 } else { file.len() };
            assert_eq!(Net::from_bytes(&file[..len]).err(), Some(Error::Length { needed, got: len }));
        }
        for more in 1..=64 {
            for filler in [0, 0xFF] {
                let mut longer = file.clone();
                longer.resize(file.len() + more, filler);
                let error = Error::Length { needed: file.len(), got: longer.len() };
                assert_eq!(Net::from_bytes(&longer).err(), Some(error));
            }
        }
    }
}

#[test]
fn every_single_bit_flip() {
    for mut file in [Parts::example().file(), digits().file()] {
        for bit in 0..8 * file.len() {
            file[bit / 8] ^= 1 << (bit % 8);
            let error = Net::from_bytes(&file).err();
            assert!(error.is_some(), "bit {bit} of {} bytes", file.len());
            assert_eq!(Net::compiled_in(&file).err(), error, "the compiler's way, bit {bit}");
            file[bit / 8] ^= 1 << (bit % 8);
        }
        assert!(Net::from_bytes(&file).is_ok());
    }
}

/// Whatever the bytes: an error, or a net that can be used. Headers with sizes of every magnitude and all their
/// relations right, bodies of noise, checksums put right: the deepest paths are reached.
#[test]
fn invented_files_never_panic() {
    let mut random = Random(11);
    let (mut nets, mut scratch) = (0, vec![0.0; 4096]);
    for _ in 0..300_000 {
        let mut file = invented(&mut random);
        if random.below(8) > 0 && file.len() >= 36 {
            seal(&mut file);
        }
        let _ = Net::file_len(&file);
        let read = Net::from_bytes(&file);
        assert_eq!(Net::compiled_in(&file).err(), read.err(), "the compiler's way");
        if let Ok(net) = read {
            nets += 1;
            let row = vec![0u8; net.d()];
            assert!(net.classify(&row[..], &mut scratch[..]).unwrap() < net.c());
            let _ =
                (net.check_names(), net.class_name(0), net.class_name(net.c()), net.class_name(usize::MAX));
        }
    }
    assert!(nets > 1_000, "only {nets} of the files got through: the generator is too wild");
}

/// A file that is right but for one to three changes, or a header of invented sizes over noise.
fn invented(random: &mut Random) -> Vec<u8> {
    let sizes = [1 + random.below(5), 1 + random.below(5), 1 + random.below(4)];
    let mut net = Parts::random(sizes[0], sizes[1], sizes[2], random.below(2), random.bits());
    if random.below(2) == 0 {
        net = net.named(&["a", "bb", "ccc", "dddd"][..sizes[2]]);
    }
    let mut file = net.file();
    for _ in 0..random.below(4) {
        match random.below(4) {
            0 => file[random.below(32)] = random.bits() as u8,
            1 => {
                let field = 8 + 4 * random.below(6);
                let size = (random.bits() as u32) >> random.below(32);
                file[field..field + 4].copy_from_slice(&size.to_le_bytes());
            }
            2 => {
                let at = random.below(file.len());
                file[at] = random.bits() as u8;
            }
            _ => file.resize(36 + random.below(file.len()), random.bits() as u8),
        }
        if file.len() < 36 {
            break;
        }
    }
    file
}

#[test]
fn noise_never_panics() {
    let mut random = Random(12);
    for _ in 0..200_000 {
        let len = random.below(200);
        let mut file = random.bytes(len);
        if len >= 8 && random.below(2) == 0 {
            file[..8].copy_from_slice(b"TLN\0\x02\0\0\0");
        }
        assert!(Net::from_bytes(&file).is_err());
        let _ = Net::file_len(&file);
    }
}
