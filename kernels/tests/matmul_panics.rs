//! Shapes that do not fit the product: a panic that names both numbers, before anything is written.

mod common;

use common::{assert_panics, isas};
use kernels::{Epilogue, Isa, Mat, MatMut, matmul, matmul_workspace, reference};

/// A 2 × 3 times 3 × 4 product with one thing wrong.
struct Call {
    a: (usize, usize),
    b: (usize, usize),
    c: (usize, usize),
    short: usize,
}

const RIGHT: Call = Call { a: (2, 3), b: (3, 4), c: (2, 4), short: 0 };

/// Fails unless each instruction set, the reference and f64 panic with `part`, and leave C as it was.
#[track_caller]
fn assert_refused(part: &str, call: Call, epilogue: Epilogue<'_, f32>) {
    let Call { a, b, c, short } = call;
    let (data_a, data_b) = (vec![1.0f32; a.0 * a.1], vec![1.0f32; b.0 * b.1]);
    let (a, b) = (Mat::new(&data_a, a.0, a.1), Mat::new(&data_b, b.0, b.1));
    for isa in isas() {
        let mut data_c = vec![7.0f32; c.0 * c.1];
        let mut workspace = vec![0.0; matmul_workspace(2, 4, 3) - short];
        assert_panics(part, || {
            matmul(isa, a, b, MatMut::new(&mut data_c, c.0, c.1), epilogue, &mut workspace);
        });
        assert!(data_c.iter().all(|&x| x == 7.0), "{isa}: written before the panic");
    }
    if short == 0 {
        let mut data_c = vec![7.0f32; c.0 * c.1];
        assert_panics(part, || reference::matmul(a, b, MatMut::new(&mut data_c, c.0, c.1), epilogue));
    }
}

#[test]
fn right_shapes_are_taken() {
    let mut c = [7.0f32; 8];
    let mut workspace = vec![0.0; matmul_workspace(2, 4, 3)];
    let (a, b) = (Mat::new(&[1.0; 6], 2, 3), Mat::new(&[1.0; 12], 3, 4));
    matmul(Isa::best(), a, b, MatMut::new(&mut c, 2, 4), Epilogue::Store, &mut workspace);
    assert_eq!(c, [3.0; 8]);
}

#[test]
fn operands_that_do_not_fit() {
    let cases = [
        ("A has 3 columns, B has 5 rows", Call { b: (5, 4), ..RIGHT }),
        ("A has 9 rows, C has 2", Call { a: (9, 3), ..RIGHT }),
        ("B has 6 columns, C has 4", Call { b: (3, 6), ..RIGHT }),
        ("A has 2 rows, C has 1", Call { c: (1, 4), ..RIGHT }),
        ("B has 4 columns, C has 5", Call { c: (2, 5), ..RIGHT }),
        // The number of elements fits, the shape does not.
        ("A has 2 columns, B has 3 rows", Call { a: (3, 2), ..RIGHT }),
    ];
    for (part, call) in cases {
        assert_refused(part, call, Epilogue::Store);
    }
}

#[test]
fn epilogues_that_do_not_fit() {
    let h = [1.0; 12];
    let cases = [
        ("the bias has 3 elements, C has 4 columns", Epilogue::Bias(&h[..3])),
        ("the bias has 5 elements, C has 4 columns", Epilogue::BiasRelu(&h[..5])),
        ("the bias has 0 elements, C has 4 columns", Epilogue::Bias(&[])),
        ("the mask is 2 x 3, C is 2 x 4", Epilogue::ReluMask(Mat::new(&h[..6], 2, 3))),
        ("the mask is 3 x 4, C is 2 x 4", Epilogue::ReluMask(Mat::new(&h, 3, 4))),
        ("the mask is 4 x 2, C is 2 x 4", Epilogue::ReluMask(Mat::new(&h[..8], 4, 2))),
    ];
    for (part, epilogue) in cases {
        assert_refused(part, RIGHT, epilogue);
    }
}

#[test]
fn a_workspace_that_is_too_short() {
    let needed = matmul_workspace(2, 4, 3);
    for short in [1, needed] {
        let part = format!("needs matmul_workspace(2, 4, 3) = {needed} elements, it has {}", needed - short);
        assert_refused(&part, Call { short, ..RIGHT }, Epilogue::Store);
    }
}

/// As its docs promise: it never shrinks as a size grows, and has a limit that firmware can count on.
#[test]
fn the_workspace_grows_with_every_size_up_to_its_limit() {
    let sizes = [0, 1, 2, 15, 16, 17, 95, 96, 97, 255, 256, 257, 511, 512, 513, 1000, 1 << 20, usize::MAX];
    for m in sizes {
        for n in sizes {
            for pair in sizes.windows(2) {
                let ordered = |small: usize, large: usize| {
                    assert!(small <= large && large <= 359_952, "{m} {n} {pair:?}: {small} {large}");
                };
                let (x, y) = (pair[0], pair[1]);
                ordered(matmul_workspace(x, m, n), matmul_workspace(y, m, n));
                ordered(matmul_workspace(m, x, n), matmul_workspace(m, y, n));
                ordered(matmul_workspace(m, n, x), matmul_workspace(m, n, y));
            }
        }
    }
    assert_eq!(matmul_workspace(usize::MAX, usize::MAX, usize::MAX), 359_952);
    const SIZE: usize = matmul_workspace(1, 10, 64); // may be the length of an array
    assert_eq!([0.0f32; SIZE].len(), matmul_workspace(1, 10, 64));
}
