//! Every buffer that a step needs, allocated once.

use kernels::{Mat, MatMut, Scalar, Source, matmul_workspace};

use crate::aligned::Aligned;
use crate::band::{Band, Layers};
use crate::{Labels, Shape};

/// Elements, at most, of an X that is worth a matrix of its own: 1 MB in f32, in or near the L2 cache for both products. A larger one would
/// come from afar for each.
const SMALL_X: usize = 1 << 18;

/// The intermediate values of a forward and a backward pass over up to `max_rows` rows, and what the products need.
///
/// A pass over fewer rows uses the top of each buffer; it leaves no trace in the results of the next.
///
/// ```
/// use kernels::Mat;
/// use model::{Engine, Params, Shape, Workspace, forward};
/// let shape = Shape::new(2, 3, 2)?;
/// let mut ws = Workspace::new(shape, 100, 1);
/// forward(Engine::default(), &Params::<f32>::zeros(shape), Mat::new(&[0.0; 4 * 2], 4, 2), &mut ws);
/// assert_eq!((ws.scores().rows(), ws.scores().cols()), (4, 2));
/// # Ok::<(), model::ShapeError>(())
/// ```
#[derive(Debug)]
pub struct Workspace<T> {
    shape: Shape,
    max_rows: usize,
    /// Rows of the last forward pass.
    rows: usize,
    /// X, N×D, where it comes by row numbers: no room for any row where `max_rows` of them are not small.
    x: Rows<T>,
    /// y, N.
    y: Vec<u32>,
    /// H, N×H: eq. (3).
    h: Rows<T>,
    /// S, N×C: eq. (4).
    s: Rows<T>,
    /// dS, N×C: eq. (7)-(16).
    ds: Rows<T>,
    /// dH0, N×H: eq. (26)-(28).
    dh0: Rows<T>,
    /// L_i, N: eq. (5).
    losses: Vec<T>,
    /// db2, then db1, where the step is fused and no one keeps them.
    db: Vec<T>,
    products: Vec<T>,
    width: usize,
}

impl<T: Scalar> Workspace<T> {
    /// Buffers for a net of this shape, batches of up to `max_rows` rows, and work shared by up to `width` tasks at a
    /// time (as [`crate::Join::width`] has it; 0 counts as 1).
    ///
    /// # Panics
    /// If memory cannot hold it.
    #[track_caller]
    pub fn new(shape: Shape, max_rows: usize, width: usize) -> Self {
        let (d, h, c) = shape.sizes();
        let (n, width) = (max_rows, width.max(1));
        // C, A and B of each product: X W1, H W2, Hᵀ dS, dS W2ᵀ, Xᵀ dH0, dH0 W1ᵀ as (rows, columns, depth).
        let products = [(n, h, d), (n, c, h), (h, c, n), (n, h, c), (d, h, n), (n, d, h)];
        let each = products.into_iter().map(|(m, n, k)| matmul_workspace(m, n, k)).max().unwrap_or(0);
        let len = each.checked_mul(width).expect("workspaces of less than two megabytes for each thread");
        Self {
            shape,
            max_rows,
            rows: 0,
            x: Rows::new(if n.saturating_mul(d) <= SMALL_X { n } else { 0 }, d),
            y: Vec::with_capacity(n),
            h: Rows::new(n, h),
            s: Rows::new(n, c),
            ds: Rows::new(n, c),
            dh0: Rows::new(n, h),
            losses: vec![T::ZERO; n],
            db: vec![T::ZERO; h.max(c)],
            products: vec![T::ZERO; len],
            width,
        }
    }

    /// D, H, C.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The largest batch that fits.
    pub fn max_rows(&self) -> usize {
        self.max_rows
    }

    /// The most tasks at a time that it has room for.
    pub fn width(&self) -> usize {
        self.width
    }

