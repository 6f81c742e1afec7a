//! The views: what they accept, what they refuse and with which numbers, and how they are taken apart.

mod common;

use common::assert_panics;
use common::matrix::{Layout, Stored};
use kernels::{Mat, MatMut, ShapeError};

const MAX: usize = usize::MAX;

fn length(needed: usize, got: usize) -> ShapeError {
    ShapeError::Length { needed, got }
}

#[test]
fn a_whole_matrix_fills_its_slice() {
    let refused = [
        (2, 3, 5, length(6, 5)),
        (2, 3, 7, length(6, 7)),
        (0, 3, 1, length(0, 1)),
        (3, 0, 1, length(0, 1)),
        (1, 1, 0, length(1, 0)),
        (MAX, 2, 0, ShapeError::Overflow),
        (1 << (usize::BITS / 2), 1 << (usize::BITS / 2), 0, ShapeError::Overflow),
    ];
    for (rows, cols, len, error) in refused {
        let mut data = vec![0.0f32; len];
        assert_eq!(Mat::try_new(&data, rows, cols).unwrap_err(), error, "{rows} x {cols} of {len}");
        assert_eq!(MatMut::try_new(&mut data, rows, cols).unwrap_err(), error, "{rows} x {cols} of {len}");
        let text = error.to_string();
        assert_panics(&text, || _ = Mat::new(&data, rows, cols));
        assert_panics(&text, || _ = MatMut::new(&mut data.clone(), rows, cols));
    }
    for (rows, cols) in [(0, 0), (0, 7), (7, 0), (1, 1), (3, 4), (MAX, 0), (0, MAX)] {
        let mut data = vec![0.0f32; rows * cols];
        let view = Mat::try_new(&data, rows, cols).unwrap();
        assert_eq!((view.rows(), view.cols(), view.row_stride(), view.col_stride()), (rows, cols, cols, 1));
        let view = MatMut::try_new(&mut data, rows, cols).unwrap();
        assert_eq!((view.rows(), view.cols(), view.row_stride()), (rows, cols, cols));
    }
}

#[test]
fn a_strided_matrix_reaches_to_its_last_element() {
    // rows, cols, strides, what it needs
    let cases = [
        (2, 3, 3, 1, 6),
        (2, 3, 5, 1, 8),
        (2, 3, 1, 2, 6),
        (4, 4, 0, 0, 1),
        (4, 3, 0, 1, 3),
        (4, 3, 1, 0, 4),
        (3, 3, 2, 2, 9),
        (1, 1, MAX, MAX, 1),
        (1, 3, MAX, 1, 3),
        (0, 3, MAX, MAX, 0),
        (3, 0, MAX, MAX, 0),
        (MAX, 1, 0, 0, 1),
    ];
    for (rows, cols, row_stride, col_stride, needed) in cases {
        let data = vec![0.0f32; needed];
        for len in needed.saturating_sub(2)..needed {
            let error = Mat::try_with_strides(&data[..len], rows, cols, row_stride, col_stride).unwrap_err();
            assert_eq!(error, length(needed, len));
        }
        let view = Mat::with_strides(&data, rows, cols, row_stride, col_stride);
        assert_eq!((view.rows(), view.cols()), (rows, cols));
        assert_eq!((view.row_stride(), view.col_stride()), (row_stride, col_stride));
    }
    let overflows =
        [(2, 2, MAX, 1), (2, 1, MAX, 1), (3, 1, MAX / 2 + 1, 0), (2, 2, 1, MAX), (MAX, MAX, 1, 1)];
    for (rows, cols, row_stride, col_stride) in overflows {
        let error = Mat::try_with_strides(&[0.0f32; 4], rows, cols, row_stride, col_stride).unwrap_err();
        assert_eq!(error, ShapeError::Overflow, "{rows} x {cols} at {row_stride}, {col_stride}");
    }
    let text = "the matrix needs 8 elements, the slice has 7";
    assert_panics(text, || _ = Mat::with_strides(&[0.0; 7], 2, 3, 5, 1));
}

