//! D, H, C: the three sizes of a net.

use core::fmt;

/// The sizes of a net: D inputs, H hidden units, C classes. None is 0.
///
/// ```
/// let shape = model::Shape::new(4, 10, 3).unwrap();
/// assert_eq!(shape.params(), 4 * 10 + 10 + 10 * 3 + 3);
/// assert!(model::Shape::new(4, 0, 3).is_err());
/// ```
///
/// It stays what it was when it was checked:
///
/// ```compile_fail,E0616
/// let mut shape = model::Shape::new(4, 10, 3).unwrap();
/// shape.d = 0;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    d: usize,
    h: usize,
    c: usize,
}

impl Shape {
    /// A net of `d` inputs, `h` hidden units and `c` classes.
    ///
    /// # Errors
    /// [`ShapeError::Zero`] if one of them is 0, [`ShapeError::Overflow`] if no memory could hold the parameters.
    pub const fn new(d: usize, h: usize, c: usize) -> Result<Self, ShapeError> {
        let shape = Self { d, h, c };
        if d == 0 || h == 0 || c == 0 {
            return Err(ShapeError::Zero { d, h, c });
        }
        match shape.checked_params() {
            // An allocation has at most isize::MAX bytes, and the widest element has 8.
            Some(params) if params <= isize::MAX as usize / 8 => Ok(shape),
            _ => Err(ShapeError::Overflow { d, h, c }),
        }
    }

    /// Inputs D.
    pub const fn d(&self) -> usize {
        self.d
    }

    /// Hidden units H.
    pub const fn h(&self) -> usize {
        self.h
    }

    /// Classes C.
    pub const fn c(&self) -> usize {
        self.c
    }

    /// D, H and C.
    pub const fn sizes(&self) -> (usize, usize, usize) {
        (self.d, self.h, self.c)
    }

    /// Number of parameters: D H + H + H C + C.
    pub const fn params(&self) -> usize {
        self.checked_params().expect("Shape::new has refused what overflows")
    }

    const fn checked_params(&self) -> Option<usize> {
        // Two layers of the form (inputs + 1) · outputs, the 1 being the bias.
        let (Some(d1), Some(h1)) = (self.d.checked_add(1), self.h.checked_add(1)) else { return None };
        match (d1.checked_mul(self.h), h1.checked_mul(self.c)) {
            (Some(first), Some(second)) => first.checked_add(second),
            _ => None,
        }
    }
}

/// As people write it: `4-10-3`.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.d, self.h, self.c)
    }
}

/// Why there is no such net, or why a vector does not hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShapeError {
    /// One of the three sizes is 0.
    Zero {
        /// Inputs that were asked for.
        d: usize,
        /// Hidden units.
        h: usize,
        /// Classes.
        c: usize,
    },
    /// The parameters are more than an allocation can hold.
    Overflow {
        /// Inputs that were asked for.
        d: usize,
        /// Hidden units.
        h: usize,
        /// Classes.
        c: usize,
    },
    /// A vector of parameters has the wrong length.
    Length {
        /// The net it was meant for.
        shape: Shape,
        /// Elements that the net has.
        needed: usize,
        /// Elements that the vector has.
        got: usize,
    },
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero { d, h, c } => {
                write!(
                    f,
                    "a {d}-{h}-{c} net computes nothing: inputs, hidden units and classes must be at least 1"
                )
            }
            Self::Overflow { d, h, c } => {
                write!(
                    f,
                    "a {d}-{h}-{c} net has more parameters than memory can hold: use fewer hidden units"
                )
            }
            Self::Length { shape, needed, got } => {
                write!(f, "a {shape} net needs {needed} parameters, got {got}")
            }
        }
    }
}

impl core::error::Error for ShapeError {}
