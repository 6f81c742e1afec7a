//! Matrices to fill the shapes, and the check that comes before the clock.

use kernels::{Epilogue, Isa, Layer, Mat, MatMut, dense, matmul, matmul_workspace, pack_layer, reference};

use crate::lines::OnLines;
use crate::shapes::{After, Layout, Shape};

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
    pub a: OnLines<f32>,
    /// B, as `shape.b` says.
    pub b: OnLines<f32>,
    /// C, row-major.
    pub c: OnLines<f32>,
    /// The bias, n numbers.
    bias: OnLines<f32>,
    /// H of the mask, m × n; about half of it is above 0.
    h: OnLines<f32>,
    /// For one row: B and a bias of zeros as a layer.
    packed: OnLines<[u8; 4]>,
    workspace: Vec<f32>,
}

impl Product {
    /// Filled operands; C holds NaN.
    pub fn new(shape: Shape) -> Self {
        let Shape { m, n, k, .. } = shape;
        let workspace = vec![0.0; matmul_workspace(m, n, k)];
        let filled = |len, seed| OnLines::of(&filled(len, seed));
        let h = filled(if shape.after == After::Mask { m * n } else { 0 }, 6);
        let (a, b, bias) = (filled(m * k, 1), filled(k * n, 2), filled(n, 5));
        let mut packed = OnLines::new([0; 4], if m == 1 { (k + 1) * n } else { 0 });
        if m == 1 {
            pack_layer(&b, &vec![0.0; n], &mut packed);
        }
        Self { shape, a, b, c: OnLines::new(f32::NAN, m * n), bias, h, packed, workspace }
    }

    /// Elements from one row of A to the next, and from one column to the next.
    pub fn a_strides(&self) -> (isize, isize) {
        strides(self.shape.a, self.shape.m, self.shape.k)
    }

    /// Elements from one row of B to the next, and from one column to the next.
    pub fn b_strides(&self) -> (isize, isize) {
        strides(self.shape.b, self.shape.k, self.shape.n)
    }

    /// C by our kernels: one row alone through `dense`, as inference does it, with weights that were packed once.
    pub fn run(&mut self, isa: Isa) {
        let Shape { m, n, k, .. } = self.shape;
        if m == 1 {
            let layer = Layer::new(k, n, &self.packed).expect("as many numbers as its shape has");
            return dense(isa, &self.a, &layer, false, &mut self.c);
        }
        let (a, b) = (view(&self.a, self.shape.a, m, k), view(&self.b, self.shape.b, k, n));
        let epilogue = epilogue(self.shape, &self.bias, &self.h);
        matmul(isa, a, b, MatMut::new(&mut self.c, m, n), epilogue, &mut self.workspace);
    }

    /// C by a peer, whose product is followed by the pass that our epilogue saves.
    pub fn run_peer(&mut self, product: fn(&mut Self)) {
        product(self);
        match self.shape.after {
            After::Nothing => {}
            After::BiasRelu => {
                for row in self.c.chunks_exact_mut(self.bias.len()) {
                    row.iter_mut().zip(&*self.bias).for_each(|(c, b)| *c = (*c + b).max(0.0));
                }
            }
            After::Mask => kernels::relu_backward(Isa::best(), &self.h, &mut self.c),
        }
    }

    /// Panics unless C is the product: bit for bit (`exact`), or within the error bound of any order of summation,
    /// 2 (k + 1) u (Σ|a b| + |bias|) with u = 2⁻²⁴. The first, the middle and the last row are looked at.
    pub fn check(&self, who: &str, exact: bool) {
        let Shape { m, n, k, .. } = self.shape;
        let (a, b) = (view(&self.a, self.shape.a, m, k), view(&self.b, self.shape.b, k, n));
        for i in [0, m / 2, m - 1] {
            let mut want = vec![0.0; n];
            let h = self.h.get(i * n..).unwrap_or_default();
            let after = epilogue(Shape { m: 1, ..self.shape }, &self.bias, h);
            reference::matmul(a.row_range(i..i + 1), b, MatMut::new(&mut want, 1, n), after);
            for (j, want) in want.iter().enumerate() {
                let got = self.c[i * n + j];
                let size: f32 = (0..k).map(|p| (a.get(i, p) * b.get(p, j)).abs()).sum();
                let bound = (k + 1) as f32 * f32::EPSILON * (size + self.bias[j].abs());
                let fits = if exact { got.to_bits() == want.to_bits() } else { (got - want).abs() <= bound };
                assert!(fits, "{who}: C({i}, {j}) of {m} x {n} x {k} is {got}, wanted {want}");
            }
        }
    }
}

/// The epilogue that the shape asks for.
fn epilogue<'a>(shape: Shape, bias: &'a [f32], h: &'a [f32]) -> Epilogue<'a, f32> {
    let Shape { m, n, after, .. } = shape;
    match after {
        After::Nothing => Epilogue::Store,
        After::BiasRelu => Epilogue::BiasRelu(bias),
        After::Mask => Epilogue::ReluMask(Mat::new(&h[..m * n], m, n)),
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