#[test]
fn rows_to_write_must_not_overlap() {
    let overlap = |cols, row_stride| Some(ShapeError::Overlap { cols, row_stride });
    let cases = [
        (2, 3, 2, 6, overlap(3, 2)),
        (2, 3, 0, 6, overlap(3, 0)),
        (MAX, 1, 0, 6, overlap(1, 0)),
        (1, 3, 0, 3, None), // one row overlaps no other
        (2, 3, 4, 6, Some(length(7, 6))),
        (2, 3, 4, 7, None),
        (2, 3, 4, 9, None),
        (2, 0, 0, 0, None),
        (2, 1, MAX, 6, Some(ShapeError::Overflow)),
        (1, 1, MAX, 1, None),
        (3, 1, MAX / 2 + 1, 6, Some(ShapeError::Overflow)),
    ];
    for (rows, cols, row_stride, len, error) in cases {
        let mut data = vec![0.0f32; len];
        let got = MatMut::try_with_row_stride(&mut data, rows, cols, row_stride).err();
        assert_eq!(got, error, "{rows} x {cols} at {row_stride} in {len}");
        if let Some(error) = error {
            let text = error.to_string();
            assert_panics(&text, || _ = MatMut::with_row_stride(&mut data, rows, cols, row_stride));
        }
    }
}

#[test]
fn errors_name_both_numbers() {
    assert_eq!(length(6, 5).to_string(), "the matrix needs 6 elements, the slice has 5");
    let overlap = ShapeError::Overlap { cols: 3, row_stride: 2 };
    assert_eq!(overlap.to_string(), "rows of 3 elements overlap at a row stride of 2");
    assert!(ShapeError::Overflow.to_string().contains("more elements than a usize can count"));
    let _: &dyn std::error::Error = &overlap;
}

/// Row-major numbers: element (i, j) is 10 i + j.
fn numbered(rows: usize, cols: usize) -> Vec<f32> {
    (0..rows * cols).map(|at| (10 * (at / cols) + at % cols) as f32).collect()
}

