//! The int8 net: its bytes, what is refused, and its results against the specification in plain loops of 64-bit integers.

mod common;

use common::{Random, crc32, seal};
use infer_nostd::{
    Contents8, Error, Input, LayerContents8, Net, Net8, Scratch, encode8, encoded_len8, include_net8,
};
use kernels::int8::Rescale;

/// The digits' net, quantised by `trainer quantize`.
const NET: Net8<'static> = include_net8!("data/digits8.tln");

/// A layer that owns its parts.
#[derive(Clone)]
struct Layer {
    w: Vec<i8>,
    bias: Vec<i32>,
    rescale: Vec<Rescale>,
    scale: f32,
}

impl Layer {
    fn random(random: &mut Random, inputs: usize, outputs: usize) -> Self {
        // Sums go up to about 127² √inputs; results should fill their bytes.
        let factor = 100.0 / (5000.0 * (inputs as f64).sqrt());
        Self {
            w: (0..inputs * outputs).map(|_| random.bits() as i8).collect(),
            bias: (0..outputs).map(|_| random.below(20_001) as i32 - 10_000).collect(),
            rescale: (0..outputs)
                .map(|_| Rescale::from_factor(factor * (1.0 + f64::from(random.float()) / 2.0)).unwrap())
                .collect(),
            scale: 0.25,
        }
    }

    fn contents(&self) -> LayerContents8<'_> {
        LayerContents8 { w: &self.w, bias: &self.bias, rescale: &self.rescale, scale: self.scale }
    }

    /// The layer as the specification has it, step by step.
    fn run(&self, q: &[i64], zero: i64, low: i64) -> Vec<i64> {
        let n = self.bias.len();
        let output = |j: usize| {
            let products = q.iter().enumerate().map(|(k, q)| i64::from(self.w[k * n + j]) * q);
            let a = i64::from(self.bias[j]) + products.sum::<i64>();
            (multiply_by_quantized_multiplier(a, self.rescale[j]) + zero).clamp(low, 127)
        };
        (0..n).map(output).collect()
    }
}

/// SaturatingRoundingDoublingHighMul and RoundingDivideByPOT, in their own steps.
fn multiply_by_quantized_multiplier(a: i64, m: Rescale) -> i64 {
    let product = a * i64::from(m.multiplier());
    let nudge = if product >= 0 { 1 << 30 } else { 1 - (1 << 30) };
    let high = (product + nudge) / (1 << 31);
    let mask = (1 << m.shift()) - 1;
    let threshold = (mask >> 1) + i64::from(high < 0);
    (high >> m.shift()) + i64::from(high & mask > threshold)
}

/// A net that owns its parts.
#[derive(Clone)]
struct Parts {
    sizes: [usize; 3],
    mean: Vec<f32>,
    scale: Vec<f32>,
    layers: [Layer; 2],
    zero: i32,
    names: Vec<&'static str>,
}

impl Parts {
    fn random(d: usize, h: usize, c: usize, q: usize, seed: u64) -> Self {
        let mut random = Random(seed);
        Self {
            sizes: [d, h, c],
            mean: (0..q).map(|_| 20.0 * random.float()).collect(),
            scale: (0..q).map(|_| 1.0 + random.float()).collect(),
            layers: [Layer::random(&mut random, d, h), Layer::random(&mut random, h, c)],
            zero: random.below(256) as i32 - 128,
            names: Vec::new(),
        }
    }

    /// The net of FORMAT.md.
    fn example() -> Self {
        let m = |multiplier, shift| Rescale::new(multiplier, shift).unwrap();
        let first = Layer {
            w: vec![127, -127, 64, -64, 127, 0],
            bias: vec![1000, -2000, 3000],
            rescale: vec![m(1 << 30, 6), m(1_500_000_000, 7), m(i32::MAX, 8)],
            scale: 0.5,
        };
        let second = Layer {
            w: vec![64, -64, 127, 0, -42, 127],
            bias: vec![5, -5],
            rescale: vec![m(1 << 30, 7), m(1 << 30, 8)],
            scale: 0.125,
        };
        let (mean, scale, names) = (vec![1.0], vec![2.0], vec!["no", "yes"]);
        Self { sizes: [2, 3, 2], mean, scale, layers: [first, second], zero: -3, names }
    }

