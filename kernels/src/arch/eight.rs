//! Eight rows a stride apart, read column after column, by two pointers that move instead of eight.
//!
//! An address of x86-64 is base + index · 1, 2, 4 or 8. With the first and the fourth row as bases, and one and three strides s as
//! indices, that reaches all eight: 0, s, 2 s, 4 s and 2 · 3 s from the first, 0, 2 s and 4 s from the fourth. Left to itself, the
//! compiler adds seven times a column, on ports that the multiply-adds want.

/// The rows of `a`, and where the next column is.
pub(crate) struct Eight {
    first: *const f32,
    fourth: *const f32,
    row: usize,
    three: usize,
    col: usize,
}

impl Eight {
    /// At column 0 of rows `a_row` apart whose columns are `a_col` apart.
    #[inline(always)]
    pub(crate) fn new(a: &[f32], a_row: usize, a_col: usize) -> Self {
        let three = hidden(a_row.wrapping_mul(3));
        let first = a.as_ptr();
        Self { first, fourth: first.wrapping_add(three), row: hidden(a_row), three, col: hidden(a_col) }
    }

    /// Where the element of row r < 8 in this column is.
    #[inline(always)]
    pub(crate) fn at(&self, r: usize) -> *const f32 {
        match r {
            0 => self.first,
            1 => self.first.wrapping_add(self.row),
            2 => self.first.wrapping_add(2 * self.row),
            3 => self.fourth,
            4 => self.first.wrapping_add(4 * self.row),
            5 => self.fourth.wrapping_add(2 * self.row),
            6 => self.first.wrapping_add(2 * self.three),
            _ => self.fourth.wrapping_add(4 * self.row),
        }
    }

    /// To the next column, which need not exist.
    #[inline(always)]
    pub(crate) fn next(&mut self) {
        self.first = self.first.wrapping_add(self.col);
        self.fourth = self.fourth.wrapping_add(self.col);
    }
}

/// `x`, of which the compiler knows nothing: so that it does not see that the pointers could be one again.
#[inline(always)]
fn hidden(x: usize) -> usize {
    #[cfg(target_arch = "x86_64")]
    let x = {
        let hidden;
        // SAFETY: no instruction; it names `x` in a comment.
        unsafe {
            core::arch::asm!("/* {0} */", inout(reg) x => hidden, options(pure, nomem, nostack, preserves_flags));
        }
        hidden
    };
    x
}
