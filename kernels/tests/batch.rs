//! Rows by number: the values and the bits of each row normalised by itself, whatever the data and the strides.

mod common;

use common::matrix::Output;
use common::{Rng, Values, assert_panics, isas};
use kernels::{Batch, Floats, Input, Isa, MatMut, Normalization};

#[test]
fn a_batch_is_its_rows_normalised() {
    let mut rng = Rng::new(140);
    for (there, d, q) in [(1, 1, 0), (5, 3, 1), (7, 16, 16), (4, 48, 3), (9, 33, 33), (3, 70, 7)] {
        for values in Values::ALL {
            let bytes: Vec<u8> = (0..there * d).map(|_| rng.below(256) as u8).collect();
            let numbers = values.vec(&mut rng, there * d);
            let (mean, scale) = (values.vec(&mut rng, q), values.vec(&mut rng, q));
            let by = Normalization::new(d, Floats::F32(&mean), Floats::F32(&scale)).unwrap();
            // Some come twice, some not at all.
            let rows: Vec<u32> = (0..6).map(|_| rng.below(there) as u32).collect();
            for data in [Input::U8(&bytes), Input::F32(&numbers)] {
                let mut want = vec![0.0; rows.len() * d];
                for (&row, out) in rows.iter().zip(want.chunks_mut(d)) {
                    by.apply(Isa::PORTABLE, 0, data.part(row as usize * d, d), out);
                }
                let batch = Batch::new(data, by, &rows);
                assert_eq!((batch.rows(), batch.cols()), (6, d));
                for isa in isas() {
                    let mut x = Output::new(6, d, 5, None);
                    batch.gather(isa, x.view());
                    x.assert_is(&want, format_args!("{isa} {there} x {d}, {q} means"));
                    let mut x = Output::new(3, d, 0, None);
                    batch.row_range(2..5).gather(isa, x.view());
                    x.assert_is(&want[2 * d..5 * d], format_args!("{isa} rows 2..5"));
                }
                let mut wide = vec![0.0f64; 6 * d];
                batch.gather(Isa::best(), MatMut::new(&mut wide, 6, d));
                let same = |(a, &b): (&f64, &f32)| {
                    a.to_bits() == f64::from(b).to_bits() || (a.is_nan() && b.is_nan())
                };
                assert!(wide.iter().zip(&want).all(same), "f64 has the values of f32");
            }
        }
    }
}

#[test]
fn numbers_and_shapes_that_do_not_fit_panic_with_the_numbers() {
    let by = Normalization::new(3, Floats::F32(&[]), Floats::F32(&[])).unwrap();
    let data = [0u8; 12];
    let new = |len: usize, rows: &[u32]| {
        Batch::new(Input::U8(&data[..len]), by, rows);
    };
    new(12, &[3, 0, 3]);
    new(0, &[]);
    assert_panics("11 values are no whole number of rows of 3", || new(11, &[0]));
    assert_panics("row 4 of a data set of 4 rows", || new(12, &[0, 4]));
    assert_panics("row 0 of a data set of 0 rows", || new(0, &[0]));
    let gather = |rows, cols| {
        let mut x = vec![0.0f32; rows * cols];
        Batch::new(Input::U8(&data), by, &[1, 2]).gather(Isa::best(), MatMut::new(&mut x, rows, cols));
    };
    assert_panics("X is 3 x 3, the batch 2 x 3", || gather(3, 3));
    assert_panics("X is 2 x 4, the batch 2 x 3", || gather(2, 4));
}
