//! The shapes of the net, and matrices to fill them.

use kernels::{Epilogue, Isa, Mat, MatMut, matmul, matmul_workspace, reference};

/// How an operand lies in memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Rows of neighbours.
    Rows,
    /// Columns of neighbours: the transpose of a stored matrix.
    Columns,
}

/// One product: C (m × n) ← A (m × k) B (k × n).
#[derive(Clone, Copy)]
pub struct Shape {
    /// Where the net meets it.
    pub what: &'static str,
    /// Rows of A and C.
    pub m: usize,
    /// Columns of B and C.
    pub n: usize,
    /// Columns of A, rows of B.
    pub k: usize,
    /// How A lies in memory.
    pub a: Layout,
    /// How B lies in memory.
    pub b: Layout,
}

const fn forward(what: &'static str, m: usize, k: usize, n: usize) -> Shape {
    Shape { what, m, n, k, a: Layout::Rows, b: Layout::Rows }
}

const fn gradient(what: &'static str, m: usize, n: usize, k: usize) -> Shape {
    Shape { what, m, n, k, a: Layout::Columns, b: Layout::Rows }
}

const fn backward(what: &'static str, m: usize, n: usize, k: usize) -> Shape {
    Shape { what, m, n, k, a: Layout::Rows, b: Layout::Columns }
}

/// The products of a training step and of an inference at the sizes the net is used at: N × D × H forward, then
/// what backprop makes of them, the second layer's, and one row alone.
pub const SHAPES: [Shape; 15] = [
    forward("X W1", 200, 3072, 500),
    gradient("Xᵀ dH", 3072, 500, 200),
    forward("X W1", 200, 3072, 50),
    gradient("Xᵀ dH", 3072, 50, 200),
    forward("X W1", 64, 784, 128),
    gradient("Xᵀ dH", 784, 128, 64),
    forward("X W1", 32, 64, 32),
    gradient("Xᵀ dH", 64, 32, 32),
    forward("H W2", 200, 500, 10),
    gradient("Hᵀ dS", 500, 10, 200),
    backward("dS W2ᵀ", 200, 500, 10),
    forward("H W2", 64, 128, 10),
    forward("x W1", 1, 3072, 500),
    forward("x W1", 1, 784, 128),
    forward("x W1", 1, 64, 32),
];

/// `len` numbers in −1..1 from a fixed generator, different for each `seed`.
pub fn filled(len: usize, seed: u32) -> Vec<f32> {
    random(seed).map(|x| (x >> 8) as f32 / 8_388_608.0 - 1.0).take(len).collect()
}

/// The generator.
pub(crate) fn random(seed: u32) -> impl Iterator<Item = u32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(1);
    core::iter::repeat_with(move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state
    })
}

/// The operands of one product, its result and its workspace.
pub struct Product {
    /// Its shape.
    pub shape: Shape,
    /// A, as `shape.a` says.
    pub a: Vec<f32>,
    /// B, as `shape.b` says.
    pub b: Vec<f32>,
    /// C, row-major.
    pub c: Vec<f32>,
    workspace: Vec<f32>,
}

impl Product {
    /// Filled operands; C holds NaN.
    pub fn new(shape: Shape) -> Self {
        let Shape { m, n, k, .. } = shape;
        let workspace = vec![0.0; matmul_workspace(m, n, k)];
        Self { shape, a: filled(m * k, 1), b: filled(k * n, 2), c: vec![f32::NAN; m * n], workspace }
    }

    /// Elements from one row of A to the next, and from one column to the next.
    pub fn a_strides(&self) -> (isize, isize) {
        strides(self.shape.a, self.shape.m, self.shape.k)
    }

    /// Elements from one row of B to the next, and from one column to the next.
    pub fn b_strides(&self) -> (isize, isize) {
        strides(self.shape.b, self.shape.k, self.shape.n)
    }

    /// C ← A B by our kernels.
    pub fn run(&mut self, isa: Isa) {
        let Shape { m, n, k, .. } = self.shape;
        let (a, b) = (view(&self.a, self.shape.a, m, k), view(&self.b, self.shape.b, k, n));
        let c = MatMut::new(&mut self.c, m, n);
        matmul(isa, a, b, c, Epilogue::Store, &mut self.workspace);
    }

    /// Panics unless C is the product: bit for bit (`exact`), or within the error bound of any order of summation,
    /// 2 k u Σ|a b| with u = 2⁻²⁴. The first and the last rows are looked at.
    pub fn check(&self, who: &str, exact: bool) {
        let Shape { m, n, k, .. } = self.shape;
        let (a, b) = (view(&self.a, self.shape.a, m, k), view(&self.b, self.shape.b, k, n));
        for i in [0, m / 2, m - 1] {
            let mut want = vec![0.0; n];
            reference::matmul(a.row_range(i..i + 1), b, MatMut::new(&mut want, 1, n), Epilogue::Store);
            for (j, want) in want.iter().enumerate() {
                let got = self.c[i * n + j];
                let size: f32 = (0..k).map(|p| (a.get(i, p) * b.get(p, j)).abs()).sum();
                let bound = 2.0 * k as f32 * f32::EPSILON / 2.0 * size;
                let fits = if exact { got.to_bits() == want.to_bits() } else { (got - want).abs() <= bound };
                assert!(fits, "{who}: C({i}, {j}) of {m} x {n} x {k} is {got}, wanted {want}");
            }
        }
    }
}

fn strides(layout: Layout, rows: usize, cols: usize) -> (isize, isize) {
    match layout {
        Layout::Rows => (cols as isize, 1),
        Layout::Columns => (1, rows as isize),
    }
}

fn view(data: &[f32], layout: Layout, rows: usize, cols: usize) -> Mat<'_, f32> {
    match layout {
        Layout::Rows => Mat::new(data, rows, cols),
        Layout::Columns => Mat::new(data, cols, rows).t(),
    }
}
