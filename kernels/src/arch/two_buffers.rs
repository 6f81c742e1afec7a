//! Rows of A that become lanes where registers are few: they are transposed into one of two small buffers, beside the multiplications of
//! what is in the other. Every bound is checked before.

use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::slice;

use super::multiply::furthest;
use super::narrow::{Alongside, Columns, multiply_columns};
use super::transpose::by_eights;
use crate::simd::{LANES, Lines, Simd};

/// Columns of A that are transposed before they are multiplied, at most.
pub(crate) const AT_ONCE: usize = 64;
/// Vectors that a buffer has room for: more, so that the two do not lie 4 KB apart. What is read of one and what has just been written at
/// the same place of the other, a processor would take for the same at first, and wait.
const BUFFER: usize = AT_ONCE + 32;

/// Sixteen rows of A, or the last ones: columns of neighbours, rows `stride` apart from the beginning of `data` on.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) data: &'a [f32],
    pub(crate) stride: usize,
    pub(crate) rows: usize,
    pub(crate) depth: usize,
}

/// A buffer for what is transposed. To fill it with zeros first would take a tenth of the time of a small product.
type Buffer = MaybeUninit<Lines<[[f32; LANES]; BUFFER]>>;

/// Two buffers: what is in one is multiplied, while what comes next is transposed into the other.
pub(crate) struct TwoBuffers {
    buffers: [Buffer; 2],
    /// The one that is multiplied next.
    now: usize,
    /// How many vectors have been written there: changes with `now`, when all of them have been, so a panic leaves it true.
    depth: usize,
}

impl TwoBuffers {
    #[inline(always)]
    pub(crate) fn new() -> Self {
        Self { buffers: [const { MaybeUninit::uninit() }; 2], now: 0, depth: 0 }
    }

    /// Transposes what is to be multiplied first. Where there are fewer rows than sixteen, the last one stands for the rest.
    ///
    /// # Panics
    /// If there are no rows, if a row lies outside its data, or if there is no room.
    #[inline(always)]
    pub(crate) fn transpose<S: Simd>(&mut self, s: S, rows: Rows<'_>) {
        transpose(s, rows, &mut self.buffers[self.now]);
        self.depth = rows.depth;
    }

    /// [`multiply_columns`] of what was transposed last; meanwhile `next` is transposed.
    ///
    /// # Panics
    /// If B has more rows than columns were transposed, or as [`TwoBuffers::transpose`].
    #[inline(always)]
    pub(crate) fn multiply<S: Simd, const H: usize, const R: usize>(
        &mut self,
        s: S,
        b: &[f32],
        chains: &mut [[[f32; LANES]; R]; 1],
        next: Option<Rows<'_>>,
    ) {
        let [first, second] = &mut self.buffers;
        let (now, then) = if self.now == 0 { (first, second) } else { (second, first) };
        // SAFETY: `depth` vectors have been written, and they are borrowed as long as they are read.
        let data = unsafe { slice::from_raw_parts(now.as_ptr().cast(), self.depth * LANES) };
        let a = Columns { data, next: LANES };
        let mut transposing = Transposing::new(next, then, 2 * H / R);
        multiply_columns::<S, H, R, 1>(s, a, b, chains, &mut transposing);
        transposing.finish(s);
        if let Some(next) = next
            && !Transposing::takes(next)
        {
            transpose(s, next, then);
        }
        (self.now, self.depth) = (1 - self.now, next.map_or(0, |next| next.depth));
    }
}

