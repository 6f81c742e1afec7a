//! Random cases of every operation: sizes, strides, alignments and values drawn, against the reference, bit for bit. Every
//! operand ends where its allocation ends, so `.ci/sanitizers` runs this file to see a read or a write behind the last element.
//!
//! `KERNELS_CASES` says how many cases each test takes (20,000 if it is not set).

mod common;

use common::product::{Kind, Product};
use common::tail::{Strided, Tail, Target};
use common::{Rng, Values, assert_same_bits, isas, one_in};
use kernels::int8::{
    BIAS_MAX, Layer as Layer8, Rescale, Weights, dense_reference as dense8_reference, pack, packed_len,
    quantize, results, try_dense,
};
use kernels::{
    Batch, Epilogue, Floats, Input, Isa, Layer, Mat, MatMut, Momentum, Normalization, Scalar, Source, argmax,
    axpy, column_sums, cross_entropy, cross_entropy_gradient, dense, exp, ln, log_sum_exp, matmul,
    matmul_workspace, momentum_step, pack_layer, reference, relu, relu_backward, sgd_step, softmax,
    softmax_row, sum_of_squares,
};

/// Runs `case` with a generator, as often as `KERNELS_CASES` says.
fn cases(seed: u64, mut case: impl FnMut(&[Isa], &mut Rng)) {
    let count = std::env::var("KERNELS_CASES")
        .map_or(20_000 / one_in(100), |n| n.parse().expect("a number of cases"));
    let (isas, mut rng) = (isas(), Rng::new(seed));
    for i in 0..count {
        let before = format!("case {i} of seed {seed}");
        let guard = Told(&before);
        case(&isas, &mut rng);
        std::mem::forget(guard);
    }
}

/// Says which case it was when a case panics.
struct Told<'a>(&'a str);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        eprintln!("{}", self.0);
    }
}

/// A size from 0 to `most`: half of them small, an eighth at the edges of vectors.
fn size(rng: &mut Rng, most: usize) -> usize {
    match rng.below(8) {
        0..=3 => rng.below(most.min(9) + 1),
        4 => (16 * rng.below(most / 16 + 1) + rng.below(3)).saturating_sub(1).min(most),
        _ => rng.below(most + 1),
    }
}

fn draw(rng: &mut Rng, len: usize) -> Vec<f32> {
    Values::ALL[rng.below(Values::ALL.len())].vec(rng, len)
}

/// The four little-endian bytes of each number, at any alignment.
fn bytes(x: &[f32], rng: &mut Rng) -> Tail<u8> {
    Tail::new(&x.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>(), 0xff, rng)
}

#[test]
fn products() {
    cases(200, |isas, rng| {
        // Few are large enough for blocks and for more than one run of k.
        let most = if rng.below(64) == 0 { (50, 100, 600) } else { (20, 40, 12) };
        let (m, n, k) = (size(rng, most.0), size(rng, most.1), size(rng, most.2));
        let values = Values::ALL[rng.below(5)];
        let p = Product::new(values, (m, n, k), rng);
        let kind = Kind::ALL[rng.below(Kind::ALL.len())];
        let want = p.want(kind);
        let (a, b) = (Strided::new(&p.a, m, k, rng), Strided::new(&p.b, k, n, rng));
        let (mask, bias) = (Strided::new(&p.mask, m, n, rng), Tail::of(&p.bias, rng));
        for &isa in isas {
            let mut c = Target::new(m, n, kind.reads_c().then_some(&p.c), rng);
            let mut workspace = Tail::of(&vec![f32::NAN; matmul_workspace(m, n, k)], rng);
            let epilogue = match kind {
                Kind::Bias => Epilogue::Bias(bias.get()),
                Kind::BiasRelu => Epilogue::BiasRelu(bias.get()),
                Kind::ReluMask => Epilogue::ReluMask(mask.view()),
                Kind::Store => Epilogue::Store,
                Kind::Accumulate => Epilogue::Accumulate,
                Kind::SgdStep => Epilogue::SgdStep { f: p.f, eta: p.eta },
            };
            matmul(isa, a.view(), b.view(), c.view(), epilogue, workspace.get_mut());
            c.assert_is(
                &want,
                format_args!("{isa} {m} x {n} x {k} {kind:?} {values:?} {:?} {:?}", a.view(), b.view()),
            );
        }
    });
}

