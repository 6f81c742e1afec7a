//! The same bits: fused or not, on any instruction set, any number of threads, in a used workspace.

use std::sync::atomic::{AtomicUsize, Ordering};

use kernels::{Epilogue, Isa, Mat, MatMut, Scalar, matmul, matmul_workspace};
use model::{Engine, Join, Labels, Params, Step, Workspace, backward, forward, sgd_step, update};

use crate::support::{Bits, Case, Pass, bits, cast, every_isa, nan};

/// Two real threads for each join, and a count of them.
pub(crate) struct Threads {
    width: usize,
    joins: AtomicUsize,
}

impl Threads {
    pub(crate) fn new(width: usize) -> Self {
        Self { width, joins: AtomicUsize::new(0) }
    }

    /// Joins so far.
    pub(crate) fn joins(self) -> usize {
        self.joins.into_inner()
    }
}

impl Join for Threads {
    fn width(&self) -> usize {
        self.width
    }

    fn join(&self, a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send)) {
        self.joins.fetch_add(1, Ordering::Relaxed);
        std::thread::scope(|scope| {
            scope.spawn(b);
            a();
        });
    }
}

/// All that a pass computed.
fn all_bits<T: Scalar>(pass: &Pass<T>) -> Vec<Vec<Bits>> {
    let ws = &pass.ws;
    let matrices = [ws.hidden(), ws.scores(), ws.score_gradient(), ws.hidden_gradient()];
    let mut all: Vec<_> =
        matrices.iter().flat_map(|m| (0..m.rows()).map(|i| bits(m.row(i).unwrap()))).collect();
    all.extend([bits(pass.grads.as_slice()), bits(&pass.dx), bits(&[pass.loss.data, pass.loss.penalty])]);
    all
}

/// A few fused steps from the case's net.
fn steps<T: Scalar>(engine: Engine<'_>, case: &Case, count: usize) -> (Params<T>, Vec<Bits>) {
    let (mut net, x) = (case.net::<T>(), cast::<T>(&case.x));
    let step = Step { eta: T::from_f64(0.3), lambda: T::from_f64(case.lambda) };
    let mut ws = Workspace::new(case.shape, case.n(), engine.pool.width());
    let view = Mat::new(&x, case.n(), case.shape.d());
    let losses: Vec<T> =
        (0..count).map(|_| sgd_step(engine, &mut net, view, case.labels(), step, &mut ws).total()).collect();
    (net, bits(&losses))
}

#[test]
fn a_fused_step_is_backward_and_update() {
    fn check<T: Scalar>(case: &Case) {
        let step = Step { eta: T::from_f64(0.3), lambda: T::from_f64(case.lambda) };
        let without_penalty = Case { lambda: 0.0, ..case.clone() };
        for engine in every_isa() {
            let data_gradient = without_penalty.pass_on::<T>(engine).grads;
            let mut want = case.net::<T>();
            update(engine, &mut want, &data_gradient, step);
            let (got, losses) = steps::<T>(engine, case, 1);
            assert_eq!(bits(got.as_slice()), bits(want.as_slice()), "{engine:?}");
            assert_eq!(losses, bits(&[case.pass::<T>().loss.total()]), "the loss before the step");
        }
    }
    for case in [
        Case::random(7, (6, 5, 4), 0.01, 1),
        Case::random(1, (3, 17, 2), 0.0, 2),
        Case::random(300, (9, 20, 3), 0.125, 3), // products of N = 300 rows take two runs of k
    ] {
        check::<f32>(&case);
        check::<f64>(&case);
    }
}

#[test]
fn the_step_shrinks_weights_by_f_and_not_biases() {
    // dead_hidden's cousin: no hidden unit is on, so W1 has no data gradient and W1' = f W1.
    let mut case = Case::random(4, (3, 5, 2), 0.25, 4);
    case.net[15..20].fill(-100.0);
    let (net, f) = (case.net::<f32>(), (1.0 - 2.0 * 0.25 * f64::from(0.3f32)) as f32);
    let (after, _) = steps::<f32>(Engine::default(), &case, 1);
    let want: Vec<f32> = net.w1_slice().iter().map(|w| f * w).collect();
    assert_eq!(after.w1_slice(), want);
    assert_eq!(after.b1(), net.b1());
}

#[test]
fn every_instruction_set() {
    for case in [Case::random(33, (19, 37, 10), 0.01, 5), Case::random(1, (70, 9, 3), 0.0, 6)] {
        let want = all_bits(&case.pass_on::<f32>(Engine::serial(Isa::PORTABLE)));
        let (net, losses) = steps::<f32>(Engine::serial(Isa::PORTABLE), &case, 4);
        for engine in every_isa() {
            assert_eq!(all_bits(&case.pass_on::<f32>(engine)), want, "{engine:?}");
            let got = steps::<f32>(engine, &case, 4);
            assert_eq!((bits(got.0.as_slice()), got.1), (bits(net.as_slice()), losses.clone()), "{engine:?}");
        }
    }
}

