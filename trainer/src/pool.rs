//! Threads: `model`'s [`Join`] over a pool that lives as long as the training.
//!
//! A thread without work goes to sleep within some microseconds, and waking it takes up to 50: as long as a third of a step's half.
//! So a thread that has been given work looks out for more for a while before it may sleep.

use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use model::Join;
use rayon_core::{Yield, current_thread_index};

use crate::Error;

/// How long a thread looks out for more: longer than what a training does between two joins, and soon over when it ends.
const PATIENCE: Duration = Duration::from_micros(100);

thread_local! {
    /// Whether this thread looks out for work, or is about to.
    static LOOKS_OUT: Arc<AtomicBool> = Arc::default();
}

/// So many threads, started once. A pool of one starts none.
pub struct Pool {
    pool: Option<rayon_core::ThreadPool>,
}

impl Pool {
    /// A pool of `threads` threads (0 counts as 1).
    pub fn new(threads: usize) -> Result<Self, Error> {
        if threads <= 1 {
            return Ok(Self { pool: None });
        }
        let pool = rayon_core::ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|e| {
            Error::fault(format!("cannot start {threads} threads ({e}); ask for fewer with --threads"))
        })?;
        Ok(Self { pool: Some(pool) })
    }

    /// Runs the work inside the pool. [`Join::join`] outside of it works too, but wakes a thread for every call.
    pub fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        match &self.pool {
            Some(pool) => pool.install(work),
            None => work(),
        }
    }
}

impl Join for Pool {
    fn width(&self) -> usize {
        self.pool.as_ref().map_or(1, rayon_core::ThreadPool::current_num_threads)
    }

    fn join(&self, a: &mut (dyn FnMut() + Send), b: &mut (dyn FnMut() + Send)) {
        match &self.pool {
            Some(pool) => {
                let caller = current_thread_index();
                pool.join(a, || {
                    b();
                    if current_thread_index() != caller {
                        stay();
                    }
                });
            }
            None => {
                a();
                b();
            }
        }
    }
}

/// Has this thread look out for more work when it has done what it is at, if it does not already.
fn stay() {
    let looks_out = LOOKS_OUT.with(Arc::clone);
    if !looks_out.swap(true, Relaxed) {
        let here = current_thread_index();
        rayon_core::spawn(move || {
            // Another thread may have taken this up. It has something to do.
            if current_thread_index() == here {
                look_out();
            }
            looks_out.store(false, Relaxed);
        });
    }
}

/// Does what work there is, until there has been none for [`PATIENCE`]. Nobody waits for this thread: what it does not take up is done
/// by who offers it.
fn look_out() {
    let mut last = Instant::now();
    while last.elapsed() < PATIENCE {
        match rayon_core::yield_now() {
            Some(Yield::Executed) => last = Instant::now(),
            _ => spin_loop(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_run_on_any_width() {
        for threads in [0, 1, 2, 3] {
            let pool = Pool::new(threads).unwrap();
            assert_eq!(pool.width(), threads.max(1));
            let (mut left, mut right) = (0, 0);
            pool.run(|| pool.join(&mut || left += 1, &mut || right += 2));
            pool.join(&mut || left += 1, &mut || right += 2);
            assert_eq!((left, right), (2, 4), "{threads} threads");
        }
    }

    #[test]
    fn all_work_is_done_whether_threads_look_out_or_sleep() {
        let pool = Pool::new(4).unwrap();
        let mut sums = [0; 4];
        for pause in [Duration::ZERO, 3 * PATIENCE] {
            pool.run(|| {
                for i in 0..200 {
                    let [a, b, c, d] = &mut sums;
                    pool.join(&mut || pool.join(&mut || *a += i, &mut || *b += i), &mut || {
                        pool.join(&mut || *c += i, &mut || *d += i);
                    });
                    std::thread::sleep(pause);
                }
            });
        }
        assert_eq!(sums, [2 * 199 * 100; 4]);
    }
}