/// Rows as lanes: vector p of `buffer` is column p.
#[inline(always)]
fn transpose<S: Simd>(s: S, Rows { data, stride, rows, depth }: Rows<'_>, buffer: &mut Buffer) {
    let rows = rows.min(LANES);
    assert!(rows > 0 && depth <= BUFFER);
    let out: *mut [f32; LANES] = buffer.as_mut_ptr().cast();
    if depth >= 4 {
        assert!(furthest(rows - 1, stride, depth - 1, 1) < data.len());
        // SAFETY: by the assertions the rows, 16 at most and four deep or more, lie within `data`, and there is room for
        // `depth` vectors.
        return unsafe { by_eights(s, (data, stride), (rows, depth), (out, 1)) };
    }
    for p in 0..depth {
        let mut column = [0.0; LANES];
        for l in 0..LANES {
            column[l] = data[l.min(rows - 1) * stride + p];
        }
        // SAFETY: p < `depth`, for which there is room.
        unsafe { out.add(p).write(column) };
    }
}

/// Rows that are transposed beside multiplications, eight after eight and four columns at a time.
///
/// While `left` > 0, `left` columns from `from` on of eight rows, `stride` apart, lie within the data, and their halves of vectors from
/// `to` on within the buffer; `eights` counts these rows and those to come. Of each there are `depth` columns: four at least, or none.
struct Transposing<'a> {
    from: *const f32,
    stride: usize,
    to: *mut [f32; LANES / 2],
    depth: usize,
    left: usize,
    eights: usize,
    /// How many times four columns go beside the multiplications of four columns.
    steps: usize,
    of: PhantomData<(&'a [f32], &'a mut Buffer)>,
}

impl<'a> Transposing<'a> {
    /// Whether rows can be transposed so: sixteen of four columns.
    #[inline(always)]
    fn takes(rows: Rows<'_>) -> bool {
        rows.rows >= LANES && rows.depth >= 4
    }

    /// Nothing, if there are no rows or they cannot be transposed so.
    ///
    /// # Panics
    /// If a row lies outside its data, or if there is no room.
    #[inline(always)]
    fn new(rows: Option<Rows<'a>>, buffer: &'a mut Buffer, steps: usize) -> Self {
        let rows = rows.filter(|rows| Self::takes(*rows));
        let Rows { data, stride, depth, .. } =
            rows.unwrap_or(Rows { data: &[], stride: 0, rows: 0, depth: 0 });
        assert!(depth <= BUFFER && (depth == 0 || furthest(LANES - 1, stride, depth - 1, 1) < data.len()));
        let eights = if depth > 0 { 2 } else { 0 };
        let to = buffer.as_mut_ptr().cast();
        Self { from: data.as_ptr(), stride, to, depth, left: depth, eights, steps, of: PhantomData }
    }

    /// # Safety
    /// `left` ≥ 4.
    #[inline(always)]
    unsafe fn transpose_four<S: Simd>(&mut self, s: S) {
        let mut pieces = [&[0.0; 4]; LANES / 2];
        // The fifth row has a pointer of its own, so that multiples of the stride take four registers and not seven: what is read from the
        // stack instead costs more than transposing them.
        let fifth = self.from.wrapping_add(4 * self.stride);
        for l in 0..4 {
            // SAFETY: there are four columns more, so the piece lies within the data.
            pieces[l] = unsafe { &*self.from.wrapping_add(l * self.stride).cast() };
            // SAFETY: as above.
            pieces[4 + l] = unsafe { &*fifth.wrapping_add(l * self.stride).cast() };
        }
        let to = self.to;
        let half = |r: usize| {
            // SAFETY: the half of a vector lies within the buffer, and no two are the same; nothing is read of it.
            unsafe { &mut *to.wrapping_add(2 * r).cast::<MaybeUninit<[f32; LANES / 2]>>() }
        };
        s.transpose_eight(pieces, [half(0), half(1), half(2), half(3)]);
        (self.from, self.to) = (self.from.wrapping_add(4), self.to.wrapping_add(8));
        self.left -= 4;
    }