    /// N of the last forward pass, 0 before the first.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// H = max(0, X W1 + b1) of the last forward pass, N×H. Source: eq. (3).
    pub fn hidden(&self) -> Mat<'_, T> {
        self.h.top(self.rows)
    }

    /// S = H W2 + b2 of the last forward pass, N×C. Source: eq. (4).
    pub fn scores(&self) -> Mat<'_, T> {
        self.s.top(self.rows)
    }

    /// dS = (softmax(S) − onehot(y)) / N of the last backward pass, N×C; a forward pass since then leaves it
    /// without meaning. Source: eq. (7)-(16).
    pub fn score_gradient(&self) -> Mat<'_, T> {
        self.ds.top(self.rows)
    }

    /// dH0 = (dS W2ᵀ) ∘ 1(H > 0) of the last backward pass, N×H; a forward pass since then leaves it without meaning.
    /// Source: eq. (22)-(28).
    pub fn hidden_gradient(&self) -> Mat<'_, T> {
        self.dh0.top(self.rows)
    }

    /// L_i of the rows, for those who have computed them: eq. (5).
    pub(crate) fn losses(&mut self) -> (Mat<'_, T>, &[u32], &mut [T]) {
        (self.s.top(self.rows), &self.y, &mut self.losses[..self.rows])
    }

    /// dS, dH0, and room for the sums of either over its rows.
    pub(crate) fn bias_gradients(&mut self) -> (Mat<'_, T>, Mat<'_, T>, &mut [T]) {
        (self.ds.top(self.rows), self.dh0.top(self.rows), &mut self.db)
    }

    /// Starts a pass over the rows of X.
    #[track_caller]
    pub(crate) fn begin(&mut self, net: Shape, x: Source<'_, T>) {
        let (n, d) = (x.rows(), x.cols());
        assert!(
            net == self.shape,
            "the net is {net}, the workspace is for {}: they must be equal",
            self.shape
        );
        assert!(d == net.d(), "X has {d} columns, the net {} inputs: they must be equal", net.d());
        assert!(n <= self.max_rows, "X has {n} rows, the workspace is for at most {}", self.max_rows);
        self.rows = n;
    }

    /// Takes up y, after checking that a forward pass has begun and that there is a label for each of its rows.
    #[track_caller]
    pub(crate) fn label(&mut self, labels: Labels<'_>) {
        let (n, c) = (self.rows, self.shape.c());
        assert!(n > 0, "the loss is a mean over rows: run forward on at least 1, it has run on 0");
        assert!(labels.len() == n, "{} labels for {n} rows: they must be equal", labels.len());
        assert!(
            labels.classes() == c,
            "labels of {} classes for a net of {c}: they must be equal",
            labels.classes()
        );
        self.y.clear();
        self.y.extend(labels.iter().map(u32::from));
    }

    /// The rows of a batch, to be shared by threads. y is that of the last call of `label`.
    pub(crate) fn band<'a>(&'a mut self, x: Source<'a, T>, dx: Option<MatMut<'a, T>>) -> Band<'a, T> {
        let (n, (d, h, c)) = (self.rows, self.shape.sizes());
        let gathered = if self.gathers(x) { n } else { 0 };
        Band {
            x,
            gathered: self.x.top_mut(gathered),
            y: &self.y,
            n,
            h: self.h.top_mut(n),
            s: self.s.top_mut(n),
            ds: self.ds.top_mut(n),
            dh0: self.dh0.top_mut(n),
            dx,
            losses: &mut self.losses[..n],
            squares: None,
            products: &mut self.products,
            room: self.width,
            row_macs: (d + c) * h,
        }
    }

    /// Whether X becomes a matrix.
    fn gathers(&self, x: Source<'_, T>) -> bool {
        matches!(x, Source::Batch(_)) && !self.x.data.is_empty()
    }

    /// The rows of the weights, to be shared by threads. X is that of the last band, which may have gathered it.
    pub(crate) fn layers<'a>(
        &'a mut self,
        x: Source<'a, T>,
        w1: MatMut<'a, T>,
        w2: MatMut<'a, T>,
    ) -> Layers<'a, T> {
        let n = self.rows;
        let x = if self.gathers(x) { self.x.top(n).into() } else { x };
        Layers {
            xt: x.t(),
            dh0: self.dh0.top(n),
            w1,
            ht: self.h.top(n).t(),
            ds: self.ds.top(n),
            w2,
            products: &mut self.products,
            room: self.width,
        }
    }
}

/// A matrix with room for more rows than are in use.
#[derive(Debug)]
struct Rows<T> {
    data: Aligned<T>,
    cols: usize,
}

impl<T: Scalar> Rows<T> {
    fn new(max_rows: usize, cols: usize) -> Self {
        let len = max_rows.checked_mul(cols).expect("fewer elements than a usize can count");
        Self { data: Aligned::zeros(len), cols }
    }

    /// The first n rows.
    fn top(&self, n: usize) -> Mat<'_, T> {
        Mat::new(&self.data[..n * self.cols], n, self.cols)
    }

    /// The first n rows, to write.
    fn top_mut(&mut self, n: usize) -> MatMut<'_, T> {
        MatMut::new(&mut self.data[..n * self.cols], n, self.cols)
    }
}

#[cfg(test)]
mod tests {
    use kernels::{Batch, Floats, Input, Normalization};

    use super::*;

    /// The sizes with which `tests/suite/by_rows.rs` goes both ways.
    #[test]
    fn a_small_x_becomes_a_matrix() {
        for (d, gathers) in [(512, true), (1320, false)] {
            let rows = vec![0; 200];
            let by = Normalization::new(d, Floats::F32(&[]), Floats::F32(&[])).unwrap();
            let bytes = vec![0; d];
            let x = Batch::new(Input::U8(&bytes), by, &rows).into();
            let ws = Workspace::<f32>::new(Shape::new(d, 1, 2).unwrap(), 200, 1);
            assert_eq!(ws.gathers(x), gathers, "200 x {d}");
        }
    }
}
