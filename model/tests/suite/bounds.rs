//! How far an f32 pass may be from the exact one: a bound for every number, computed beside it.
//!
//! Stage by stage: each stage is given the error that its inputs *have* (observed, f32 pass less f64 pass), and adds
//! the most that its own roundings can do. With u = 2⁻²⁴ and γ_k = ku/(1 − ku) (Higham, chapter 3):
//!
//! - A product of inputs a + δa, b + δb differs from Σ a b by at most Σ (|a||δb| + |δa||b| + |δa||δb|), and its k fused
//!   multiply-adds and the bias by γ_{k+1} (Σ (|a| + |δa|)(|b| + |δb|) + |bias|). ReLU moves no two numbers apart.
//! - Softmax: if score j moves by at most δ_j, the sum moves by at most the factor e^δ̄, δ̄ = ln Σ p_j e^{δ_j}, and so
//!   p_j by e^{δ_j + δ̄}. The shift by the row's maximum cancels, but rounds: δ_j has u |z_j| for it. exp is within
//!   2u, each sum of C terms takes ⌈C/16⌉ + 4 roundings, the reciprocal and the product with it one each.
//! - Loss: ln Σ moves by δ̄, S_y by δ_y; ln is within 2u of its value.
//! - Below the normal range errors are absolute, at most 2⁻¹⁴⁹ a rounding.
//!
//! To each bound comes 10⁻¹² of the largest value: the error granted to the f64 pass.

use kernels::Mat;

use crate::support::{Case, Pass, assert_within, gamma, largest, values, vector};

const U: f64 = 1.0 / (1 << 24) as f64;
const SMALLEST: f64 = 1.4e-45; // 2⁻¹⁴⁹
const OF_F64: f64 = 1e-12;

/// A matrix of the exact pass and the error of its counterpart in f32.
struct Operand<'a> {
    exact: Mat<'a, f64>,
    error: Vec<f64>,
}

impl<'a> Operand<'a> {
    /// An operand of which both passes are given the same.
    fn given(exact: Mat<'a, f64>) -> Self {
        Self { exact, error: vec![0.0; exact.rows() * exact.cols()] }
    }

    /// An operand that both passes have computed.
    fn computed(exact: Mat<'a, f64>, got: Mat<'_, f32>) -> Self {
        let error = values(exact).iter().zip(values(got)).map(|(e, g)| (e - g).abs()).collect();
        Self { exact, error }
    }

    fn at(&self, i: usize, j: usize) -> (f64, f64) {
        (self.exact.get(i, j).abs(), self.error[i * self.exact.cols() + j])
    }

    fn rows(&self) -> usize {
        self.exact.rows()
    }

    fn cols(&self) -> usize {
        self.exact.cols()
    }
}

/// The bound of each element of A B + bias; no bias is an empty one.
fn product(a: &Operand<'_>, b: &Operand<'_>, bias: &[f64]) -> Vec<f64> {
    let gamma = gamma::<f32>(a.cols() + 1);
    let element = |i, j: usize| {
        let bias = bias.get(j).map_or(0.0, |b| b.abs());
        (0..a.cols()).fold(gamma * bias + SMALLEST, |bound, p| {
            let ((a, ea), (b, eb)) = (a.at(i, p), b.at(p, j));
            bound + a * eb + ea * b + ea * eb + gamma * (a + ea) * (b + eb) + SMALLEST
        })
    };
    (0..a.rows()).flat_map(|i| (0..b.cols()).map(move |j| element(i, j))).collect()
}

/// The bound of the column sums of D.
fn sums(d: &Operand<'_>) -> Vec<f64> {
    let ones = vec![1.0; d.rows()];
    product(&Operand::given(vector(&ones)), d, &[])
}

/// The bounds of the rows of dS, and of the data loss.
fn scores_to_loss(case: &Case, exact: &Pass<f64>, s: &Operand<'_>) -> (Vec<f64>, f64) {
    let (n, c) = (s.rows(), s.cols());
    let sum_roundings = c.div_ceil(16) + 4;
    let (mut ds, mut losses, mut size) = (Vec::new(), 0.0, 0.0);
    for (i, &y) in case.y.iter().enumerate() {
        let row: Vec<f64> = (0..c).map(|j| s.exact.get(i, j)).collect();
        let max = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = row.iter().map(|s| (s - max).exp()).sum();
        let errors: Vec<f64> = (0..c).map(|j| s.at(i, j).1).collect();
        let moved = |j: usize| errors[j] + U * ((row[j] - max).abs() + errors[j] + largest(&errors));
        let p = |j: usize| (row[j] - max).exp() / total;
        let moved_sum = (0..c).map(|j| p(j) * moved(j).exp()).sum::<f64>().ln();

        for j in 0..c {
            let relative = (moved(j) + moved_sum).exp() * (1.0 + gamma::<f32>(sum_roundings + 6)) - 1.0;
            let of_p = p(j) * relative + 2.0 * SMALLEST;
            let of_difference = if j == y as usize { of_p + U * (1.0 + of_p) } else { of_p };
            let ds_ij = exact.ws.score_gradient().get(i, j).abs();
            ds.push(of_difference / n as f64 + U * (ds_ij + of_difference) + SMALLEST);
        }
        let (ln_sum, y) = (total.ln(), y as usize);
        let loss = ln_sum - (row[y] - max);
        let of_terms = moved_sum + moved(y) + gamma::<f32>(sum_roundings + 2) + 2.0 * U * (ln_sum + 1e-3);
        losses += of_terms + U * (loss + of_terms);
        size += loss + of_terms;
    }
    (ds, (losses + gamma::<f32>(n + 1) * size) / n as f64)
}