#[test]
fn dense_layers() {
    cases(201, |isas, rng| {
        let (k, n, relu) = (1 + size(rng, 24), 1 + size(rng, 150), rng.below(2) == 0);
        let (x, w, b) = (draw(rng, k), draw(rng, k * n), draw(rng, n));
        let mut want = vec![f32::NAN; n];
        let epilogue = if relu { Epilogue::BiasRelu(&b) } else { Epilogue::Bias(&b) };
        let out = MatMut::new(&mut want, 1, n);
        reference::matmul(Mat::new(&x, 1, k), Mat::new(&w, k, n), out, epilogue);
        let mut numbers = vec![[0; 4]; (k + 1) * n];
        pack_layer(&w, &b, &mut numbers);
        let numbers = Tail::new(numbers.as_flattened(), 0xff, rng);
        let layer = Layer::new(k, n, numbers.get().as_chunks().0).unwrap();
        for &isa in isas {
            let mut out = Tail::of(&vec![f32::NAN; n], rng);
            dense(isa, Tail::of(&x, rng).get(), &layer, relu, out.get_mut());
            out.assert_is(&want, format_args!("{isa} {k} x {n}, {relu}"));
        }
    });
}

#[test]
fn softmax_and_log_sum_exp() {
    cases(202, |isas, rng| {
        let (rows, cols) = (size(rng, 20), size(rng, 40));
        let s = draw(rng, rows * cols);
        let (mut want, mut want_logs) = (s.clone(), vec![f32::NAN; rows]);
        reference::softmax(MatMut::new(&mut want, rows, cols));
        reference::log_sum_exp(Mat::new(&s, rows, cols), &mut want_logs);
        let stored = Strided::new(&s, rows, cols, rng);
        for &isa in isas {
            let mut out = Target::new(rows, cols, Some(&s), rng);
            softmax(isa, out.view());
            out.assert_is(&want, format_args!("{isa} {rows} x {cols}"));
            let mut logs = Tail::of(&vec![f32::NAN; rows], rng);
            log_sum_exp(isa, stored.view(), logs.get_mut());
            logs.assert_is(&want_logs, format_args!("{isa} {rows} x {cols} log"));
            let mut row = Tail::of(&s[..cols.min(s.len())], rng);
            softmax_row(isa, row.get_mut());
            row.assert_is(&want[..cols.min(s.len())], format_args!("{isa} row of {cols}"));
        }
    });
}

#[test]
fn cross_entropies() {
    cases(203, |isas, rng| {
        let (rows, cols) = (size(rng, 20), size(rng, 40).max(1));
        let (s, n) = (draw(rng, rows * cols), rows + rng.below(3));
        let labels: Vec<u32> = (0..rows).map(|_| rng.below(cols) as u32).collect();
        let (mut want, mut want_ds) = (vec![f32::NAN; rows], vec![f32::NAN; rows * cols]);
        let ds = MatMut::new(&mut want_ds, rows, cols);
        reference::cross_entropy(Mat::new(&s, rows, cols), &labels, &mut want, Some((ds, n)));
        let (stored, labels) = (Strided::new(&s, rows, cols, rng), Tail::new(&labels, u32::MAX, rng));
        for &isa in isas {
            let mut loss = Tail::of(&vec![f32::NAN; rows], rng);
            cross_entropy(isa, stored.view(), labels.get(), loss.get_mut());
            loss.assert_is(&want, format_args!("{isa} {rows} x {cols} alone"));
            let (mut loss, mut ds) =
                (Tail::of(&vec![f32::NAN; rows], rng), Target::new(rows, cols, None, rng));
            cross_entropy_gradient(isa, stored.view(), labels.get(), n, ds.view(), loss.get_mut());
            loss.assert_is(&want, format_args!("{isa} {rows} x {cols}"));
            ds.assert_is(&want_ds, format_args!("{isa} {rows} x {cols} gradient"));
        }
    });
}

