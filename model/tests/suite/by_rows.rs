//! X and y by row numbers: the bits of the matrix that holds those rows, from bytes and from numbers, on any instruction
//! set and any number of threads.

use kernels::{Batch, Floats, Input, Isa, Mat, MatMut, Normalization, Scalar, Source};
use model::{
    Engine, Inertia, Labels, Motion, Params, Step, Workspace, backward, forward, loss, sgd_step,
    sgd_step_with_velocity,
};

use crate::same_bits::Threads;
use crate::support::{Bits, Random, bits, every_isa, shape};

/// A data set of bytes, and the numbers of the rows of two batches; some come twice.
struct Data {
    d: usize,
    bytes: Vec<u8>,
    numbers: Vec<f32>,
    labels: Vec<u16>,
    mean: Vec<f32>,
    scale: Vec<f32>,
    batches: [Vec<u32>; 2],
    net: Vec<f64>,
}

impl Data {
    /// So many rows of d bytes, Q means, batches of n, for a net d-h-3.
    fn new(rows: usize, d: usize, q: usize, n: usize, h: usize) -> Self {
        let mut random = Random(9);
        let bytes: Vec<u8> = (0..rows * d).map(|_| random.bits() as u8).collect();
        let mut batch = |n| (0..n).map(|_| (random.bits() % rows as u64) as u32).collect();
        let batches = [batch(n), batch(n - n / 3)];
        Self {
            d,
            numbers: bytes.iter().map(|&x| x.into()).collect(),
            bytes,
            labels: random.labels(rows, 3),
            mean: (0..q).map(|q| 100.0 + q as f32 / 7.0).collect(),
            scale: (0..q).map(|q| 1.0 / (200.0 + q as f32)).collect(),
            batches,
            net: random.fractions(shape(d, h, 3).params(), 0.25),
        }
    }

    fn by(&self) -> Normalization<'_> {
        Normalization::new(self.d, Floats::F32(&self.mean), Floats::F32(&self.scale)).unwrap()
    }

    /// The rows of a batch one by one, as a matrix.
    fn matrix<T: Scalar>(&self, rows: &[u32]) -> Vec<T> {
        let mut x = vec![0.0; rows.len() * self.d];
        for (&row, x) in rows.iter().zip(x.chunks_mut(self.d)) {
            self.by().apply(Isa::PORTABLE, 0, Input::U8(&self.bytes[row as usize * self.d..][..self.d]), x);
        }
        x.into_iter().map(|x| T::from_f64(x.into())).collect()
    }

    /// Passes and steps over both batches, from sources that `source` makes, and all that comes out.
    fn all<'a, T: Scalar>(
        &'a self,
        engine: Engine<'_>,
        h: usize,
        source: impl Fn(usize) -> Source<'a, T>,
    ) -> Vec<Vec<Bits>> {
        let shape = shape(self.d, h, 3);
        let start = Params::from_vec(shape, self.net.iter().map(|&w| T::from_f64(w)).collect()).unwrap();
        let (mut net, mut moving, mut motion) = (start.clone(), start, Motion::new(shape));
        let mut ws = Workspace::new(shape, self.batches[0].len(), engine.pool.width());
        let step = Step { eta: T::from_f64(0.25), lambda: T::from_f64(0.01) };
        let inertia = Inertia { mu: T::from_f64(0.9), nesterov: true };
        let all = Labels::new(&self.labels, 3).unwrap();
        let mut out = Vec::new();
        for (i, rows) in self.batches.iter().enumerate() {
            let (x, y) = (source(i), all.rows(rows));
            let (mut grads, mut dx) = (Params::zeros(shape), vec![T::ZERO; rows.len() * self.d]);
            let mut fresh = Workspace::new(shape, rows.len(), engine.pool.width());
            forward(engine, &net, Mat::new(&self.matrix::<T>(rows), rows.len(), self.d), &mut fresh);
            backward(engine, &net, x, y, step.lambda, &mut fresh, &mut grads, None);
            let mixed = bits(grads.as_slice());
            forward(engine, &net, x, &mut ws);
            let before = loss(engine, &net, y, step.lambda, &mut ws);
            // A pass over other rows in between leaves no trace: backward looks at its own X.
            forward(engine, &net, source(1), &mut ws);
            forward(engine, &net, x, &mut ws);
            let view = MatMut::new(&mut dx, rows.len(), self.d);
            let same = backward(engine, &net, x, y, step.lambda, &mut ws, &mut grads, Some(view));
            assert_eq!(bits(&[before.data, before.penalty]), bits(&[same.data, same.penalty]));
            assert_eq!(bits(grads.as_slice()), mixed, "forward on a matrix, backward on row numbers");
            let stepped = sgd_step(engine, &mut net, x, y, step, &mut ws);
            let moved =
                sgd_step_with_velocity(engine, &mut moving, x, y, step, inertia, &mut ws, &mut motion);
            out.extend([grads.as_slice(), net.as_slice(), moving.as_slice(), &dx].map(bits));
            out.push(bits(&[same.total(), stepped.total(), moved.total()]));
        }
        out
    }
}