    fn contents(&self) -> Contents8<'_> {
        let ([d, h, c], [layer1, layer2]) = (self.sizes, self.layers.each_ref().map(Layer::contents));
        let Self { mean, scale, zero, names, .. } = self;
        Contents8 { d, h, c, mean, scale, layer1, layer2, zero: *zero, names }
    }

    fn file(&self) -> Vec<u8> {
        let mut file = vec![0xAA; encoded_len8(&self.contents()).unwrap()];
        encode8(&self.contents(), &mut file).unwrap();
        file
    }

    /// The results of the last layer, the long way round.
    fn results(&self, x: Input<'_>) -> Vec<i64> {
        let raw: Vec<f32> = match x {
            Input::U8(x) => x.iter().map(|&x| f32::from(x)).collect(),
            Input::F32(x) => x.to_vec(),
        };
        let q = self.mean.len();
        let activation = |(j, &x): (usize, &f32)| {
            let x =
                if q == 0 { x } else { (x - self.mean[j * q / raw.len()]) * self.scale[j * q / raw.len()] };
            i64::from((x + 0.5).max(0.0).floor() as i32).min(254) - 127
        };
        let inputs: Vec<i64> = raw.iter().enumerate().map(activation).collect();
        let hidden = self.layers[0].run(&inputs, -127, -127);
        self.layers[1].run(&hidden, i64::from(self.zero), -128)
    }
}

#[test]
fn results_are_those_of_the_specification() {
    let shapes = [(1, 1, 1), (2, 3, 2), (15, 4, 3), (16, 5, 4), (17, 16, 5), (64, 32, 10), (200, 33, 7)];
    let large = [(784, 128, 10), (4097, 20, 3), (5000, 9, 2)];
    for (d, h, c) in shapes.into_iter().chain(large) {
        for q in [0, 1, d] {
            let parts = Parts::random(d, h, c, q, (d + q) as u64);
            // At every alignment.
            for offset in 0..4 {
                let file = [vec![0; offset], parts.file()].concat();
                let net = Net8::from_bytes(&file[offset..]).unwrap();
                let mut random = Random(offset as u64);
                let bytes = random.bytes(d);
                let numbers: Vec<f32> = (0..d).map(|_| 150.0 * random.float() + 100.0).collect();
                for x in [Input::U8(&bytes), Input::F32(&numbers)] {
                    check(&parts, &net, x);
                }
            }
        }
    }
}

