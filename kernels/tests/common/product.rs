//! One product with everything that its epilogues need, to run on an instruction set and to compare.

use std::fmt::Arguments;

use kernels::{Epilogue, Isa, Mat, MatMut, Source, matmul, matmul_workspace, reference};

use super::matrix::{Layout, Output, Stored};
use super::{Rng, Values};

/// The epilogues by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Store,
    Accumulate,
    Bias,
    BiasRelu,
    ReluMask,
    SgdStep,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] =
        [Self::Store, Self::Accumulate, Self::Bias, Self::BiasRelu, Self::ReluMask, Self::SgdStep];

    /// Whether the old C counts.
    pub(crate) fn reads_c(self) -> bool {
        matches!(self, Self::Accumulate | Self::SgdStep)
    }
}

/// Where the operands lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub(crate) a: Layout,
    pub(crate) b: Layout,
    /// Of the mask.
    pub(crate) h: Layout,
    /// Elements between the rows of C.
    pub(crate) gap: usize,
}

const fn form(a: Layout, b: Layout) -> Form {
    Form { a, b, h: Layout::Plain, gap: 0 }
}

/// The forms of backprop, and the one that is left.
pub(crate) const FORMS: [Form; 4] = [
    form(Layout::Plain, Layout::Plain),           // X W
    form(Layout::Transposed, Layout::Plain),      // Xᵀ dH
    form(Layout::Plain, Layout::Transposed),      // dS W2ᵀ
    form(Layout::Transposed, Layout::Transposed), // none of ours
];

/// The numbers of a product, row-major.
pub(crate) struct Product {
    pub(crate) m: usize,
    pub(crate) n: usize,
    pub(crate) k: usize,
    pub(crate) a: Vec<f32>,
    pub(crate) b: Vec<f32>,
    pub(crate) c: Vec<f32>,
    pub(crate) bias: Vec<f32>,
    pub(crate) mask: Vec<f32>,
    pub(crate) f: f32,
    pub(crate) eta: f32,
}

impl Product {
    pub(crate) fn new(values: Values, (m, n, k): (usize, usize, usize), rng: &mut Rng) -> Self {
        // Integer steps keep integer products exact.
        let (f, eta) = if values == Values::Integers { (3.0, 2.0) } else { (0.999, 0.01) };
        Self {
            m,
            n,
            k,
            a: values.vec(rng, m * k),
            b: values.vec(rng, k * n),
            c: values.vec(rng, m * n),
            bias: values.vec(rng, n),
            mask: Values::Special.vec(rng, m * n),
            f,
            eta,
        }
    }

    fn epilogue<'a>(&'a self, kind: Kind, mask: Mat<'a, f32>) -> Epilogue<'a, f32> {
        match kind {
            Kind::Store => Epilogue::Store,
            Kind::Accumulate => Epilogue::Accumulate,
            Kind::Bias => Epilogue::Bias(&self.bias),
            Kind::BiasRelu => Epilogue::BiasRelu(&self.bias),
            Kind::ReluMask => Epilogue::ReluMask(mask),
            Kind::SgdStep => Epilogue::SgdStep { f: self.f, eta: self.eta },
        }
    }

    /// What the reference computes.
    pub(crate) fn want(&self, kind: Kind) -> Vec<f32> {
        let Self { m, n, k, .. } = *self;
        let mut c = self.c.clone();
        let mask = Mat::new(&self.mask, m, n);
        let (a, b) = (Mat::new(&self.a, m, k), Mat::new(&self.b, k, n));
        reference::matmul(a, b, MatMut::new(&mut c, m, n), self.epilogue(kind, mask));
        c
    }

    /// [`Product::check`] of each of `kinds` in each of [`FORMS`].
    #[track_caller]
    pub(crate) fn check_forms(&self, isas: &[Isa], kinds: &[Kind], context: Arguments<'_>) {
        for &kind in kinds {
            let want = self.want(kind);
            for form in FORMS {
                self.check(isas, kind, form, 0, &want, context);
            }
        }
    }

    /// Runs every `isa` and fails where it is not `want`. C starts as NaN where it must not be read, and so does
    /// the workspace, which `spare` elements make too long.
    #[track_caller]
    pub(crate) fn check(
        &self,
        isas: &[Isa],
        kind: Kind,
        form: Form,
        spare: usize,
        want: &[f32],
        context: Arguments<'_>,
    ) {
        let Self { m, n, k, .. } = *self;
        let (a, b) = (Stored::new(form.a, m, k, &self.a), Stored::new(form.b, k, n, &self.b));
        let mask = Stored::new(form.h, m, n, &self.mask);
        for &isa in isas {
            let mut c = Output::new(m, n, form.gap, kind.reads_c().then_some(&self.c));
            let mut workspace = vec![f32::NAN; matmul_workspace(m, n, k) + spare];
            matmul(isa, a.view(), b.view(), c.view(), self.epilogue(kind, mask.view()), &mut workspace);
            c.assert_is(want, format_args!("{isa} {m} x {n} x {k} {kind:?} {form:?} {context}"));
        }
    }

    /// [`Product::check`] with A and B from somewhere else, the others as they are.
    #[track_caller]
    pub(crate) fn check_source(
        &self,
        isas: &[Isa],
        kind: Kind,
        (a, b): (Source<'_, f32>, Mat<'_, f32>),
        want: &[f32],
        context: Arguments<'_>,
    ) {
        let Self { m, n, k, .. } = *self;
        let mask = Mat::new(&self.mask, m, n);
        for &isa in isas {
            let mut c = Output::new(m, n, 0, kind.reads_c().then_some(&self.c));
            let mut workspace = vec![f32::NAN; matmul_workspace(m, n, k)];
            matmul(isa, a, b, c.view(), self.epilogue(kind, mask), &mut workspace);
            c.assert_is(want, format_args!("{isa} {m} x {n} x {k} {kind:?} {context}"));
        }
    }
}
