//! Where the arithmetic runs: an instruction set, and threads if there are any.
//!
//! Work is shared out by rows: of the batch in the forward pass and down to dH0, of the weights in the gradients. No
//! chain of multiply-adds is ever cut, so the number of tasks changes no bit.

use core::fmt;

use kernels::Isa;

/// Multiply-adds that are worth a task of their own: 30 to 60 µs of work. With so many, two threads take 0.8 of the time of one at
/// 784-128-10 with batches of 64 (a Xeon, `cargo run --release -p benches --example step`, 2026-11-29).
pub const MIN_MACS: usize = 3 << 20;
/// Rows in a full register tile: tasks get multiples of it where there are enough.
const TILE_ROWS: usize = 8;

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

/// Work that can be cut in two, and how much of it there is.
pub(crate) trait Work: Sized + Send {
    /// Pieces that it can be cut into, at most.
    fn pieces(&self) -> usize;
    /// Tasks that there are workspaces for.
    fn room(&self) -> usize;
    /// Multiply-adds.
    fn macs(&self) -> usize;
    /// The first `left` of `tasks` parts, and the rest.
    fn split(self, left: usize, tasks: usize) -> (Self, Self);
}

impl Engine<'_> {
    /// Has `work` done by `task`, in as many parts as the pool, the workspaces and the size of the work allow.
    pub(crate) fn share<W: Work>(self, work: W, task: &(impl Fn(W) + Sync)) {
        let worth = work.pieces().min(work.macs() / MIN_MACS);
        let tasks = if worth > 1 { self.pool.width().min(work.room()).min(worth) } else { 1 };
        run(self.pool, tasks, work, task);
    }
}

/// Has `work` done as `tasks` tasks.
fn run<W: Work>(pool: &dyn Join, tasks: usize, work: W, task: &(impl Fn(W) + Sync)) {
    if tasks <= 1 {
        return task(work);
    }
    let left = tasks / 2;
    let (first, second) = work.split(left, tasks);
    let (mut first, mut second) = (Some(first), Some(second));
    // Each closure runs once; `take` says so to the compiler.
    pool.join(&mut || first.take().into_iter().for_each(|work| run(pool, left, work, task)), &mut || {
        second.take().into_iter().for_each(|work| run(pool, tasks - left, work, task))
    });
}

/// Where to cut `rows` so that `left` of `tasks` parts lie before: on a tile's edge, if one is left after it.
pub(crate) fn cut(rows: usize, left: usize, tasks: usize) -> usize {
    let fair = rows * left / tasks;
    let even = fair.next_multiple_of(TILE_ROWS);
    if even < rows { even } else { fair }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_leave_something_on_both_sides() {
        for rows in [2, 9, 16, 17, 100, 200] {
            for tasks in 2..=rows.min(20) {
                for left in 1..tasks {
                    let at = cut(rows, left, tasks);
                    assert!(0 < at && at < rows, "{rows} cut at {at}, {left} of {tasks}");
                }
            }
        }
        assert_eq!((cut(200, 1, 2), cut(200, 1, 3), cut(4, 2, 4)), (104, 72, 2));
    }

    /// Numbers to be counted, as work.
    struct Count(std::ops::Range<usize>, usize);

    impl Work for Count {
        fn pieces(&self) -> usize {
            self.0.len()
        }
        fn room(&self) -> usize {
            5
        }
        fn macs(&self) -> usize {
            self.1
        }
        fn split(self, left: usize, tasks: usize) -> (Self, Self) {
            let at = self.0.start + cut(self.0.len(), left, tasks);
            (Self(self.0.start..at, self.1), Self(at..self.0.end, self.1))
        }
    }

    /// As wide as it likes, one after the other.
    struct Wide(usize);

    impl Join for Wide {
        fn width(&self) -> usize {
            self.0
        }
        fn join(&self, a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send)) {
            b();
            a();
        }
    }

    #[test]
    fn work_is_done_once_in_as_many_tasks_as_it_is_worth() {
        let parts = |width, rows, macs| {
            let done = std::sync::Mutex::new(Vec::new());
            let pool = Wide(width);
            let engine = Engine { isa: Isa::PORTABLE, pool: &pool };
            engine.share(Count(0..rows, macs), &|part| done.lock().unwrap().push(part.0));
            let mut done = done.into_inner().unwrap();
            done.sort_by_key(|part| part.start);
            assert!(done.windows(2).all(|pair| pair[0].end == pair[1].start), "{done:?}");
            assert_eq!((done[0].start, done[done.len() - 1].end), (0, rows));
            done.len()
        };
        assert_eq!(parts(2, 200, MIN_MACS), 1, "too little for two");
        assert_eq!(parts(2, 200, 2 * MIN_MACS), 2);
        assert_eq!(parts(9, 200, 3 * MIN_MACS), 3, "enough for three");
        assert_eq!(parts(9, 200, usize::MAX), 5, "workspaces for five");
        assert_eq!(parts(9, 3, usize::MAX), 3, "three rows");
        assert_eq!(parts(1, 200, usize::MAX), 1);
        assert_eq!(parts(9, 0, 0), 1);
    }
}
