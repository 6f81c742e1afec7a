//! What does not fit: errors for what comes from outside, panics with both numbers for a programmer's mistakes.

use kernels::{Mat, MatMut};
use model::{
    Engine, LabelError, Labels, Params, Shape, ShapeError, Step, Workspace, backward, forward, loss, predict,
    sgd_step, update,
};

use crate::panics::panic_of;
use crate::support::shape;

/// The message of a panic, which has to name a line of this file, where the call is.
#[track_caller]
fn message<R>(f: impl FnOnce() -> R) -> String {
    let (message, place) = panic_of(f);
    assert_eq!(place, file!());
    message
}

#[test]
fn shapes_that_cannot_be() {
    for (d, h, c) in [(0, 1, 1), (1, 0, 1), (1, 1, 0)] {
        let error = Shape::new(d, h, c).unwrap_err();
        assert!(matches!(error, ShapeError::Zero { .. }));
        assert!(error.to_string().starts_with(&format!("a {d}-{h}-{c} net ")), "{error}");
    }
    let huge = usize::MAX;
    for (d, h, c) in [(huge, 1, 1), (1, huge, 1), (1, 1, huge), (huge / 2, 2, 1), (1 << 40, 1 << 20, 1)] {
        assert!(matches!(Shape::new(d, h, c), Err(ShapeError::Overflow { .. })), "{d}-{h}-{c}");
    }
    assert_eq!(shape(4, 10, 3).params(), 83);
    assert_eq!(shape(4, 10, 3).to_string(), "4-10-3");
}

#[test]
fn parameters_of_another_length() {
    let error = Params::from_vec(shape(4, 10, 3), vec![0.0f32; 80]).unwrap_err();
    assert!(matches!(error, ShapeError::Length { needed: 83, got: 80, .. }));
    assert_eq!(error.to_string(), "a 4-10-3 net needs 83 parameters, got 80");
}

#[test]
fn parameters_lie_in_one_order() {
    let mut net = Params::from_vec(shape(2, 3, 2), (0..17).map(f64::from).collect()).unwrap();
    assert_eq!(
        (net.w1().get(1, 0), net.b1(), net.w2().get(2, 1), net.b2()),
        (3.0, &[6.0, 7.0, 8.0][..], 14.0, &[15.0, 16.0][..])
    );
    net.w1_mut().row_mut(1)[2] = -1.0;
    net.b1_mut()[0] = -2.0;
    net.w2_mut().row_mut(0)[0] = -3.0;
    net.b2_mut()[1] = -4.0;
    assert_eq!(net.as_slice()[5..10], [-1.0, -2.0, 7.0, 8.0, -3.0]);
    assert_eq!(net.as_slice()[16], -4.0);
    assert_eq!(net.shape(), shape(2, 3, 2));
}

#[test]
fn labels_that_name_no_class() {
    let error = Labels::new(&[0, 2, 3, 9], 3).unwrap_err();
    assert_eq!(error, LabelError { row: 2, label: 3, classes: 3 });
    assert_eq!(error.to_string(), "row 2 has label 3, but the labels of 3 classes count from 0 to 2");
    assert!(Labels::new(&[u16::MAX], 3).is_err());
    assert_eq!(Labels::new(&[0], 0).unwrap_err().to_string(), "row 0 has label 0, but there are no classes");
    let labels = Labels::new(&[1, 0], 2).unwrap();
    assert_eq!(
        (labels.len(), labels.is_empty(), labels.classes(), labels.iter().collect::<Vec<_>>()),
        (2, false, 2, vec![1, 0])
    );
    assert!(Labels::new(&[], 3).unwrap().is_empty());
}

#[test]
fn both_numbers_are_in_the_panic() {
    let (engine, small) = (Engine::default(), shape(3, 2, 2));
    let net = Params::<f32>::zeros(small);
    let x = [0.0f32; 12];
    let (x3, x4) = (Mat::new(&x[..6], 2, 3), Mat::new(&x[..8], 2, 4));
    let mut ws = Workspace::new(small, 3, 1);

    let text = message(|| forward(engine, &net, x4, &mut ws));
    assert_eq!(text, "X has 4 columns, the net 3 inputs: they must be equal");
    let text = message(|| forward(engine, &net, Mat::new(&x, 4, 3), &mut ws));
    assert_eq!(text, "X has 4 rows, the workspace is for at most 3");
    let text = message(|| forward(engine, &Params::zeros(shape(3, 5, 2)), x3, &mut ws));
    assert_eq!(text, "the net is 3-5-2, the workspace is for 3-2-2: they must be equal");

    let labels = Labels::new(&[0, 1], 2).unwrap();
    let text = message(|| loss(engine, &net, labels, 0.0, &mut ws));
    assert_eq!(text, "the loss is a mean over rows: run forward on at least 1, it has run on 0");
    forward(engine, &net, x3, &mut ws);
    let text = message(|| loss(engine, &net, Labels::new(&[0], 2).unwrap(), 0.0, &mut ws));
    assert_eq!(text, "1 labels for 2 rows: they must be equal");
    let text = message(|| loss(engine, &net, Labels::new(&[0, 1], 3).unwrap(), 0.0, &mut ws));
    assert_eq!(text, "labels of 3 classes for a net of 2: they must be equal");

    let mut grads = Params::zeros(small);
    let one = x3.row_range(0..1);
    let text = message(|| backward(engine, &net, one, labels, 0.0, &mut ws, &mut grads, None));
    assert_eq!(text, "X has 1 rows, the last forward pass had 2: they must be equal");
    let mut dx = [0.0; 8];
    let into = Some(MatMut::new(&mut dx, 2, 4));
    let text = message(|| backward(engine, &net, x3, labels, 0.0, &mut ws, &mut grads, into));
    assert_eq!(text, "dX is 2 x 4, X is 2 x 3: they must be equal");
    let mut other = Params::zeros(shape(3, 2, 3));
    let text = message(|| backward(engine, &net, x3, labels, 0.0, &mut ws, &mut other, None));
    assert_eq!(text, "the net is 3-2-2, the gradient 3-2-3: they must be equal");
    let step = Step { eta: 1.0, lambda: 0.0 };
    let text = message(|| update(engine, &mut net.clone(), &other, step));
    assert_eq!(text, "the net is 3-2-2, the gradient 3-2-3: they must be equal");
    let text = message(|| sgd_step(engine, &mut net.clone(), x4, labels, step, &mut ws));
    assert_eq!(text, "X has 4 columns, the net 3 inputs: they must be equal");

    let text = message(|| predict(x3, &mut [0; 3]));
    assert_eq!(text, "out has 3 elements, S has 2 rows: they must be equal");
}