#[test]
fn ranges_of_rows_and_columns_at_every_place() {
    let (rows, cols) = (4, 5);
    let values = numbered(rows, cols);
    for layout in Layout::ALL {
        let stored = Stored::new(layout, rows, cols, &values);
        let whole = stored.view();
        for top in 0..=rows {
            for bottom in top..=rows {
                for left in 0..=cols {
                    for right in left..=cols {
                        let part = whole.row_range(top..bottom).col_range(left..right);
                        let other = whole.t().row_range(left..right).col_range(top..bottom).t();
                        for part in [part, other] {
                            assert_eq!((part.rows(), part.cols()), (bottom - top, right - left));
                            for i in 0..part.rows() {
                                for j in 0..part.cols() {
                                    let want = (10 * (top + i) + left + j) as f32;
                                    assert_eq!(part.get(i, j), want, "{layout:?}");
                                    assert_eq!(part.t().get(j, i), want, "{layout:?}");
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Empty matrices may have any strides: no arithmetic on them may overflow.
#[test]
fn empty_matrices_of_any_strides_are_taken_apart() {
    let view = Mat::<f32>::with_strides(&[], 5, 0, MAX, MAX);
    for (first, last) in [(0, 0), (2, 3), (5, 5), (0, 5)] {
        assert_eq!(view.row_range(first..last).rows(), last - first);
        assert_eq!(view.t().col_range(first..last).cols(), last - first);
    }
    for at in 0..=5 {
        let (top, bottom) = MatMut::<f32>::with_row_stride(&mut [], 5, 0, MAX).split_rows(at);
        assert_eq!((top.rows(), bottom.rows()), (at, 5 - at));
    }
    assert_eq!(view.row(4), Some(&[][..]));
}

#[test]
fn rows_are_slices_where_their_elements_are_neighbours() {
    let data = numbered(3, 4);
    let view = Mat::new(&data, 3, 4);
    assert_eq!(view.row(1), Some(&[10.0, 11.0, 12.0, 13.0][..]));
    assert_eq!(view.row_range(1..3).col_range(1..3).row(1), Some(&[21.0, 22.0][..]));
    assert_eq!(view.t().row(1), None);
    assert_eq!(view.t().col_range(2..3).row(1), Some(&[21.0][..]), "one element is its own neighbour");
    assert_eq!(view.col_range(2..2).row(1), Some(&[][..]));
    assert_eq!(view.t().col_range(2..2).row(1), Some(&[][..]));
    let repeated = Mat::with_strides(&data, 9, 4, 0, 1);
    assert_eq!(repeated.row(8), Some(&[0.0, 1.0, 2.0, 3.0][..]));
}

#[test]
fn rows_split_at_every_place_with_and_without_gaps() {
    for (rows, cols, row_stride, tail) in
        [(4, 3, 3, 0), (4, 3, 5, 0), (4, 3, 5, 2), (1, 3, 0, 0), (3, 0, 7, 0)]
    {
        let len = if cols == 0 { 0 } else { (rows - 1) * row_stride + cols + tail };
        for at in 0..=rows {
            let mut data = vec![0.0f32; len];
            let whole = MatMut::with_row_stride(&mut data, rows, cols, row_stride);
            let (mut top, mut bottom) = whole.split_rows(at);
            assert_eq!((top.rows(), top.cols(), bottom.rows(), bottom.cols()), (at, cols, rows - at, cols));
            (0..at).for_each(|i| top.row_mut(i).fill(1.0 + i as f32));
            (0..rows - at).for_each(|i| bottom.row_mut(i).fill(1.0 + (at + i) as f32));
            assert_eq!(top.as_mat().rows(), at);
            for last in at..=rows {
                let whole = MatMut::with_row_stride(&mut data, rows, cols, row_stride);
                let part = whole.row_range(at..last);
                assert_eq!((part.rows(), part.cols()), (last - at, cols));
                for i in 0..if cols == 0 { 0 } else { last - at } {
                    assert_eq!(part.get(i, cols - 1), 1.0 + (at + i) as f32);
                }
            }
            for (at, x) in data.iter().enumerate() {
                let stride = row_stride.max(cols); // a single row may have any
                let (i, j) = (at / stride, at % stride);
                let want = if i < rows && j < cols { 1.0 + i as f32 } else { 0.0 };
                assert_eq!(*x, want, "row {i}, {j}");
            }
        }
    }
}

#[test]
fn columns_of_one_row_split_at_every_place() {
    for at in 0..=5 {
        let mut data = [0.0f32; 5];
        let (mut left, mut right) = MatMut::new(&mut data, 1, 5).split_cols(at);
        assert_eq!((left.rows(), left.cols(), right.rows(), right.cols()), (1, at, 1, 5 - at));
        left.row_mut(0).fill(1.0);
        right.row_mut(0).fill(2.0);
        assert!(data.iter().enumerate().all(|(j, &x)| x == if j < at { 1.0 } else { 2.0 }));
    }
}

#[test]
fn a_reborrow_writes_the_same_elements() {
    let mut data = numbered(2, 3);
    let mut view = MatMut::new(&mut data, 2, 3);
    view.reborrow().row_mut(1)[2] = 7.0;
    assert_eq!((view.row(1)[2], view.as_mat().get(1, 2), view.as_mat().t().get(2, 1)), (7.0, 7.0, 7.0));
}

#[test]
fn places_outside_panic_with_their_numbers() {
    let data = numbered(3, 4);
    let view = Mat::new(&data, 3, 4);
    assert_panics("(3, 0) is outside a 3 x 4 matrix", || _ = view.get(3, 0));
    assert_panics("(0, 4) is outside a 3 x 4 matrix", || _ = view.get(0, 4));
    assert_panics("(0, 3) is outside a 4 x 3 matrix", || _ = view.t().get(0, 3));
    assert_panics("row 3 is outside a 3 x 4 matrix", || _ = view.row(3));
    assert_panics("rows 1..4 of 3", || _ = view.row_range(1..4));
    assert_panics("rows 4..4 of 3", || _ = view.row_range(4..4));
    assert_panics("rows 2..1 of 3", || _ = view.row_range(std::ops::Range { start: 2, end: 1 }));
    assert_panics("0..5 of 4", || _ = view.col_range(0..5));
    let mut data = data.clone();
    let mut view = MatMut::new(&mut data, 3, 4);
    assert_panics("row 3 is outside a 3 x 4 matrix", || _ = view.row(3));
    assert_panics("row 3 is outside a 3 x 4 matrix", || view.row_mut(3)[0] = 0.0);
    assert_panics("(0, 4) is outside a 3 x 4 matrix", || _ = view.get(0, 4));
    assert_panics("rows 1..4 of 3", || _ = view.reborrow().row_range(1..4));
    assert_panics("rows 2..1 of 3", || _ = view.reborrow().row_range(std::ops::Range { start: 2, end: 1 }));
    assert_panics("cannot split 3 rows at 4", || _ = view.reborrow().split_rows(4));
    assert_panics("this one has 3 rows", || _ = view.reborrow().split_cols(1));
    assert_panics("cannot split 4 columns at 5", || _ = MatMut::new(&mut [0.0; 4], 1, 4).split_cols(5));
    assert_panics("this one has 0 rows", || _ = MatMut::<f32>::new(&mut [], 0, 4).split_cols(1));
}
