//! What runs the products: an instruction set, and threads if there are any.
//!
//! A product C ← A B splits by rows of C (by columns where C is a single row). No element's chain of multiply-adds is
//! ever cut, so the number of tasks changes no bit.

use core::fmt;

use kernels::{Epilogue, Isa, Mat, MatMut, Scalar, matmul};

/// Multiply-adds that are worth a task of their own: 10 to 20 µs of work, a few times what it costs to wake a thread.
const MIN_MACS: usize = 1 << 20;
/// Rows of C in a full register tile: tasks get multiples of it where there are enough.
const TILE_ROWS: usize = 8;
/// Columns of C in a vector: the same for a single row.
const TILE_COLS: usize = 16;

/// Two tasks at a time: what a pool of threads must offer.
///
/// Calls nest: a task may itself call `join`. `model` never splits into more tasks than `width` says.
pub trait Join: Sync {
    /// How many tasks can run at the same time.
    fn width(&self) -> usize;

    /// Runs `a` and `b`, each exactly once, in any order or at the same time, and returns when both are done.
    fn join(&self, a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send));
}

/// No threads: one task after the other, on the thread that calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct Serial;

impl Join for Serial {
    fn width(&self) -> usize {
        1
    }

    fn join(&self, a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send)) {
        a();
        b();
    }
}

/// Where the arithmetic runs. It changes the time that a result takes, never a bit of it.
///
/// ```
/// use model::Engine;
/// let engine = Engine::default(); // the best instruction set here, no threads
/// let slow = Engine::serial(kernels::Isa::PORTABLE);
/// assert_eq!(engine.pool.width(), slow.pool.width());
/// ```
#[derive(Clone, Copy)]
pub struct Engine<'a> {
    /// The instruction set.
    pub isa: Isa,
    /// The threads.
    pub pool: &'a dyn Join,
}

impl Engine<'static> {
    /// `isa` on the calling thread alone.
    pub fn serial(isa: Isa) -> Self {
        Self { isa, pool: &Serial }
    }
}

impl Default for Engine<'static> {
    fn default() -> Self {
        Self::serial(Isa::best())
    }
}

impl fmt::Debug for Engine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("isa", &self.isa).field("width", &self.pool.width()).finish()
    }
}

impl Engine<'_> {
    /// C ← epilogue(A B), in as many tasks as the pool, the workspaces and the size of the product allow.
    pub(crate) fn product<T: Scalar>(
        self,
        a: Mat<'_, T>,
        b: Mat<'_, T>,
        c: MatMut<'_, T>,
        epilogue: Epilogue<'_, T>,
        workspaces: &mut Workspaces<T>,
    ) {
        let product = Product { a, b, c, epilogue };
        let tasks = self.pool.width().min(workspaces.width).min(product.tasks()).max(1);
        run(self, tasks, product, workspaces.first(tasks));
    }
}

/// A matmul workspace for each of `width` tasks.
#[derive(Debug)]
pub(crate) struct Workspaces<T> {
    data: Vec<T>,
    width: usize,
}

impl<T: Scalar> Workspaces<T> {
    /// `each` elements for every one of `width` tasks.
    pub(crate) fn new(each: usize, width: usize) -> Self {
        let width = width.max(1);
        let len = each.checked_mul(width).expect("workspaces of less than a megabyte for each thread");
        Self { data: vec![T::ZERO; len], width }
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The workspaces of the first `tasks` tasks.
    fn first(&mut self, tasks: usize) -> &mut [T] {
        let each = self.data.len() / self.width;
        &mut self.data[..each * tasks]
    }
}

/// A product that can be cut in two.
struct Product<'a, T> {
    a: Mat<'a, T>,
    b: Mat<'a, T>,
    c: MatMut<'a, T>,
    epilogue: Epilogue<'a, T>,
}

impl<T: Scalar> Product<'_, T> {
    /// How many tasks it is worth, and can be cut into.
    fn tasks(&self) -> usize {
        let (m, n, k) = (self.c.rows(), self.c.cols(), self.a.cols());
        let pieces = if m == 1 { n.div_ceil(TILE_COLS) } else { m };
        pieces.min(m.saturating_mul(n).saturating_mul(k) / MIN_MACS)
    }

    /// The same product for a shorter time.
    fn reborrow(&mut self) -> Product<'_, T> {
        Product { a: self.a, b: self.b, c: self.c.reborrow(), epilogue: self.epilogue }
    }
}

impl<'a, T: Scalar> Product<'a, T> {
    /// The first `left` of `tasks` parts, and the rest: cut by rows, a single row by columns.
    fn split(self, left: usize, tasks: usize) -> (Self, Self) {
        let Self { a, b, c, epilogue } = self;
        let (m, n) = (c.rows(), c.cols());
        if m == 1 {
            let at = cut(n, left, tasks, TILE_COLS);
            let (c0, c1) = c.split_cols(at);
            let (b0, b1) = (b.col_range(0..at), b.col_range(at..n));
            let (e0, e1) = match epilogue {
                Epilogue::Bias(bias) => (Epilogue::Bias(&bias[..at]), Epilogue::Bias(&bias[at..])),
                Epilogue::BiasRelu(bias) => {
                    (Epilogue::BiasRelu(&bias[..at]), Epilogue::BiasRelu(&bias[at..]))
                }
                Epilogue::ReluMask(h) => {
                    (Epilogue::ReluMask(h.col_range(0..at)), Epilogue::ReluMask(h.col_range(at..n)))
                }
                Epilogue::Store | Epilogue::Accumulate | Epilogue::SgdStep { .. } => (epilogue, epilogue),
            };
            return (Self { a, b: b0, c: c0, epilogue: e0 }, Self { a, b: b1, c: c1, epilogue: e1 });
        }
        let at = cut(m, left, tasks, TILE_ROWS);
        let (c0, c1) = c.split_rows(at);
        let (a0, a1) = (a.row_range(0..at), a.row_range(at..m));
        let (e0, e1) = match epilogue {
            Epilogue::ReluMask(h) => {
                (Epilogue::ReluMask(h.row_range(0..at)), Epilogue::ReluMask(h.row_range(at..m)))
            }
            _ => (epilogue, epilogue),
        };
        (Self { a: a0, b, c: c0, epilogue: e0 }, Self { a: a1, b, c: c1, epilogue: e1 })
    }
}

