//! Every buffer that a step needs, allocated once.

use kernels::{Mat, MatMut, Scalar, matmul_workspace};

use crate::Shape;
use crate::engine::Workspaces;

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
    /// H, N×H: eq. (3).
    pub(crate) h: Rows<T>,
    /// S, N×C: eq. (4).
    pub(crate) s: Rows<T>,
    /// dS, N×C: eq. (7)-(16).
    pub(crate) ds: Rows<T>,
    /// dH0, N×H: eq. (26)-(28).
    pub(crate) dh0: Rows<T>,
    /// L_i, N: eq. (5).
    pub(crate) losses: Vec<T>,
    /// db2, then db1, where the step is fused and no one keeps them.
    pub(crate) db: Vec<T>,
    pub(crate) products: Workspaces<T>,
}

impl<T: Scalar> Workspace<T> {
    /// Buffers for a net of this shape, batches of up to `max_rows` rows, and products in up to `width` tasks at a
    /// time (as [`crate::Join::width`] has it; 0 counts as 1).
    ///
    /// # Panics
    /// If memory cannot hold it.
    pub fn new(shape: Shape, max_rows: usize, width: usize) -> Self {
        let Shape { d, h, c } = shape;
        let n = max_rows;
        // C, A and B of each product: X W1, H W2, Hᵀ dS, dS W2ᵀ, Xᵀ dH0, dH0 W1ᵀ as (rows, columns, depth).
        let products = [(n, h, d), (n, c, h), (h, c, n), (n, h, c), (d, h, n), (n, d, h)];
        let each = products.into_iter().map(|(m, n, k)| matmul_workspace(m, n, k)).max().unwrap_or(0);
        Self {
            shape,
            max_rows,
            rows: 0,
            h: Rows::new(n, h),
            s: Rows::new(n, c),
            ds: Rows::new(n, c),
            dh0: Rows::new(n, h),
            losses: vec![T::ZERO; n],
            db: vec![T::ZERO; h.max(c)],
            products: Workspaces::new(each, width),
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
        self.products.width()
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

    /// Starts a pass over the rows of X.
    pub(crate) fn begin(&mut self, net: Shape, x: Mat<'_, T>) {
        let (n, d) = (x.rows(), x.cols());
        assert!(
            net == self.shape,
            "the net is {net}, the workspace is for {}: they must be equal",
            self.shape
        );
        assert!(d == net.d, "X has {d} columns, the net {} inputs: they must be equal", net.d);
        assert!(n <= self.max_rows, "X has {n} rows, the workspace is for at most {}", self.max_rows);
        self.rows = n;
    }

    /// N, after checking that a forward pass has run and that there is a label for each of its rows.
    pub(crate) fn labelled_rows(&self, labels: crate::Labels<'_>) -> usize {
        let (n, c) = (self.rows, self.shape.c);
        assert!(n > 0, "the loss is a mean over rows: run forward on at least 1, it has run on 0");
        assert!(labels.len() == n, "{} labels for {n} rows: they must be equal", labels.len());
        assert!(
            labels.classes() == c,
            "labels of {} classes for a net of {c}: they must be equal",
            labels.classes()
        );
        n
    }
}

/// A matrix with room for more rows than are in use.
#[derive(Debug)]
pub(crate) struct Rows<T> {
    data: Vec<T>,
    cols: usize,
}

impl<T: Scalar> Rows<T> {
    fn new(max_rows: usize, cols: usize) -> Self {
        let len = max_rows.checked_mul(cols).expect("fewer elements than a usize can count");
        Self { data: vec![T::ZERO; len], cols }
    }

    /// The first n rows.
    pub(crate) fn top(&self, n: usize) -> Mat<'_, T> {
        Mat::new(&self.data[..n * self.cols], n, self.cols)
    }

    /// The first n rows, to write.
    pub(crate) fn top_mut(&mut self, n: usize) -> MatMut<'_, T> {
        MatMut::new(&mut self.data[..n * self.cols], n, self.cols)
    }
}
