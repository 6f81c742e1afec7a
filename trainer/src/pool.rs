//! Threads: `model`'s [`Join`] over a pool that lives as long as the training.

use model::Join;

use crate::Error;

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
                pool.join(a, b);
            }
            None => {
                a();
                b();
            }
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
}