/// The bound of each result of a pass, in the order of the equations.
pub(crate) struct Bounds {
    pub(crate) hidden: Vec<f64>,
    pub(crate) scores: Vec<f64>,
    pub(crate) ds: Vec<f64>,
    pub(crate) dh0: Vec<f64>,
    pub(crate) data_loss: f64,
    pub(crate) penalty: f64,
    /// dW1, db1, dW2, db2.
    pub(crate) grads: Vec<f64>,
    pub(crate) dx: Vec<f64>,
}

impl Bounds {
    /// For the f32 pass `got` over `case`, of which `exact` is the f64 pass.
    pub(crate) fn of(case: &Case, exact: &Pass<f64>, got: &Pass<f32>) -> Self {
        let (x, net) = (Operand::given(exact.x()), &exact.net);
        let (w1, w2) = (Operand::given(net.w1()), Operand::given(net.w2()));
        let h = Operand::computed(exact.ws.hidden(), got.ws.hidden());
        let s = Operand::computed(exact.ws.scores(), got.ws.scores());
        let ds = Operand::computed(exact.ws.score_gradient(), got.ws.score_gradient());
        let dh0 = Operand::computed(exact.ws.hidden_gradient(), got.ws.hidden_gradient());
        let h_t = Operand::computed(exact.ws.hidden().t(), got.ws.hidden().t());

        let (of_ds, data_loss) = scores_to_loss(case, exact, &s);
        let masks = values(h.exact).into_iter().zip(values(got.ws.hidden()));
        let dh = product(&ds, &Operand::given(net.w2().t()), &[]);
        let of_dh0 = masks.zip(dh).map(|((exact, got), dh)| {
            assert_eq!(exact > 0.0, got > 0.0, "a hidden unit that f32 cannot place: choose another case");
            if exact > 0.0 { dh } else { 0.0 }
        });
        let mut grads = product(&Operand::given(exact.x().t()), &dh0, &[]);
        grads.extend(sums(&dh0));
        grads.extend(product(&h_t, &ds, &[]));
        grads.extend(sums(&ds));
        // (40), (41) are one rounding more, of the whole.
        let last = exact.grads.as_slice().iter().zip(&mut grads);
        last.for_each(|(g, bound)| *bound += U * (g.abs() + *bound));
        let weights = case.shape.params();
        Self {
            hidden: with_f64(product(&x, &w1, net.b1()), &values(h.exact)),
            scores: with_f64(product(&h, &w2, net.b2()), &values(s.exact)),
            dh0: with_f64(of_dh0.collect(), &values(dh0.exact)),
            ds: with_f64(of_ds, &values(ds.exact)),
            data_loss: data_loss + OF_F64 * exact.loss.data,
            penalty: (gamma::<f32>(weights.div_ceil(16) + 8) + OF_F64) * exact.loss.penalty,
            grads: with_f64(grads, exact.grads.as_slice()),
            dx: with_f64(product(&dh0, &Operand::given(net.w1().t()), &[]), &exact.dx),
        }
    }
}

/// Adds what is granted to the f64 pass.
fn with_f64(mut bound: Vec<f64>, exact: &[f64]) -> Vec<f64> {
    let granted = OF_F64 * largest(exact);
    bound.iter_mut().for_each(|b| *b += granted);
    bound
}

/// The bounds hold on random nets, and are no larger than they have to be: a bound that is not within a thousand units
/// of the largest value would let mistakes through.
#[test]
fn f32_is_as_near_to_f64_as_its_roundings_allow() {
    for (n, sizes, seed) in [(1, (3, 4, 2), 1), (20, (30, 12, 5), 2), (7, (5, 9, 40), 3)] {
        let case = Case::random(n, sizes, 0.125, seed);
        let (exact, got) = (case.pass::<f64>(), case.pass::<f32>());
        let bounds = Bounds::of(&case, &exact, &got);
        let compare = |what, got: Vec<f64>, want: Vec<f64>, bound: &[f64]| {
            assert_within(what, &got, &want, bound);
            assert!(largest(bound) <= 1000.0 * U * largest(&want), "{what}: {:e}", largest(bound));
        };
        let (e, g) = (&exact.ws, &got.ws);
        compare("H", values(g.hidden()), values(e.hidden()), &bounds.hidden);
        compare("S", values(g.scores()), values(e.scores()), &bounds.scores);
        compare("dS", values(g.score_gradient()), values(e.score_gradient()), &bounds.ds);
        compare("dH0", values(g.hidden_gradient()), values(e.hidden_gradient()), &bounds.dh0);
        let (g, e) = (values(vector(got.grads.as_slice())), values(vector(exact.grads.as_slice())));
        compare("gradient", g, e, &bounds.grads);
        compare("dX", values(got.dx()), values(exact.dx()), &bounds.dx);
        compare("loss", vec![got.loss.data.into()], vec![exact.loss.data], &[bounds.data_loss]);
        compare("penalty", vec![got.loss.penalty.into()], vec![exact.loss.penalty], &[bounds.penalty]);
    }
}
