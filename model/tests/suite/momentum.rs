//! The step with velocity: its formula from the gradient of `backward`, the same bits everywhere.

use kernels::{Isa, Mat, Scalar};
use model::{Engine, Inertia, Motion, Params, Step, Workspace, sgd_step_with_velocity};

use crate::support::{Bits, Case, bits, cast, every_isa, shape};

fn step_of<T: Scalar>(case: &Case) -> Step<T> {
    Step { eta: T::from_f64(0.3), lambda: T::from_f64(case.lambda) }
}

/// A few steps from the case's net: net, velocity, losses.
fn steps<T: Scalar>(engine: Engine<'_>, case: &Case, inertia: Inertia<T>, count: usize) -> Vec<Vec<Bits>> {
    let (mut net, x) = (case.net::<T>(), cast::<T>(&case.x));
    let (mut ws, mut motion) = (Workspace::new(case.shape, case.n(), 1), Motion::new(case.shape));
    let view = Mat::new(&x, case.n(), case.shape.d());
    let mut losses = Vec::new();
    for _ in 0..count {
        let (y, step) = (case.labels(), step_of(case));
        let loss = sgd_step_with_velocity(engine, &mut net, view, y, step, inertia, &mut ws, &mut motion);
        losses.push(loss.total());
    }
    vec![bits(net.as_slice()), bits(motion.velocity.as_slice()), bits(&losses)]
}

/// The formula as it stands in the order contract, with the gradient of the data loss.
fn by_hand<T: Scalar>(case: &Case, inertia: Inertia<T>, count: usize) -> Vec<Vec<Bits>> {
    let (mut net, mut v) = (case.net::<T>(), Params::<T>::zeros(case.shape));
    let (d, h, c) = case.shape.sizes();
    let is_weight = |i: usize| i < d * h || (d * h + h..d * h + h + h * c).contains(&i);
    let (step, mu) = (step_of::<T>(case), inertia.mu);
    let mut losses = Vec::new();
    for _ in 0..count {
        let now = Case { net: net.as_slice().iter().map(|w| w.to_f64()).collect(), ..case.clone() };
        losses.push(now.pass::<T>().loss.total());
        let g = Case { lambda: 0.0, ..now }.pass::<T>().grads;
        for (i, (w, v)) in net.as_mut_slice().iter_mut().zip(v.as_mut_slice()).enumerate() {
            let pull = if is_weight(i) { step.lambda + step.lambda } else { T::ZERO };
            let t = -step.eta * pull.mul_add(*w, g.as_slice()[i]);
            *v = mu.mul_add(*v, t);
            *w += if inertia.nesterov { mu.mul_add(*v, t) } else { *v };
        }
    }
    vec![bits(net.as_slice()), bits(v.as_slice()), bits(&losses)]
}

#[test]
fn the_step_is_its_formula() {
    fn check<T: Scalar>() {
        for case in [Case::random(7, (6, 5, 4), 0.01, 1), Case::random(30, (9, 20, 3), 0.0, 2)] {
            for nesterov in [false, true] {
                let inertia = Inertia { mu: T::from_f64(0.75), nesterov };
                let got = steps(Engine::default(), &case, inertia, 3);
                assert_eq!(got, by_hand(&case, inertia, 3), "nesterov {nesterov}");
            }
        }
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn every_instruction_set() {
    let case = Case::random(33, (19, 37, 10), 0.01, 5);
    for nesterov in [false, true] {
        let inertia = Inertia { mu: 0.9f32, nesterov };
        let want = steps(Engine::serial(Isa::PORTABLE), &case, inertia, 4);
        for engine in every_isa() {
            assert_eq!(steps(engine, &case, inertia, 4), want, "{engine:?}");
        }
    }
}

#[test]
fn velocity_and_look_ahead_change_the_net() {
    let case = Case::random(9, (5, 8, 3), 0.0, 6);
    let after = |mu, nesterov| steps(Engine::default(), &case, Inertia { mu, nesterov }, 3);
    assert_ne!(after(0.9f32, false), after(0.0, false));
    assert_ne!(after(0.9, true), after(0.9, false));
}

/// A step of a 2-3-2 net with this motion.
fn step_with(motion: &mut Motion<f32>) {
    let case = Case::random(2, (2, 3, 2), 0.0, 7);
    let (mut net, x) = (case.net::<f32>(), cast::<f32>(&case.x));
    let mut ws = Workspace::new(case.shape, 2, 1);
    let (view, inertia) = (Mat::new(&x, 2, 2), Inertia { mu: 0.9, nesterov: false });
    let (y, step, engine) = (case.labels(), step_of(&case), Engine::default());
    sgd_step_with_velocity(engine, &mut net, view, y, step, inertia, &mut ws, motion);
}

#[test]
#[should_panic(expected = "the net is 2-3-2, the velocity 1-1-1")]
fn a_velocity_of_another_shape_panics() {
    step_with(&mut Motion::new(shape(1, 1, 1)));
}

#[test]
#[should_panic(expected = "the net is 2-3-2, the motion was made for 1-1-1")]
fn a_velocity_put_in_a_motion_of_another_shape_panics() {
    let mut motion = Motion::new(shape(1, 1, 1));
    motion.velocity = Params::zeros(shape(2, 3, 2));
    step_with(&mut motion);
}
