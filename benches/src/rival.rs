//! The rival of the training step: the same step in plain Rust over the crate `gemm`, which beats the frameworks.
//! It gathers its batch into a matrix, as one does.

use crate::{OnLines, Pixels, gemm_with};

/// A net D → H → C and the buffers of its step, for batches of N rows.
pub struct Rival {
    shape: (usize, usize, usize, usize),
    /// W1 (D × H), row-major.
    pub w1: Vec<f32>,
    /// b1 (H).
    pub b1: Vec<f32>,
    /// W2 (H × C), row-major.
    pub w2: Vec<f32>,
    /// b2 (C).
    pub b2: Vec<f32>,
    h: Vec<f32>,
    s: Vec<f32>,
    dh: Vec<f32>,
    x: OnLines<f32>,
}

impl Rival {
    /// From the parameters W1, b1, W2, b2 one after the other.
    pub fn new((n, d, h, c): (usize, usize, usize, usize), params: &[f32]) -> Self {
        let (w1, rest) = params.split_at(d * h);
        let (b1, rest) = rest.split_at(h);
        let (w2, b2) = rest.split_at(h * c);
        Self {
            shape: (n, d, h, c),
            w1: w1.to_vec(),
            b1: b1.to_vec(),
            w2: w2.to_vec(),
            b2: b2.to_vec(),
            h: vec![0.0; n * h],
            s: vec![0.0; n * c],
            dh: vec![0.0; n * h],
            x: OnLines::new(0.0, n * d),
        }
    }

    /// S for N rows of X, best [`OnLines`], for they are copied: the forward pass.
    pub fn forward(&mut self, x: &[f32]) -> &[f32] {
        self.x.copy_from_slice(x);
        self.scores();
        &self.s
    }

    /// S for the rows in x.
    fn scores(&mut self) {
        let (n, d, h, c) = self.shape;
        let x = &self.x;
        rows_of(&mut self.h, &self.b1);
        let one = (1.0, &mut self.h[..]);
        gemm_with((n, h, d), (1.0, x, by_rows(d)), (&self.w1, by_rows(h)), one);
        self.h.iter_mut().for_each(|x| *x = x.max(0.0));
        rows_of(&mut self.s, &self.b2);
        gemm_with((n, c, h), (1.0, &self.h, by_rows(h)), (&self.w2, by_rows(c)), (1.0, &mut self.s));
    }

    /// One step of gradient descent on these rows of the data; returns the mean cross-entropy before it.
    pub fn step(&mut self, data: &Pixels, rows: &[u32], eta: f32, lambda: f32) -> f32 {
        let (n, d, h, c) = self.shape;
        for (x, &row) in self.x.chunks_exact_mut(d).zip(rows) {
            let bytes = &data.bytes[row as usize * d..][..d];
            x.iter_mut().zip(bytes).for_each(|(x, &byte)| *x = (f32::from(byte) - data.mean) * data.scale);
        }
        self.scores();
        let mut loss = 0.0;
        for (row, &i) in self.s.chunks_exact_mut(c).zip(rows) {
            let y = data.labels[i as usize];
            let max = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let own = row[y as usize] - max;
            let mut sum = 0.0;
            for x in row.iter_mut() {
                *x = (*x - max).exp();
                sum += *x;
            }
            loss += sum.ln() - own;
            row.iter_mut().for_each(|x| *x /= sum * n as f32);
            row[y as usize] -= 1.0 / n as f32;
        }
        gemm_with((n, h, c), (1.0, &self.s, by_rows(c)), (&self.w2, (1, c as isize)), (0.0, &mut self.dh));
        self.dh.iter_mut().zip(&self.h).for_each(|(d, &h)| *d = if h > 0.0 { *d } else { 0.0 });
        let f = 1.0 - 2.0 * lambda * eta;
        gemm_with((h, c, n), (-eta, &self.h, (1, h as isize)), (&self.s, by_rows(c)), (f, &mut self.w2));
        gemm_with((d, h, n), (-eta, &self.x, (1, d as isize)), (&self.dh, by_rows(h)), (f, &mut self.w1));
        for (b, grads) in [(&mut self.b2, &self.s), (&mut self.b1, &self.dh)] {
            for row in grads.chunks_exact(b.len()) {
                b.iter_mut().zip(row).for_each(|(b, d)| *b -= eta * d);
            }
        }
        loss / n as f32
    }
}

fn by_rows(cols: usize) -> (isize, isize) {
    (cols as isize, 1)
}

/// Every row of `out` becomes `row`.
fn rows_of(out: &mut [f32], row: &[f32]) {
    out.chunks_exact_mut(row.len()).for_each(|out| out.copy_from_slice(row));
}