#[test]
fn any_number_of_threads() {
    // Large enough that the products really are split; the second by columns, having a single row.
    for (case, steps_taken) in
        [(Case::random(200, (800, 220, 3), 0.01, 7), 2), (Case::random(1, (4200, 2200, 3), 0.01, 8), 1)]
    {
        let serial = Engine::default();
        let want = all_bits(&case.pass_on::<f32>(serial));
        let (net, losses) = steps::<f32>(serial, &case, steps_taken);
        for width in [2, 3, 5, 8] {
            let threads = Threads::new(width);
            let engine = Engine { pool: &threads, ..serial };
            assert!(all_bits(&case.pass_on::<f32>(engine)) == want, "{width} threads");
            let got = steps::<f32>(engine, &case, steps_taken);
            assert!(bits(got.0.as_slice()) == bits(net.as_slice()), "{width} threads");
            assert_eq!(got.1, losses, "{width} threads");
            assert!(threads.joins() > 0, "nothing was split");
        }
    }
}

#[test]
fn a_pool_wider_than_the_workspace_is_used_as_far_as_it_goes() {
    let case = Case::random(200, (400, 150, 3), 0.0, 9);
    let (net, x, threads) = (case.net::<f32>(), cast::<f32>(&case.x), Threads::new(8));
    let engine = Engine { pool: &threads, ..Engine::default() };
    let mut ws = Workspace::new(case.shape, 200, 2);
    forward(engine, &net, Mat::new(&x, 200, 400), &mut ws);
    assert_eq!(threads.joins.load(Ordering::Relaxed), 1, "two tasks for the rows of the batch");
    let want = case.pass::<f32>();
    assert!((0..200).all(|i| ws.scores().row(i) == want.ws.scores().row(i)));
}

#[test]
fn gradients_of_row_blocks_accumulate_to_those_of_the_batch() {
    fn check<T: Scalar>() {
        let case = Case::random(50, (12, 20, 7), 0.0, 10);
        let pass = case.pass::<T>();
        let mut room = vec![T::ZERO; matmul_workspace(20, 20, 50)];
        let mut accumulate = |a: Mat<'_, T>, b: Mat<'_, T>| {
            let mut c = vec![T::ZERO; a.cols() * b.cols()];
            for rows in [0..1, 1..17, 17..33, 33..50] {
                let (a, b) = (a.row_range(rows.clone()), b.row_range(rows));
                let c = MatMut::new(&mut c, a.cols(), b.cols());
                matmul(Isa::best(), a.t(), b, c, Epilogue::Accumulate, &mut room);
            }
            bits(&c)
        };
        assert_eq!(accumulate(pass.ws.hidden(), pass.ws.score_gradient()), bits(pass.grads.w2_slice()));
        assert_eq!(accumulate(pass.x(), pass.ws.hidden_gradient()), bits(pass.grads.w1_slice()));
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn a_used_workspace_is_as_good_as_a_new_one() {
    fn check<T: Scalar>() {
        let shape = (9, 21, 5);
        let mut ws = Workspace::new(crate::support::shape(9, 21, 5), 40, 1);
        // The first leaves NaN in every buffer; then fewer rows, and more again.
        let mut poison = Case::random(40, shape, 0.0, 11);
        poison.x.fill(f64::NAN);
        for case in [poison, Case::random(3, shape, 0.1, 12), Case::random(29, shape, 0.0, 13)] {
            let (net, x) = (case.net::<T>(), cast::<T>(&case.x));
            let (view, engine) = (Mat::new(&x, case.n(), 9), Engine::default());
            let (mut grads, mut dx) = (Params::zeros(case.shape), vec![nan::<T>(); case.x.len()]);
            forward(engine, &net, view, &mut ws);
            let (lambda, labels) = (T::from_f64(case.lambda), Labels::new(&case.y, 5).unwrap());
            let into = Some(MatMut::new(&mut dx, case.n(), 9));
            let loss = backward(engine, &net, view, labels, lambda, &mut ws, &mut grads, into);
            let want = case.pass::<T>();
            assert_eq!(bits(grads.as_slice()), bits(want.grads.as_slice()));
            assert_eq!(bits(&dx), bits(&want.dx));
            assert_eq!(bits(&[loss.total()]), bits(&[want.loss.total()]));
            assert_eq!(ws.rows(), case.n());
        }
    }
    check::<f32>();
    check::<f64>();
}
