//! The list of instruction sets.

mod common;

use kernels::Isa;

#[test]
fn portable_is_first_and_best_is_last() {
    let all: Vec<Isa> = Isa::available().collect();
    assert_eq!(all[0], Isa::PORTABLE);
    assert_eq!(all.last(), Some(&Isa::best()));
    assert_eq!(Isa::default(), Isa::best());
    assert!(Isa::available().eq(all), "a second look finds the same");
}

#[test]
fn names_are_unique_known_and_lead_back() {
    let names: Vec<&str> = Isa::available().map(Isa::name).collect();
    for (i, name) in names.iter().enumerate() {
        assert!(["portable", "avx2", "avx512", "neon"].contains(name), "{name}");
        assert!(!names[..i].contains(name), "{name} twice");
        assert_eq!(Isa::named(name).map(Isa::name), Some(*name));
    }
    let times: std::collections::HashMap<Isa, &str> = Isa::available().map(|isa| (isa, isa.name())).collect();
    assert_eq!(times.len(), names.len());
    assert_eq!(times[&Isa::best()], Isa::best().name());
}

#[test]
fn other_names_find_nothing() {
    for name in ["", "Portable", "avx", "avx2 ", " avx2", "best", "avx512f"] {
        assert_eq!(Isa::named(name), None, "{name:?}");
    }
}

#[test]
fn it_prints_as_its_name() {
    assert_eq!(format!("{}|{:>10}|{:?}", Isa::PORTABLE, Isa::PORTABLE, Isa::PORTABLE), {
        "portable|  portable|Isa(portable)"
    });
}

/// NEON is taken where the target has it; on x86-64 detection must agree with std's.
#[test]
fn detection_agrees_with_std() {
    let has = |name| Isa::named(name).is_some();
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::is_x86_feature_detected as std_has;
        let avx2 = std_has!("avx2") && std_has!("fma");
        assert_eq!(has("avx2"), avx2);
        assert_eq!(has("avx512"), avx2 && std_has!("avx512f"));
    }
    let neon = cfg!(all(target_arch = "aarch64", target_endian = "little", target_feature = "neon"));
    assert_eq!(has("neon"), neon);
}

/// Four threads that ask at once find the same.
#[test]
fn detection_is_the_same_from_every_thread() {
    let want = Isa::best();
    std::thread::scope(|scope| {
        let asked: Vec<_> = (0..4).map(|_| scope.spawn(Isa::best)).collect();
        assert!(asked.into_iter().all(|t| t.join().unwrap() == want));
    });
}

/// Fails, and does not pass in silence, where `KERNELS_ISA` names what this machine lacks.
#[test]
fn the_run_has_what_was_asked_for() {
    assert!(!common::isas().is_empty());
}