    /// What is left of the eight rows at hand; then the next ones are.
    #[inline(always)]
    fn end_eight<S: Simd>(&mut self, s: S) {
        while self.left >= 4 {
            // SAFETY: as just asked.
            unsafe { self.transpose_four(s) };
        }
        if self.left > 0 {
            // The last four have been in part among those before them.
            let again = 4 - self.left;
            (self.from, self.to) = (self.from.wrapping_sub(again), self.to.wrapping_sub(2 * again));
            self.left = 4;
            // SAFETY: as just set; `depth` ≥ 4, so the four lie where the eight rows do.
            unsafe { self.transpose_four(s) };
        }
        self.eights -= 1;
        self.left = if self.eights > 0 { self.depth } else { 0 };
        // From the end of these rows to the beginning of the next eight, and of the other halves.
        self.from = self.from.wrapping_add(8 * self.stride).wrapping_sub(self.depth);
        self.to = self.to.wrapping_sub(2 * self.depth).wrapping_add(1);
    }

    /// What is left of all.
    #[inline(always)]
    fn finish<S: Simd>(&mut self, s: S) {
        while self.eights > 0 {
            self.end_eight(s);
        }
    }
}

impl Alongside for Transposing<'_> {
    #[inline(always)]
    fn four<S: Simd>(&mut self, s: S, _: usize) {
        if self.left >= 4 * self.steps {
            for _ in 0..self.steps {
                // SAFETY: as just asked.
                unsafe { self.transpose_four(s) };
            }
            if self.left > 0 {
                return;
            }
        }
        if self.eights > 0 {
            self.end_eight(s);
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::Isa;
    use crate::simd::Kernel;

    const R: usize = 4;
    const STRIDE: usize = 23;

    /// So many rows of [`STRIDE`] elements times B, piece by piece: a piece is so many columns, transposed beside the piece before it. H chains at
    /// a time.
    struct Narrow<'a, const H: usize>(&'a [f32], usize, &'a [usize], &'a mut [[[f32; LANES]; R]; 1]);

    impl<const H: usize> Kernel for Narrow<'_, H> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            let Self(data, rows, pieces, chains) = self;
            let b: [f32; R * STRIDE] = core::array::from_fn(|i| i as f32);
            let piece = |start: usize, depth| Rows { data: &data[start..], stride: STRIDE, rows, depth };
            let (mut buffers, mut start) = (TwoBuffers::new(), 0);
            buffers.transpose(s, piece(0, pieces[0]));
            for (i, depth) in pieces.iter().enumerate() {
                let end = start + depth;
                let next = pieces.get(i + 1).map(|&next| piece(end, next));
                buffers.multiply::<S, H, R>(s, &b[R * start..R * end], chains, next);
                start = end;
            }
        }
    }

    /// Pieces of every length beside pieces of every length: what is transposed beside takes the multiplications' time, or less, or more.
    #[test]
    fn rows_are_transposed_and_the_last_one_stands_for_those_that_are_not_there() {
        let data: std::vec::Vec<f32> = (0..STRIDE * LANES).map(|i| (i % 61) as f32).collect();
        for isa in Isa::available() {
            for first in 0..=11 {
                for second in 0..=11 {
                    for rows in [LANES, 3] {
                        let pieces = &[first, second, 1];
                        let (mut halves, mut all) = ([[[1.0; LANES]; R]], [[[1.0; LANES]; R]]);
                        isa.run(Narrow::<2>(&data, rows, pieces, &mut halves));
                        isa.run(Narrow::<R>(&data, rows, pieces, &mut all));
                        let mut wanted = [[1.0; LANES]; R];
                        for (c, l) in (0..R).flat_map(|c| (0..LANES).map(move |l| (c, l))) {
                            let row = &data[l.min(rows - 1) * STRIDE..][..first + second + 1];
                            let sum = |sum: f32, (p, x)| sum + x * (p * R + c) as f32;
                            wanted[c][l] = row.iter().enumerate().fold(1.0, sum); // exact
                        }
                        let case = std::format!("{isa}: {rows} rows, {first} and {second} columns");
                        assert_eq!(halves[0], wanted, "{case}, one half of B after the other");
                        assert_eq!(all[0], wanted, "{case}");
                    }
                }
            }
        }
    }

    fn panics(run: impl FnOnce() + std::panic::UnwindSafe) -> bool {
        std::panic::catch_unwind(run).is_err()
    }

    /// The bounds that the unsafe loops rely on, each to the element.
    #[test]
    fn the_last_element_is_in_and_the_next_is_out() {
        const ROWS: usize = STRIDE * (LANES - 1);
        let data = [0.0; ROWS + STRIDE];
        for isa in Isa::available() {
            for pieces in [&[3][..], &[6], &[6, 2], &[6, 7]] {
                let run = move |len: usize| {
                    isa.run(Narrow::<2>(&data[..len], LANES, pieces, &mut [[[1.0; LANES]; R]]));
                };
                let exact = ROWS + pieces.iter().sum::<usize>();
                assert!(!panics(move || run(exact)), "{isa}");
                assert!(panics(move || run(exact - 1)), "{isa}: one element short of {pieces:?}");
            }
        }
    }

    /// [`TwoBuffers`] for pieces of so many columns, of which there are so many in B.
    struct Buffered<'a>(&'a [f32], [usize; 2], usize);

    impl Kernel for Buffered<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            let Self(data, [first, second], columns) = self;
            let piece = |depth| Rows { data, stride: 0, rows: LANES, depth };
            let mut buffers = TwoBuffers::new();
            buffers.transpose(s, piece(first));
            let b = [0.0; R * (BUFFER + 1)];
            buffers.multiply::<S, R, R>(s, &b[..R * columns], &mut [[[0.0; LANES]; R]], Some(piece(second)));
        }
    }

    #[test]
    fn there_is_room_for_what_is_transposed_and_no_more_is_read_of_it() {
        let data = [0.0; BUFFER + 1];
        for isa in Isa::available() {
            let run = move |pieces, columns| move || isa.run(Buffered(&data, pieces, columns));
            assert!(!panics(run([BUFFER; 2], BUFFER)), "{isa}");
            assert!(panics(run([BUFFER + 1, BUFFER], BUFFER)), "{isa}: no room for the first");
            assert!(panics(run([BUFFER, BUFFER + 1], BUFFER)), "{isa}: no room for the second");
            assert!(panics(run([BUFFER - 1, BUFFER], BUFFER)), "{isa}: a column that was not transposed");
        }
    }

    /// What is asked of [`TwoBuffers`] in the wrong order: by number.
    struct Misused<'a>(&'a [f32], usize);

    impl Kernel for Misused<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            let Self(data, what) = self;
            let (piece, none) = (|rows, depth| Rows { data, stride: 0, rows, depth }, None);
            let (mut buffers, chains, b) = (TwoBuffers::new(), &mut [[[0.0; LANES]; R]], &[0.0; 5 * R]);
            match what {
                0 => buffers.multiply::<S, R, R>(s, &b[..R], chains, none), // nothing has been transposed
                1 => {
                    buffers.transpose(s, piece(LANES, 4));
                    buffers.multiply::<S, R, R>(s, &b[..4 * R], chains, none);
                    buffers.multiply::<S, R, R>(s, &b[..R], chains, none); // nothing has been transposed since
                }
                2 => buffers.transpose(s, piece(0, 0)), // no row
                _ => {
                    buffers.transpose(s, piece(LANES, 4));
                    let fails =
                        core::panic::AssertUnwindSafe(|| buffers.transpose(s, piece(LANES, BUFFER + 1)));
                    assert!(std::panic::catch_unwind(fails).is_err());
                    buffers.multiply::<S, R, R>(s, b, chains, none); // a column more than there were before
                }
            }
        }
    }

    #[test]
    fn what_has_not_been_transposed_is_not_read() {
        let data = [0.0; BUFFER + 1];
        for isa in Isa::available() {
            for what in 0..4 {
                assert!(panics(move || isa.run(Misused(&data, what))), "{isa}: case {what}");
            }
        }
    }
}