#[test]
fn functions_of_one_number() {
    cases(204, |isas, rng| {
        let (len, spread) = (size(rng, 200), [1.0, 30.0, 120.0][rng.below(3)]);
        let x: Vec<f32> = draw(rng, len).into_iter().map(|x| x * spread).collect();
        let h = draw(rng, len);
        type Op = (&'static str, fn(Isa, &mut [f32]), fn(f32) -> f32);
        let ops: [Op; 3] =
            [("exp", exp, Scalar::exp), ("ln", ln, Scalar::ln), ("relu", relu, reference::relu)];
        for &isa in isas {
            for (name, op, want) in ops {
                let mut got = Tail::of(&x, rng);
                op(isa, got.get_mut());
                got.assert_is(
                    &x.iter().map(|&x| want(x)).collect::<Vec<_>>(),
                    format_args!("{isa} {name} of {len}"),
                );
            }
            let (mut d, h) = (Tail::of(&x, rng), Tail::of(&h, rng));
            relu_backward(isa, h.get(), d.get_mut());
            let want: Vec<f32> = h.get().iter().zip(&x).map(|(&h, &d)| reference::mask(h, d)).collect();
            d.assert_is(&want, format_args!("{isa} mask of {len}"));
        }
    });
}

#[test]
fn sums_and_the_largest() {
    cases(205, |isas, rng| {
        let (rows, cols) = (size(rng, 20), size(rng, 300));
        let a = draw(rng, rows * cols);
        let mut want = vec![f32::NAN; cols];
        reference::column_sums(Mat::new(&a, rows, cols), &mut want);
        let (stored, row) = (Strided::new(&a, rows, cols, rng), Tail::of(&a[..a.len().min(cols)], rng));
        let squares = reference::sum_of_squares(row.get());
        if !row.get().is_empty() {
            assert_eq!(argmax(row.get()), reference::argmax(row.get()), "argmax of {cols}");
        }
        for &isa in isas {
            let mut sums = Tail::of(&vec![f32::NAN; cols], rng);
            column_sums(isa, stored.view(), sums.get_mut());
            sums.assert_is(&want, format_args!("{isa} {rows} x {cols}"));
            assert_same_bits(
                &[sum_of_squares(isa, row.get())],
                &[squares],
                format_args!("{isa} squares of {cols}"),
            );
        }
    });
}

#[test]
fn steps() {
    cases(206, |isas, rng| {
        let len = size(rng, 200);
        let (w, v, g) = (draw(rng, len), draw(rng, len), draw(rng, len));
        let [f, eta, mu] = [(); 3].map(|()| rng.uniform());
        let rule = Momentum { eta, pull: 0.01 * f, mu, nesterov: rng.below(2) == 0 };
        let (mut by_axpy, mut by_sgd, mut by_momentum, mut velocity) =
            (w.clone(), w.clone(), w.clone(), v.clone());
        reference::axpy(f, &g, &mut by_axpy);
        reference::sgd_step(&mut by_sgd, &g, f, eta);
        reference::momentum_step(&mut by_momentum, &mut velocity, &g, rule);
        let g = Tail::of(&g, rng);
        for &isa in isas {
            let mut got = Tail::of(&w, rng);
            axpy(isa, f, g.get(), got.get_mut());
            got.assert_is(&by_axpy, format_args!("{isa} axpy of {len}"));
            let mut got = Tail::of(&w, rng);
            sgd_step(isa, got.get_mut(), g.get(), f, eta);
            got.assert_is(&by_sgd, format_args!("{isa} sgd of {len}"));
            let (mut got, mut moved) = (Tail::of(&w, rng), Tail::of(&v, rng));
            momentum_step(isa, got.get_mut(), moved.get_mut(), g.get(), rule);
            got.assert_is(&by_momentum, format_args!("{isa} momentum of {len}"));
            moved.assert_is(&velocity, format_args!("{isa} velocity of {len}"));
        }
    });
}

#[test]
fn normalised_rows_and_batches() {
    cases(207, |isas, rng| {
        let (there, rows, d) = (1 + rng.below(5), size(rng, 40), size(rng, 100).max(1));
        let divisors: Vec<usize> = (0..=d).filter(|&q| q == 0 || d.is_multiple_of(q)).collect();
        let q = divisors[rng.below(divisors.len())];
        let (mean, scale, numbers) = (draw(rng, q), draw(rng, q), draw(rng, there * d));
        let raw: Vec<u8> = numbers.iter().map(|_| rng.bits() as u8).collect();
        let as_bytes = rng.below(2) == 0;
        let value = |at: usize| if as_bytes { f32::from(raw[at]) } else { numbers[at] };
        let normalised = |row: usize, j: usize| match (j * q).checked_div(d) {
            Some(at) if q > 0 => reference::normalize(value(row * d + j), mean[at], scale[at]),
            _ => value(row * d + j),
        };
        let numbers_of = Tail::of(&numbers, rng);
        let raw_of = Tail::new(&raw, 77, rng);
        let (mean_of, scale_of) = (Tail::of(&mean, rng), bytes(&scale, rng));
        let by =
            Normalization::new(d, Floats::F32(mean_of.get()), Floats::Bytes(scale_of.get().as_chunks().0))
                .unwrap();
        let data = if as_bytes { Input::U8(raw_of.get()) } else { Input::F32(numbers_of.get()) };
        let list: Vec<u32> = (0..rows).map(|_| rng.below(there) as u32).collect();
        let want: Vec<f32> = list
            .iter()
            .flat_map(|&row| (0..d).map(move |j| (row as usize, j)))
            .map(|(row, j)| normalised(row, j))
            .collect();
        let last: Vec<f32> = (0..d).map(|j| normalised(there - 1, j)).collect();
        let first = rng.below(d);
        let list_of = Tail::new(&list, u32::MAX, rng);
        // X B, or Xᵀ B.
        let (n, transposed) = (size(rng, 40), rng.below(2) == 0);
        let b = draw(rng, (if transposed { rows } else { d }) * n);
        for &isa in isas {
            let batch = Batch::new(data, by, list_of.get());
            let mut x = Target::new(rows, d, None, rng);
            batch.gather(isa, x.view());
            x.assert_is(&want, format_args!("{isa} {rows} rows of {d}, {q} means, bytes {as_bytes}"));
            let mut out = Tail::of(&vec![f32::NAN; d - first], rng);
            by.apply(isa, first, data.part((there - 1) * d + first, d - first), out.get_mut());
            out.assert_is(&last[first..], format_args!("{isa} {first} .. {d}, {q} means, bytes {as_bytes}"));
            let (x, a) = (Mat::new(&want, rows, d), Source::from(batch));
            let (x, a) = if transposed { (x.t(), a.t()) } else { (x, a) };
            let (m, k) = (a.rows(), a.cols());
            let mut product = vec![f32::NAN; m * n];
            reference::matmul(x, Mat::new(&b, k, n), MatMut::new(&mut product, m, n), Epilogue::Store);
            let (mut c, b) = (Target::new(m, n, None, rng), Strided::new(&b, k, n, rng));
            let mut workspace = Tail::of(&vec![f32::NAN; matmul_workspace(m, n, k)], rng);
            matmul(isa, a, b.view(), c.view(), Epilogue::Store, workspace.get_mut());
            c.assert_is(
                &product,
                format_args!("{isa} {m} x {n} x {k}, {q} means, bytes {as_bytes}, transposed {transposed}"),
            );
        }
    });
}

#[test]
fn int8_layers() {
    cases(208, |isas, rng| {
        let (k, n) = (1 + size(rng, 100), 1 + size(rng, 40));
        let w: Vec<i8> = (0..k * n).map(|_| rng.bits() as i8).collect();
        let mut tiles = Tail::new(&vec![0xff; packed_len(k, n).unwrap()], 0xff, rng);
        pack(&w, k, n, tiles.get_mut());
        let w = Weights::new(k, n, tiles.get()).unwrap();
        let raw: Vec<u8> = (0..k).map(|_| rng.bits() as u8).collect();
        let raw = Tail::new(&raw, 0xff, rng);
        let numbers = Tail::of(&raw.get().iter().map(|&x| f32::from(x)).collect::<Vec<_>>(), rng);
        let mut x = Tail::new(&vec![99u8; k], 99, rng);
        quantize(numbers.get(), x.get_mut());
        assert_eq!(x.get(), raw.get());
        let factors: Vec<Rescale> = (0..w.outputs())
            .map(|_| {
                Rescale::from_factor(
                    f64::from(rng.uniform().abs()) / 2.1 * 2f64.powi(-(rng.below(20) as i32)),
                )
                .unwrap()
            })
            .collect();
        let bias = (0..w.outputs()).map(|_| (rng.bits() as i32 % BIAS_MAX) >> rng.below(29));
        let words: Vec<[u8; 4]> =
            bias.chain(factors.iter().map(|m| m.multiplier())).map(i32::to_le_bytes).collect();
        let words = Tail::new(&words, [9; 4], rng);
        let shifts = Tail::new(&factors.iter().map(|m| m.shift()).collect::<Vec<_>>(), 9, rng);
        let zero = rng.below(256) as u8;
        let layer = Layer8::new(w, words.get(), shifts.get(), zero).unwrap();
        let mut want = vec![0; w.outputs()];
        dense8_reference(x.get(), &layer, &mut want);
        for &isa in isas {
            let mut got = Tail::new(&vec![7; w.outputs()], 7, rng);
            assert!(try_dense(isa, x.get(), &layer, 0, got.get_mut()));
            assert_eq!(results(got.get_mut())[..want.len()], want, "{isa} {k} x {n}");
        }
    });
}