/// Where to cut `len` so that `left` of `tasks` parts lie before: on a tile's edge, if one is left after it.
fn cut(len: usize, left: usize, tasks: usize, tile: usize) -> usize {
    let fair = len * left / tasks;
    let even = fair.next_multiple_of(tile);
    if even < len { even } else { fair }
}

/// Runs a product as `tasks` tasks, each with its share of `workspaces`.
fn run<T: Scalar>(engine: Engine<'_>, tasks: usize, product: Product<'_, T>, workspaces: &mut [T]) {
    if tasks == 1 {
        let Product { a, b, c, epilogue } = product;
        return matmul(engine.isa, a, b, c, epilogue, workspaces);
    }
    let left = tasks / 2;
    let (mut first, mut second) = product.split(left, tasks);
    let (workspaces0, workspaces1) = workspaces.split_at_mut(workspaces.len() / tasks * left);
    engine.pool.join(&mut || run(engine, left, first.reborrow(), workspaces0), &mut || {
        run(engine, tasks - left, second.reborrow(), workspaces1)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two threads for every join.
    struct Threads;

    impl Join for Threads {
        fn width(&self) -> usize {
            usize::MAX
        }
        fn join(&self, a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send)) {
            std::thread::scope(|scope| {
                scope.spawn(b);
                a();
            });
        }
    }

    /// Numbers without a pattern, exact in f32.
    fn numbers(len: usize, seed: u32) -> Vec<f32> {
        let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        std::iter::successors(next(&seed), next).take(len).map(|x| (x >> 16) as f32 / 65536.0 - 0.5).collect()
    }

    /// Every epilogue, cut into any number of tasks by rows and by columns: the bits of one task.
    #[test]
    fn tasks_change_no_bit() {
        for (m, n, k) in [(1, 1, 3), (2, 5, 4), (7, 9, 300), (40, 3, 6), (1, 70, 20), (33, 17, 1)] {
            let (a, b) = (numbers(m * k, 1), numbers(k * n, 2));
            let (h, bias, old) = (numbers(m * n, 3), numbers(n, 4), numbers(m * n, 5));
            let (a, b, h) = (Mat::new(&a, m, k), Mat::new(&b, k, n), Mat::new(&h, m, n));
            let each = kernels::matmul_workspace(m, n, k);
            for epilogue in [
                Epilogue::Store,
                Epilogue::Accumulate,
                Epilogue::Bias(&bias),
                Epilogue::BiasRelu(&bias),
                Epilogue::ReluMask(h),
                Epilogue::SgdStep { f: 0.875, eta: 0.5 },
            ] {
                let with = |tasks: usize| {
                    let mut c = old.clone();
                    let mut workspaces = vec![f32::NAN; each * tasks];
                    let product = Product { a, b, c: MatMut::new(&mut c, m, n), epilogue };
                    let engine = Engine { isa: Isa::best(), pool: &Threads };
                    run(engine, tasks, product, &mut workspaces);
                    c.iter().map(|c| c.to_bits()).collect::<Vec<_>>()
                };
                let want = with(1);
                let pieces = if m == 1 { n.div_ceil(TILE_COLS) } else { m };
                for tasks in (2..=9).take_while(|&tasks| tasks <= pieces) {
                    assert_eq!(with(tasks), want, "{m} x {n} x {k} in {tasks} tasks, {epilogue:?}");
                }
            }
        }
    }

    #[test]
    fn cuts_leave_something_on_both_sides() {
        for (len, tile) in [(2, 8), (9, 8), (16, 8), (17, 16), (100, 16), (200, 8)] {
            for tasks in 2..=len.min(20) {
                for left in 1..tasks {
                    let at = cut(len, left, tasks, tile);
                    assert!(0 < at && at < len, "{len} cut at {at}, {left} of {tasks}");
                }
            }
        }
        assert_eq!((cut(200, 1, 2, 8), cut(200, 1, 3, 8), cut(4, 2, 4, 8)), (104, 72, 2));
    }

    #[test]
    fn small_products_are_one_task() {
        let tasks = |m, n, k| {
            let mut c = vec![0.0f32; m * n];
            let (a, b) = (vec![0.0; m * k], vec![0.0; k * n]);
            let (a, b) = (Mat::new(&a, m, k), Mat::new(&b, k, n));
            Product { a, b, c: MatMut::new(&mut c, m, n), epilogue: Epilogue::Store }.tasks()
        };
        assert_eq!(
            (tasks(32, 32, 64), tasks(0, 4, 4), tasks(200, 500, 784), tasks(1, 16, 100_000)),
            (0, 0, 74, 1)
        );
    }
}
