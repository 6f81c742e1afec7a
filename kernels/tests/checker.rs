//! The tests' own tools, tested: a comparison that cannot fail would make all the other tests worthless.

mod common;

use std::hint::black_box;

use common::matrix::{Layout, Output, Stored};
use common::tail::{Strided, Tail, Target};
use common::{Rng, Values, assert_panics, assert_same_bits, panic_of, requested, same};
use kernels::Mat;

#[test]
fn one_flipped_bit_is_found_wherever_it_is() {
    let mut rng = Rng::new(1);
    let want = Values::Uniform.vec(&mut rng, 40);
    assert_same_bits(&want, &want, format_args!(""));
    for i in 0..want.len() {
        for bit in 0..32 {
            let mut got = want.clone();
            got[i] = f32::from_bits(got[i].to_bits() ^ 1 << bit);
            assert_panics(&format!("element {i} of 40 is"), || {
                assert_same_bits(&got, &want, format_args!("isa, shape"));
            });
        }
    }
}

#[test]
fn the_report_names_context_index_and_both_bit_patterns() {
    let (message, _) = panic_of(|| assert_same_bits(&[0.0f32, 1.0], &[0.0, 1.5], format_args!("avx2 1 x 2")));
    assert_eq!(message, "avx2 1 x 2: element 1 of 2 is 1.0 (0x3f800000), want 1.5 (0x3fc00000)");
}

#[test]
fn only_payloads_of_nans_are_free() {
    let (nan, other) = (f32::NAN, f32::from_bits(0xffc0_1234));
    assert!(same(nan, other) && same(f64::NAN, -f64::NAN));
    for number in [0.0, 1.0, f32::INFINITY, f32::NEG_INFINITY] {
        assert!(!same(nan, number) && !same(number, nan) && same(number, number));
    }
    assert!(!same(0.0f32, -0.0) && !same(-0.0f32, 0.0));
    assert!(!same(0.0f64, -0.0) && !same(f64::NAN, 0.0));
    assert!(!same(1.0f64, 1.0 + f64::EPSILON));
}

#[test]
fn a_missing_element_is_found() {
    assert_panics("2 elements, want 3", || assert_same_bits(&[1.0, 1.0], &[1.0; 3], format_args!("")));
}

#[test]
fn a_write_between_or_behind_rows_is_found() {
    let (want, row_stride) = ([1.0f32; 6], 3 + 2);
    for at in [3, 4, row_stride + 3, row_stride + 4] {
        let mut output = Output::new(2, 3, 2, Some(&want));
        output.assert_is(&want, format_args!(""));
        let part = output.view();
        assert_eq!((part.rows(), part.cols(), part.row_stride()), (2, 3, row_stride));
        output.poke(at, f32::NAN);
        assert_panics(&format!("written behind row {}", at / row_stride), || {
            output.assert_is(&want, format_args!(""));
        });
    }
}

#[test]
fn a_closure_that_returns_does_not_pass_for_a_panic() {
    assert_panics("it must panic, it returned", || assert_panics("", || {}));
    assert_panics("the panic says 'a', want 'b'", || assert_panics("b", || panic!("a")));
    // Raised in a file of std.
    assert_panics("want the line of the call", || {
        assert_panics("step != 0", || _ = (0..3).step_by(black_box(0)))
    });
}

#[test]
fn every_layout_reads_its_own_elements_only() {
    for (rows, cols) in [(0, 0), (0, 3), (3, 0), (1, 1), (1, 5), (5, 1), (4, 3)] {
        let values: Vec<f32> = (0..rows * cols).map(|x| x as f32).collect();
        for layout in Layout::ALL {
            let stored = Stored::new(layout, rows, cols, &values);
            let view = stored.view();
            assert_eq!((view.rows(), view.cols()), (rows, cols));
            for i in 0..rows {
                for j in 0..cols {
                    assert_eq!(view.get(i, j), (i * cols + j) as f32, "{layout:?} ({i}, {j})");
                }
            }
        }
    }
}

/// A wrong number, a NaN, a number in place of a NaN, a write before or between the rows: all are found, in every stride.
#[test]
fn one_changed_element_of_a_target_is_found_wherever_it_is() {
    let mut rng = Rng::new(3);
    let want: Vec<f32> = vec![1.0, 2.0, f32::NAN, 4.0, 5.0, 6.0];
    let (mut before, mut between) = (0, 0);
    for _ in 0..100 {
        let mut good = Target::new(2, 3, Some(&want), &mut rng);
        good.assert_is(&want, format_args!(""));
        let (front, stride) = (good.front(), good.view().row_stride());
        for at in 0..front + stride + 3 {
            for x in [7.0, f32::NAN] {
                let inside = at.checked_sub(front).map(|at| (at / stride, at % stride));
                if x.is_nan() && inside == Some((0, 2)) {
                    continue; // it is one
                }
                let mut bad = good.clone();
                bad.poke(at, x);
                let (message, _) = panic_of(|| bad.assert_is(&want, format_args!("context")));
                assert!(message.starts_with("context: "), "{message}");
                before += usize::from(inside.is_none());
                between += usize::from(inside.is_some_and(|(_, j)| j >= 3));
            }
        }
    }
    assert!(before > 0 && between > 0, "the draws never have a gap");
}

