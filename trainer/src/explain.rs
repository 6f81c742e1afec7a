//! `train --explain`: one step on the first batch, line by line, with equation numbers, shapes and actual sizes.

use kernels::{Epilogue, Mat, MatMut, Scalar, Source, matmul, matmul_workspace, sum_of_squares};
use model::{
    Engine, Inertia, Labels, Motion, Params, Step, Workspace, backward, forward, loss, predict, sgd_step,
    sgd_step_with_velocity,
};

use crate::Error;
use crate::batches::Batches;
use crate::init::init;
use crate::report::Report;
use crate::rows::{Part, View};
use crate::train::{Plan, Settings};
use crate::wording::counted;

/// Shows the first step that a training with these settings takes.
pub fn explain(
    engine: Engine<'_>,
    train: Part<'_>,
    settings: &Settings,
    out: &mut Report,
) -> Result<(), Error> {
    let shape = Plan::new(train, settings)?.shape;
    let mut batches = Batches::new(settings.batch_size, settings.order, settings.seed);
    let (view, rows) = (train.view, batches.draw(train.rows));
    let (x, y) = (view.x(rows), view.y(rows));
    let mut net = init(shape, settings.std, settings.seed);
    let (eta, lambda) = (settings.learning_rate as f32, settings.reg as f32);
    let n = x.rows();
    let mut show = Show { engine, out };
    let (d, h, c) = shape.sizes();
    show.text(format_args!("One step of a {shape} net on {}: N = {n}, D = {d}, H = {h}, C = {c}, rate η = {eta}, penalty λ = {lambda}.", counted(n, "row")));
    show.text("Equation numbers are those of model/DERIVATION.md; size is the Euclidean norm.\n");

    let mut ws = Workspace::new(shape, n, engine.pool.width());
    show.head("Forward");
    show.forward(&net, (view, rows), &mut ws, lambda)?;
    show.head("Backward");
    show.backward(&net, (view, rows), &mut ws);
    show.head("Step");
    let before = net.clone();
    let step = Step { eta, lambda };
    let what = descend(engine, &mut net, (x.into(), y), step, settings, &mut ws);
    show.step((&before, &net), lambda, what);
    forward(engine, &net, x, &mut ws);
    let after = loss(engine, &net, y, lambda, &mut ws).total();
    show.row("(39)", "L of the same batch after the step", "1", format_args!("{after:.6}"));
    Ok(())
}

/// The step as the training takes it, velocity zero; returns what it does, as told.
fn descend(
    engine: Engine<'_>,
    net: &mut Params<f32>,
    (x, y): (Source<'_, f32>, Labels<'_>),
    step: Step<f32>,
    settings: &Settings,
    ws: &mut Workspace<f32>,
) -> &'static str {
    let inertia = Inertia { mu: settings.momentum as f32, nesterov: settings.nesterov };
    if inertia.mu == 0.0 {
        sgd_step(engine, net, x, y, step, ws);
        return "W ← (1 − 2λη) W − η dW, b ← b − η db";
    }
    sgd_step_with_velocity(engine, net, x, y, step, inertia, ws, &mut Motion::new(net.shape()));
    match inertia.nesterov {
        false => "v ← −η dW (no velocity yet), W ← W + v",
        true => "v ← −η dW (no velocity yet), W ← W + μ v − η dW",
    }
}

/// Prints the table.
struct Show<'a> {
    engine: Engine<'a>,
    out: &'a mut Report,
}

