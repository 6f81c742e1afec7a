//! The sixty steps of `tests/golden/trajectory.json`: the course's loop, which lives here and nowhere in the crate.

use kernels::{Mat, Scalar};
use model::{Engine, Labels, Params, Shape, Step, Workspace, forward, predict, sgd_step};
use serde_json::Value;

use crate::bounds::Bounds;
use crate::golden::{input, labels, net, numbers, read};
use crate::support::{Case, assert_close, assert_within, cast, shape, unit, values, vector};

const STEPS_PER_EPOCH: usize = 5;

struct Trajectory {
    golden: Value,
    shape: Shape,
    x: Vec<f64>,
    y: Vec<u16>,
    start: Vec<f64>,
    batches: Vec<Vec<usize>>,
}

impl Trajectory {
    fn read() -> Self {
        let golden = read("trajectory");
        let batches = golden["batches"].as_array().unwrap().iter();
        Self {
            shape: shape(6, 8, 3),
            x: input(&golden["X"]),
            y: labels(&golden["y"]),
            start: net(&golden["start"]),
            batches: batches.map(|b| numbers(b).into_iter().map(|row| row as usize).collect()).collect(),
            golden,
        }
    }

    fn batch(&self, rows: &[usize]) -> (Vec<f64>, Vec<u16>) {
        (
            rows.iter().flat_map(|r| &self.x[r * 6..][..6]).copied().collect(),
            rows.iter().map(|&r| self.y[r]).collect(),
        )
    }
}

#[derive(Default)]
struct History {
    loss: Vec<f64>,
    train_accuracy: Vec<f64>,
    val_accuracy: Vec<f64>,
    learning_rate: Vec<f64>,
}

fn accuracy<T: Scalar>(net: &Params<T>, x: &[T], y: &[u16], ws: &mut Workspace<T>) -> f64 {
    forward(Engine::default(), net, Mat::new(x, y.len(), net.shape().d()), ws);
    let mut classes = vec![0; y.len()];
    predict(ws.scores(), &mut classes);
    classes.iter().zip(y).filter(|&(&class, &label)| class == u32::from(label)).count() as f64
        / y.len() as f64
}

/// The loop: after steps 0, 5, 10, ... accuracies are taken, then the rate decays.
fn run<T: Scalar>(trajectory: &Trajectory, mut each: impl FnMut(&Params<T>, T)) -> (History, Params<T>) {
    let golden = &trajectory.golden;
    let (x_val, y_val) = (cast::<T>(&input(&golden["X_val"])), labels(&golden["y_val"]));
    let mut net = Params::from_vec(trajectory.shape, cast(&trajectory.start)).unwrap();
    let mut ws = Workspace::new(trajectory.shape, y_val.len(), 1);
    let mut eta = T::from_f64(input(&golden["learning_rate"])[0]);
    let decay = T::from_f64(input(&golden["learning_rate_decay"])[0]);
    let lambda = T::from_f64(input(&golden["reg"])[0]);
    let mut history = History::default();
    for (it, rows) in trajectory.batches.iter().enumerate() {
        each(&net, eta);
        let (x, y) = trajectory.batch(rows);
        let (x, step) = (cast::<T>(&x), Step { eta, lambda });
        let view = Mat::new(&x, y.len(), 6);
        let loss = sgd_step(Engine::default(), &mut net, view, Labels::new(&y, 3).unwrap(), step, &mut ws);
        history.loss.push(loss.total().to_f64());
        if it % STEPS_PER_EPOCH == 0 {
            history.train_accuracy.push(accuracy(&net, &x, &y, &mut ws));
            history.val_accuracy.push(accuracy(&net, &x_val, &y_val, &mut ws));
            history.learning_rate.push(eta.to_f64());
            eta = eta * decay;
        }
    }
    (history, net)
}

/// History and final weights to `tolerance` of the largest of each array; accuracies, being counts, exactly.
fn check<T: Scalar>(tolerance: f64) {
    let trajectory = Trajectory::read();
    let golden = &trajectory.golden;
    let (history, end) = run::<T>(&trajectory, |_, _| ());
    assert_eq!(history.loss.len(), 60);
    assert_close("loss", &history.loss, &numbers(&golden["loss_history"]), tolerance);
    assert_eq!(history.train_accuracy, numbers(&golden["train_acc_history"]));
    assert_eq!(history.val_accuracy, numbers(&golden["val_acc_history"]));
    assert_close("rate", &history.learning_rate, &numbers(&golden["lr_history"]), tolerance);
    let ends = [("W1", end.w1_slice()), ("b1", end.b1()), ("W2", end.w2_slice()), ("b2", end.b2())];
    for (key, got) in ends {
        assert_close(key, &values(vector(got)), &numbers(&golden["end"][key]), tolerance);
    }
}

#[test]
fn sixty_steps_in_f64() {
    check::<f64>(1e-12);
}

/// A figure, not a bound: errors of sixty steps are carried along by the descent itself. What f32 may add in each single
/// step is bounded below.
#[test]
fn sixty_steps_in_f32() {
    check::<f32>(1e-5);
}

/// From each of the sixty nets, rounded to f32: one f32 step is as near to the f64 step as its roundings allow.
///
/// W' = f W − η G. Beside η times the error of G (see `bounds`) there are the rounding of f, of f·W and of the
/// multiply-add: u |W| + u |W| + u |W'|, and |W'| ≤ |W| + η |G|.
#[test]
fn each_step_in_f32_is_within_its_roundings_of_f64() {
    let trajectory = Trajectory::read();
    let lambda = input(&trajectory.golden["reg"])[0];
    let mut steps = trajectory.batches.iter();
    run::<f64>(&trajectory, |net, eta| {
        let (x, y) = trajectory.batch(steps.next().unwrap());
        let rounded = net.as_slice().iter().map(|&w| f64::from(w as f32)).collect();
        let case = Case { shape: trajectory.shape, x, y, net: rounded, lambda: 0.0 };
        let eta = eta as f32;
        let (exact, got) = (case.pass::<f64>(), case.pass::<f32>());
        let bounds = Bounds::of(&case, &exact, &got);
        let after64 = step(&case, f64::from(eta), lambda);
        let after32 = step(&case, eta, lambda as f32);
        let (eta, u) = (f64::from(eta), unit::<f32>());
        let before = case.net.iter().zip(exact.grads.as_slice());
        let bound: Vec<f64> = (before.zip(&bounds.grads))
            .map(|((w, g), of_g)| eta * of_g + 3.0 * u * (w.abs() + eta * (g.abs() + of_g)))
            .collect();
        assert_within("W'", &values(vector(after32.as_slice())), after64.as_slice(), &bound);
    });
    assert!(steps.next().is_none());
}

fn step<T: Scalar>(case: &Case, eta: T, lambda: T) -> Params<T> {
    let (mut net, x) = (case.net::<T>(), cast::<T>(&case.x));
    let mut ws = Workspace::new(case.shape, case.n(), 1);
    let view = Mat::new(&x, case.n(), case.shape.d());
    sgd_step(Engine::default(), &mut net, view, case.labels(), Step { eta, lambda }, &mut ws);
    net
}