#[test]
fn a_write_before_a_vector_is_found() {
    let mut rng = Rng::new(4);
    let mut behind = 0;
    for _ in 0..50 {
        let mut tail = Tail::of(&[1.0, f32::NAN], &mut rng);
        tail.assert_is(&[1.0, f32::NAN], format_args!(""));
        assert_panics("element 1 of 2", || tail.assert_is(&[1.0, 1.0], format_args!("")));
        assert_panics("element 0 of 2", || tail.assert_is(&[f32::NAN; 2], format_args!("")));
        if tail.front() > 0 {
            behind += 1;
            tail.poke(tail.front() - 1, f32::NAN);
            assert_panics("written before", || tail.assert_is(&[1.0, f32::NAN], format_args!("")));
        }
    }
    assert!(behind > 0);
}

#[test]
fn strided_matrices_end_where_their_allocation_ends() {
    let mut rng = Rng::new(5);
    for (rows, cols) in [(0, 3), (3, 0), (1, 1), (1, 5), (5, 1), (4, 3)] {
        let values: Vec<f32> = (0..rows * cols).map(|x| x as f32).collect();
        for _ in 0..50 {
            let stored = Strided::new(&values, rows, cols, &mut rng);
            let view = stored.view();
            assert_eq!((view.rows(), view.cols()), (rows, cols));
            let all = (0..rows).flat_map(|i| (0..cols).map(move |j| view.get(i, j)));
            assert!(all.eq(values.iter().copied()));
            let behind = Mat::try_with_strides(
                stored.elements(),
                rows,
                cols + 1,
                view.row_stride(),
                view.col_stride(),
            );
            assert!(rows * cols == 0 || behind.is_err(), "there is room behind the last element");
        }
    }
}

#[test]
fn an_instruction_set_that_is_asked_for_and_missing_is_an_error() {
    assert_eq!(requested("portable").unwrap(), [kernels::Isa::PORTABLE]);
    assert_eq!(requested("portable, portable").unwrap().len(), 2);
    for list in ["sse9", "portable,sse9", "", "portable,"] {
        let error = requested(list).unwrap_err();
        assert!(error.contains("this machine has portable"), "{list}: {error}");
    }
    // Each instruction set of other processors is missing here, and so must be refused by name.
    let foreign: &[&str] = if cfg!(target_arch = "x86_64") { &["neon"] } else { &["avx2", "avx512"] };
    for name in foreign {
        assert!(requested(name).unwrap_err().contains(&format!("asks for '{name}'")));
    }
}

/// The classes hold what their names promise: a generator that never draws −0 would test nothing with it.
#[test]
fn the_generator_draws_what_it_promises() {
    let mut rng = Rng::new(2);
    let drawn = |values: Values, rng: &mut Rng| values.vec(rng, 100_000);
    let bits = drawn(Values::Bits, &mut rng);
    for (name, is) in [
        ("+0", (|x| x.to_bits() == 0) as fn(&f32) -> bool),
        ("-0", |x| x.to_bits() == 1 << 31),
        ("a positive subnormal", |x| x.is_subnormal() && *x > 0.0),
        ("a negative subnormal", |x| x.is_subnormal() && *x < 0.0),
        ("+infinity", |x| *x == f32::INFINITY),
        ("-infinity", |x| *x == f32::NEG_INFINITY),
    ] {
        assert!(bits.iter().any(is), "Bits never draws {name}");
    }
    assert!(!bits.iter().any(|x| x.is_nan()), "Bits draws NaN");
    for exponent in 1..255 {
        assert!(
            bits.iter().any(|x| x.to_bits() >> 23 & 255 == exponent),
            "never 2^{}",
            exponent as i32 - 127
        );
    }
    let special = drawn(Values::Special, &mut rng);
    for want in common::SPECIAL {
        assert!(special.iter().any(|&x| same(x, want)), "Special never draws {want:?}");
    }
    let integers = drawn(Values::Integers, &mut rng);
    assert!(integers.iter().all(|x| x.fract() == 0.0 && x.abs() <= 4.0));
    let wide = drawn(Values::Wide, &mut rng);
    assert!(wide.iter().all(|x| x.is_normal() && x.abs() < 2f32.powi(63) && x.abs() >= 2f32.powi(-63)));
    let uniform = drawn(Values::Uniform, &mut rng);
    assert!(uniform.iter().all(|x| (-1.0..1.0).contains(x)));
}