fn check<T: Scalar>(data: &Data, h: usize, engines: &[Engine<'_>]) {
    let matrices = [0, 1].map(|i| data.matrix::<T>(&data.batches[i]));
    let matrix = |i: usize| Source::from(Mat::new(&matrices[i], data.batches[i].len(), data.d));
    let want = data.all::<T>(Engine::serial(Isa::PORTABLE), h, matrix);
    for &engine in engines {
        assert!(data.all::<T>(engine, h, matrix) == want, "{engine:?}, a matrix");
        for input in [Input::U8(&data.bytes), Input::F32(&data.numbers)] {
            let batch = |i: usize| Source::from(Batch::new(input, data.by(), &data.batches[i]));
            assert!(data.all::<T>(engine, h, batch) == want, "{engine:?}, rows of {} means", data.mean.len());
        }
    }
}

#[test]
fn row_numbers_give_the_bits_of_the_matrix() {
    let engines: Vec<_> = every_isa().collect();
    for (rows, d, q, n, h) in
        [(9, 12, 3, 7, 5), (50, 64, 1, 33, 32), (20, 17, 17, 12, 20), (5, 300, 0, 1, 3), (4, 6, 2, 9, 3)]
    {
        let data = Data::new(rows, d, q, n, h); // the last batches are larger than the data set
        check::<f32>(&data, h, &engines);
        check::<f64>(&data, h, &engines[..1]);
    }
}

#[test]
fn row_numbers_on_any_number_of_threads() {
    let threads = [1, 2, 3, 7].map(Threads::new);
    let engines = threads.each_ref().map(|pool| Engine { pool, ..Engine::default() });
    // Large enough for eight tasks: X small enough to become a matrix, and not.
    for (d, h) in [(512, 330), (1320, 128)] {
        check::<f32>(&Data::new(300, d, 1, 200, h), h, &engines);
    }
    let joins = threads.map(Threads::joins);
    assert!(joins[0] == 0 && joins[1..].iter().all(|&joins| joins > 0), "{joins:?}");
}

#[test]
fn a_step_joins_twice() {
    for d in [512, 1320] {
        let data = Data::new(300, d, 1, 200, 100);
        let (threads, shape) = (Threads::new(2), shape(d, 100, 3));
        let engine = Engine { pool: &threads, ..Engine::default() };
        let mut net = Params::<f32>::zeros(shape);
        let (x, y) = (
            Batch::new(Input::U8(&data.bytes), data.by(), &data.batches[0]),
            Labels::new(&data.labels, 3).unwrap(),
        );
        let step = Step { eta: 0.1, lambda: 0.1 };
        sgd_step(engine, &mut net, x, y.rows(&data.batches[0]), step, &mut Workspace::new(shape, 200, 2));
        assert_eq!(threads.joins(), 2, "down to dH0 by rows of the batch, then by rows of the weights");
    }
}
