//! The products that are measured.

/// How an operand lies in memory.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Rows of neighbours.
    Rows,
    /// Columns of neighbours: the transpose of a stored matrix.
    Columns,
}

/// What is done to A B on its way to C: by us in the product's epilogue, by a peer in a pass of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// Nothing.
    Nothing,
    /// C ← max(0, A B + b).
    BiasRelu,
    /// C ← A B where H > 0, else 0.
    Mask,
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
    /// What follows.
    pub after: After,
}

impl Shape {
    /// Where the net meets it, and m × k × n.
    pub fn name(&self) -> String {
        format!("{} {}x{}x{}", self.what, self.m, self.k, self.n)
    }
}

const fn forward(what: &'static str, m: usize, k: usize, n: usize) -> Shape {
    Shape { what, m, n, k, a: Layout::Rows, b: Layout::Rows, after: After::Nothing }
}

const fn gradient(what: &'static str, m: usize, k: usize, n: usize) -> Shape {
    Shape { a: Layout::Columns, ..forward(what, m, k, n) }
}

const fn masked(what: &'static str, m: usize, k: usize, n: usize) -> Shape {
    Shape { b: Layout::Columns, after: After::Mask, ..forward(what, m, k, n) }
}

const fn hidden(what: &'static str, m: usize, k: usize, n: usize) -> Shape {
    Shape { after: After::BiasRelu, ..forward(what, m, k, n) }
}

/// The products of a training step and of an inference at the sizes the net is used at, each as m × k × n: N × D × H forward,
/// then what backprop makes of it, the second layer's; squares; one row alone.
pub const SHAPES: [Shape; 28] = [
    forward("X W1", 200, 3072, 500),
    gradient("Xᵀ dH", 3072, 200, 500),
    forward("X W1", 1000, 3072, 128),
    gradient("Xᵀ dH", 3072, 1000, 128),
    forward("X W1", 200, 3072, 50),
    gradient("Xᵀ dH", 3072, 200, 50),
    forward("X W1", 64, 784, 128),
    gradient("Xᵀ dH", 784, 64, 128),
    forward("X W1", 32, 64, 32),
    hidden("X W1 + b, ReLU", 32, 64, 32),
    gradient("Xᵀ dH", 64, 32, 32),
    forward("H W2", 200, 500, 10),
    gradient("Hᵀ dS", 500, 200, 10),
    masked("dS W2ᵀ, mask", 200, 10, 500),
    forward("H W2", 64, 128, 10),
    gradient("Hᵀ dS", 128, 64, 10),
    masked("dS W2ᵀ, mask", 64, 10, 128),
    forward("square", 64, 64, 64),
    forward("square", 256, 256, 256),
    forward("square", 512, 512, 512),
    forward("square", 1024, 1024, 1024),
    forward("square", 2048, 2048, 2048),
    forward("x W1", 1, 3072, 500),
    forward("x W1", 1, 784, 128),
    forward("x W1", 1, 64, 32),
    forward("h W2", 1, 500, 10),
    forward("h W2", 1, 128, 10),
    forward("h W2", 1, 32, 10),
];
