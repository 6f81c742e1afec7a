//! Eq. (2)-(4). Whole numbers make every sum exact, so the comparison is equality.

use kernels::{Mat, Scalar};
use model::{Engine, Params, Workspace, forward};

use crate::support::{Case, bits, cast, shape, values};

/// X W1 + b1 as the blackboard has it.
fn naive_h0(case: &Case) -> Vec<f64> {
    let (d, h) = (case.shape.d(), case.shape.h());
    let (w1, b1) = case.net.split_at(d * h);
    let h0 = |i: usize, j: usize| (0..d).map(|p| case.x[i * d + p] * w1[p * h + j]).sum::<f64>() + b1[j];
    (0..case.n()).flat_map(|i| (0..h).map(move |j| h0(i, j))).collect()
}

#[test]
fn eq_2_hidden_sums() {
    fn check<T: Scalar>(mut case: Case) {
        // A bias so large that every unit is on: H is then H0 itself.
        let Case { shape, net, .. } = &mut case;
        net[shape.d() * shape.h()..][..shape.h()].iter_mut().for_each(|b1| *b1 += 1000.0);
        let want = naive_h0(&case);
        assert!(want.iter().all(|&h0| h0 > 0.0));
        assert_eq!(values(case.pass::<T>().ws.hidden()), want);
    }
    for (n, sizes) in [(1, (1, 1, 1)), (5, (4, 10, 3)), (9, (17, 33, 2)), (3, (70, 5, 4))] {
        check::<f32>(Case::integers(n, sizes, 2));
        check::<f64>(Case::integers(n, sizes, 2));
    }
}

#[test]
fn eq_3_relu() {
    fn check<T: Scalar>(case: &Case) {
        let want: Vec<f64> = naive_h0(case).into_iter().map(|h0| if h0 > 0.0 { h0 } else { 0.0 }).collect();
        assert!(want.contains(&0.0) && want.iter().any(|&h| h > 0.0), "both sides of the corner");
        assert_eq!(bits(&values(case.pass::<T>().ws.hidden())), bits(&want), "where it is off, H is +0");
    }
    let case = Case::integers(13, (7, 21, 3), 3);
    check::<f32>(&case);
    check::<f64>(&case);
}

#[test]
fn eq_4_scores() {
    fn check<T: Scalar>(case: &Case) {
        let pass = case.pass::<T>();
        let (hidden, net, c) = (pass.ws.hidden(), case.net::<f64>(), case.shape.c());
        let score = |i, j| {
            let terms = (0..hidden.cols()).map(|p| hidden.get(i, p).to_f64() * net.w2().get(p, j));
            terms.sum::<f64>() + net.b2()[j]
        };
        let want: Vec<f64> = (0..case.n()).flat_map(|i| (0..c).map(move |j| score(i, j))).collect();
        assert_eq!(values(pass.ws.scores()), want);
    }
    for (n, sizes) in [(1, (1, 1, 1)), (5, (4, 10, 3)), (9, (6, 33, 17))] {
        check::<f32>(&Case::integers(n, sizes, 4));
        check::<f64>(&Case::integers(n, sizes, 4));
    }
}

#[test]
fn from_one_row_to_n_no_row_sees_another() {
    fn check<T: Scalar>() {
        let case = Case::random(11, (19, 23, 5), 0.0, 5);
        let (net, x) = (case.net::<T>(), cast::<T>(&case.x));
        let all = case.pass::<T>();
        let mut ws = Workspace::new(case.shape, 1, 1);
        for i in 0..case.n() {
            forward(Engine::default(), &net, Mat::new(&x, 11, 19).row_range(i..i + 1), &mut ws);
            assert_eq!(bits(ws.hidden().row(0).unwrap()), bits(all.ws.hidden().row(i).unwrap()));
            assert_eq!(bits(ws.scores().row(0).unwrap()), bits(all.ws.scores().row(i).unwrap()));
        }
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn x_may_have_any_strides() {
    let case = Case::random(6, (9, 4, 3), 0.0, 6);
    let (net, want) = (case.net::<f32>(), case.pass::<f32>());
    let columns: Vec<f32> = (0..9 * 6).map(|k| case.x[k % 6 * 9 + k / 6] as f32).collect();
    let mut ws = Workspace::new(case.shape, 6, 1);
    forward(Engine::default(), &net, Mat::new(&columns, 9, 6).t(), &mut ws);
    assert_eq!(values(ws.scores()), values(want.ws.scores()));
}

#[test]
fn no_rows_are_no_work() {
    let shape = shape(3, 2, 2);
    let mut ws = Workspace::<f32>::new(shape, 4, 1);
    forward(Engine::default(), &Params::zeros(shape), Mat::new(&[], 0, 3), &mut ws);
    assert_eq!((ws.rows(), ws.scores().rows()), (0, 0));
}