fn check(parts: &Parts, net: &Net8<'_>, x: Input<'_>) {
    let want = parts.results(x);
    let mut scratch = vec![f32::NAN; net.scratch_len()];
    let got = net.quantized_scores(x, &mut scratch[..]).unwrap();
    assert_eq!(got.map(i64::from).collect::<Vec<_>>(), want, "{net:?}");
    let real: Vec<f32> = want.iter().map(|q| (q - i64::from(parts.zero)) as f32 * 0.25).collect();
    assert_eq!(net.scores(x, &mut scratch[..]).unwrap(), real);
    let first = (0..want.len()).fold(0, |best, j| if want[j] > want[best] { j } else { best });
    assert_eq!(net.classify(x, &mut scratch[..]), Ok(first));
    let probabilities = net.probabilities(x, &mut scratch[..]).unwrap().to_vec();
    assert!((probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    assert_eq!(net.predict(x, &mut scratch[..]).unwrap(), (first, &probabilities[..]));
}

#[test]
fn compiled_in() {
    let rows = include_bytes!("data/digits.rows");
    let float = Net::from_bytes(include_bytes!("data/digits.tln")).unwrap();
    let (mut scratch, mut floats) = (Scratch::<{ NET.scratch_len() }>::new(), vec![0.0; 42]);
    let mut same = 0;
    for row in rows.chunks_exact(64) {
        let class = NET.classify(row, &mut scratch).unwrap();
        same += usize::from(Ok(class) == float.classify(row, &mut floats[..]));
    }
    assert!(same >= 99, "{same} of 100 digits keep the class that the f32 net gives them");
    assert_eq!(NET.class_name(0), float.class_name(0));
}

#[test]
fn example_of_the_docs_byte_for_byte() {
    let documented = common::documented("# An int8 example");
    assert_eq!(common::dump(&Parts::example().file()), common::dump(&documented));
    let net = Net8::from_bytes(&documented).unwrap();
    assert_eq!((net.d(), net.h(), net.c(), net.class_name(1)), (2, 3, 2, Some("yes")));
    assert_eq!((net.layer1().weights().get(1, 1), net.layer2().bias(1)), (127, Some(-5)));
    // u = ((64 − 1)·2, (11 − 1)·2) = (126, 20), q = (−1, −107); a = (1000 − 127 + 6848, −2000 + 127 − 13589, 3000 − 64)
    // = (7721, −15462, 2936); times 2⁻⁷, 5.46e-3, 2⁻⁸, from −127: (60 − 127, the ReLU, 11 − 127) = (−67, −127, −116);
    // a = (5 − 4288 − 16129 + 4872, −5 + 4288 − 14732) = (−15540, −10449), times 2⁻⁸ and 2⁻⁹ and from −3: (−64, −23).
    let mut scratch = [0.0; 8];
    let scores: Vec<i8> = net.quantized_scores(&[64u8, 11], &mut scratch).unwrap().collect();
    assert_eq!(scores, [-64, -23]);
}

#[test]
fn round_trip() {
    for (d, h, c) in [(1, 1, 1), (2, 3, 2), (33, 5, 7), (64, 32, 10)] {
        for q in [0, 1, d] {
            let parts = Parts::random(d, h, c, q, 3);
            let file = parts.file();
            let net = Net8::from_bytes(&file).unwrap();
            assert_eq!((Net8::file_len(&file[..32]), net.d(), net.h(), net.c()), (Ok(file.len()), d, h, c));
            let padded = |n: usize| n.next_multiple_of(4);
            assert_eq!(net.scratch_len(), padded(h) + padded(c));
            let tiles = d.next_multiple_of(16) * padded(h) + h.next_multiple_of(16) * padded(c);
            assert_eq!(file.len(), 48 + tiles + 9 * (padded(h) + padded(c)) + 8 * q);
            assert_eq!(net.normalization().mean().iter().collect::<Vec<_>>(), parts.mean);
            for (layer, parts, n) in
                [(net.layer1(), &parts.layers[0], h), (net.layer2(), &parts.layers[1], c)]
            {
                for (i, &w) in parts.w.iter().enumerate() {
                    assert_eq!(layer.weights().get(i / n, i % n), w);
                }
                for j in 0..n {
                    assert_eq!(layer.bias(j), Some(parts.bias[j]));
                    assert_eq!(layer.rescale(j), Some(parts.rescale[j]));
                }
                assert_eq!(layer.scale(), parts.scale);
            }
            assert_eq!((net.layer1().zero(), net.layer2().zero()), (-127, parts.zero));
        }
    }
}

#[test]
fn each_reader_refuses_the_other_type() {
    let (int8, float) = (Parts::example().file(), include_bytes!("data/example.tln"));
    let kind = |element_type| Error::Kind { version: 2, element_type, reserved: 0 };
    assert_eq!(Net::from_bytes(&int8).err(), Some(kind(1)));
    assert_eq!(Net::file_len(&int8), Err(kind(1)));
    assert_eq!(Net8::from_bytes(float).err(), Some(kind(0)));
    assert_eq!(Net8::file_len(float), Err(kind(0)));
    assert!(kind(1).to_string().contains("1 (int8) by Net8"), "{}", kind(1));
}

#[test]
fn every_truncation_and_every_flipped_bit() {
    for mut file in [Parts::example().file(), include_bytes!("data/digits8.tln").to_vec()] {
        assert!(Net8::from_bytes(&file).is_ok());
        for len in 0..file.len() {
            assert!(Net8::from_bytes(&file[..len]).is_err());
        }
        for bit in 0..8 * file.len() {
            file[bit / 8] ^= 1 << (bit % 8);
            let error = Net8::from_bytes(&file).err();
            assert!(error.is_some(), "bit {bit}");
            assert_eq!(Net8::compiled_in(&file).err(), error, "the compiler's way, bit {bit}");
            file[bit / 8] ^= 1 << (bit % 8);
        }
        file.push(0);
        assert!(matches!(Net8::from_bytes(&file), Err(Error::Length { .. })));
    }
}

#[test]
fn numbers_outside_their_range_are_named() {
    let good = Parts::example().file();
    // 32 of header, a tile each for W1 and W2; bias and multiplier of 4 outputs, twice; scales and zero point; mean, scale; shifts.
    let (bias, second, scales) = (160, 160 + 32, 160 + 64);
    let refused = |at: usize, bytes: [u8; 4]| {
        let mut file = good.clone();
        file[at..at + 4].copy_from_slice(&bytes);
        seal(&mut file);
        Net8::from_bytes(&file).err()
    };
    let out = |offset| Some(Error::OutOfRange { offset });
    assert_eq!(refused(bias, (1i32 << 29).to_le_bytes()), out(bias));
    assert_eq!(refused(bias + 8, (-1i32 << 29).to_le_bytes()), out(bias + 8));
    assert_eq!(refused(bias, ((1i32 << 29) - 1).to_le_bytes()), None);
    assert_eq!(refused(bias + 16, ((1i32 << 30) - 1).to_le_bytes()), out(bias + 16));
    assert_eq!(refused(second + 4, i32::MIN.to_le_bytes()), out(second + 4));
    assert_eq!(refused(scales, 0f32.to_le_bytes()), out(scales));
    assert_eq!(refused(scales, f32::NAN.to_le_bytes()), out(scales));
    assert_eq!(refused(scales + 4, f32::INFINITY.to_le_bytes()), out(scales + 4));
    assert_eq!(refused(scales + 8, 128i32.to_le_bytes()), out(scales + 8));
    assert_eq!(refused(scales + 8, (-128i32).to_le_bytes()), None);
    assert_eq!(
        refused(scales + 12, f32::INFINITY.to_le_bytes()),
        Some(Error::NotFinite { offset: scales + 12 })
    );
    // The shifts of the hidden layer: 6, 7, 8, 31; a bad one is told as its multiplier.
    let shifts = scales + 20;
    assert_eq!(good[shifts..shifts + 4], [6, 7, 8, 31]);
    assert_eq!(refused(shifts, [6, 0, 8, 31]), out(bias + 16 + 4));
    assert_eq!(refused(shifts, [6, 7, 32, 31]), out(bias + 16 + 8));
}

/// Whatever the bytes: an error, or a net that can be used.
#[test]
fn invented_files_never_panic() {
    let mut random = Random(5);
    let (mut nets, mut scratch) = (0, vec![0.0; 4096]);
    let files: Vec<Vec<u8>> =
        (0..8).map(|i| Parts::random(1 + 3 * i, 1 + 2 * i, 1 + i, i % 2, i as u64).file()).collect();
    for _ in 0..100_000 {
        let mut file = files[random.below(files.len())].clone();
        for _ in 0..=random.below(3) {
            let at = random.below(file.len());
            file[at] = random.bits() as u8;
        }
        seal(&mut file);
        let _ = Net8::file_len(&file);
        if let Ok(net) = Net8::from_bytes(&file) {
            nets += 1;
            let row = vec![random.bits() as u8; net.d()];
            assert!(net.classify(&row[..], &mut scratch[..]).unwrap() < net.c());
        }
    }
    assert!(nets > 10_000, "only {nets} of the files got through: the generator is too wild");
}

#[test]
fn what_does_not_fit_is_told_with_numbers() {
    let parts = Parts::random(5, 3, 2, 0, 1);
    let file = parts.file();
    let net = Net8::from_bytes(&file).unwrap();
    assert_eq!(net.classify(&[0u8; 4], &mut [0.0; 8]), Err(Error::Input { needed: 5, got: 4 }));
    assert_eq!(net.scores(&[0u8; 5], &mut [0.0; 7]), Err(Error::Scratch { needed: 8, got: 7 }));
    let mut short = parts.clone();
    short.layers[1].bias.pop();
    assert!(matches!(
        encode8(&short.contents(), &mut [0; 0]),
        Err(Error::Contents { needed: 2, got: 1, .. })
    ));
    let wide = Parts::random(1, 1, 1, 0, 1);
    let too_many = Contents8 { d: 32_769, ..wide.contents() };
    assert!(matches!(encoded_len8(&too_many), Err(Error::TooLarge { d: 32_769, .. })));
    let crc = crc32(&file[..file.len() - 4]).to_le_bytes();
    assert_eq!(file[file.len() - 4..], crc);
}