impl Show<'_> {
    fn text(&mut self, text: impl std::fmt::Display) {
        self.out.line(text);
    }

    fn head(&mut self, name: &str) {
        self.out.line(format_args!("{name:9}  {:44} {:>12}  size", "what", "shape"));
    }

    fn row(&mut self, equation: &str, what: &str, shape: &str, size: impl std::fmt::Display) {
        self.out.line(format_args!("{equation:9}  {what:44} {shape:>12}  {size}"));
    }

    /// A matrix and its norm.
    fn matrix(
        &mut self,
        equation: &str,
        what: &str,
        values: &[f32],
        (rows, cols): (usize, usize),
        more: &str,
    ) {
        let norm = sum_of_squares(self.engine.isa, values).sqrt();
        self.row(equation, what, &format!("{rows}x{cols}"), format_args!("{norm:.6}{more}"));
    }

    /// A product that the step itself does not keep.
    fn product(&self, a: Mat<'_, f32>, b: Mat<'_, f32>, epilogue: Epilogue<'_, f32>) -> Vec<f32> {
        let (m, n, k) = (a.rows(), b.cols(), a.cols());
        let (mut c, mut workspace) = (vec![0.0; m * n], vec![0.0; matmul_workspace(m, n, k)]);
        matmul(self.engine.isa, a, b, MatMut::new(&mut c, m, n), epilogue, &mut workspace);
        c
    }

    /// (2)-(6), (39).
    fn forward(
        &mut self,
        net: &Params<f32>,
        (view, rows): (View<'_>, &[u32]),
        ws: &mut Workspace<f32>,
        lambda: f32,
    ) -> Result<(), Error> {
        let (d, h, c) = net.shape().sizes();
        let (x, n) = (view.values(self.engine.isa, rows), rows.len());
        let (x, y) = (Mat::new(&x, n, d), view.y(rows));
        self.matrix("", "X, the normalised rows", &flat(x), (n, d), "");
        self.matrix("", "W1, drawn from N(0, σ²); b1 = 0", net.w1_slice(), (d, h), "");
        self.matrix("", "W2, drawn from N(0, σ²); b2 = 0", net.w2_slice(), (h, c), "");
        let h0 = self.product(x, net.w1(), Epilogue::Bias(net.b1()));
        self.matrix("(2)", "H0 = X W1 + b1", &h0, (n, h), "");
        forward(self.engine, net, x, ws);
        let hidden = flat(ws.hidden());
        let on = 100.0 * hidden.iter().filter(|&&h| h > 0.0).count() as f64 / hidden.len() as f64;
        self.matrix("(3)", "H = max(0, H0)", &hidden, (n, h), &format!(", {on:.1} % are on"));
        self.matrix("(4)", "S = H W2 + b2", &flat(ws.scores()), (n, c), "");
        let mut classes = vec![0; n];
        predict(ws.scores(), &mut classes);
        let right = classes.iter().zip(y.iter()).filter(|&(&class, label)| class == u32::from(label)).count();
        self.row(
            "(6)",
            "class of a row: its largest score",
            &format!("{n}"),
            format_args!("{right} of {n} right"),
        );
        let found = loss(self.engine, net, y, lambda, ws);
        self.row("(5)", "mean of L_i = ln Σ_j e^S_ij − S_iy", "1", format_args!("{:.6}", found.data));
        self.row("(1)", "penalty λ ΣW1² + λ ΣW2²", "1", format_args!("{:.6}", found.penalty));
        let chance = f64::from(u32::try_from(c).unwrap_or(u32::MAX));
        let (total, chance) = (found.total(), Scalar::ln(chance));
        self.row(
            "(39)",
            "L = mean + penalty",
            "1",
            format_args!("{total:.6} (equal scores: ln C = {chance:.6})"),
        );
        self.text("");
        Ok(())
    }

    /// (7)-(38): the gradient of the data loss, without the penalty's.
    fn backward(&mut self, net: &Params<f32>, (view, rows): (View<'_>, &[u32]), ws: &mut Workspace<f32>) {
        let (d, h, c) = net.shape().sizes();
        let (x, y, n) = (view.x(rows), view.y(rows), rows.len());
        let mut gradient = Params::zeros(net.shape());
        let mut dx = vec![0.0; n * d];
        let dx_view = MatMut::new(&mut dx, n, d);
        backward(self.engine, net, x, y, 0.0, ws, &mut gradient, Some(dx_view));
        self.matrix("(7)-(16)", "dS = (softmax(S) − onehot(y)) / N", &flat(ws.score_gradient()), (n, c), "");
        self.matrix("(17)-(21)", "dW2 = Hᵀ dS", gradient.w2_slice(), (h, c), "");
        self.matrix("", "db2 = sum of dS over the rows", gradient.b2(), (1, c), "");
        let dh = self.product(ws.score_gradient(), net.w2().t(), Epilogue::Store);
        self.matrix("(22)-(25)", "dH = dS W2ᵀ", &dh, (n, h), "");
        self.matrix("(26)-(30)", "dH0 = dH ∘ 1(H0 > 0)", &flat(ws.hidden_gradient()), (n, h), "");
        self.matrix("(31)-(34)", "dX = dH0 W1ᵀ", &dx, (n, d), "");
        self.matrix("(35)-(38)", "dW1 = Xᵀ dH0", gradient.w1_slice(), (d, h), "");
        self.matrix("", "db1 = sum of dH0 over the rows", gradient.b1(), (1, h), "");
        self.text("");
    }

    /// (40), (41) and the descent.
    fn step(&mut self, (before, net): (&Params<f32>, &Params<f32>), lambda: f32, what: &str) {
        let (d, h, c) = net.shape().sizes();
        let penalty = |w: &[f32]| w.iter().map(|w| 2.0 * lambda * w).collect::<Vec<_>>();
        self.matrix("(40)", "2λ W1, added to dW1", &penalty(before.w1_slice()), (d, h), "");
        self.matrix("(41)", "2λ W2, added to dW2", &penalty(before.w2_slice()), (h, c), "");
        let moved: Vec<f32> =
            net.as_slice().iter().zip(before.as_slice()).map(|(new, old)| new - old).collect();
        let share = 100.0
            * (sum_of_squares(self.engine.isa, &moved) / sum_of_squares(self.engine.isa, before.as_slice()))
                .sqrt();
        self.matrix("the step", what, &moved, (1, moved.len()), &format!(" moved, {share:.3} % of the net"));
    }
}

/// The elements of a matrix, row after row.
fn flat(m: Mat<'_, f32>) -> Vec<f32> {
    (0..m.rows()).flat_map(|i| m.row(i).expect("the workspace stores rows of neighbours")).copied().collect()
}
