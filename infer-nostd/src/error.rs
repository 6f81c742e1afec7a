//! What can be wrong, one cause a variant, with its numbers.

use core::fmt;

/// The numbers of a net.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// W1, D × H.
    W1,
    /// b1, H.
    B1,
    /// W2, H × C.
    W2,
    /// b2, C.
    B2,
    /// μ, the means of the normalisation.
    Mean,
    /// s, the scales of the normalisation.
    Scale,
}

impl Section {
    /// As the docs call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Scale => "scale",
            Self::W1 => "W1",
            Self::B1 => "b1",
            Self::W2 => "W2",
            Self::B2 => "b2",
        }
    }
}

/// Why bytes are no net, a call does not fit a net, or contents make no file.
///
/// `Display` gives cause and numbers in one line. [`Error::cause`] gives the cause alone and links no formatting
/// code, for firmware that counts bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The slice is shorter or longer than the file it should hold.
    Length {
        /// Bytes of the file (of its header, where not even that is whole).
        needed: usize,
        /// Bytes of the slice.
        got: usize,
    },
    /// The file starts with something else than `TLN\0`.
    Magic {
        /// Its first four bytes.
        got: [u8; 4],
    },
    /// A kind of net file that this reader does not know.
    Kind {
        /// Its version.
        version: u16,
        /// Its element type.
        element_type: u8,
        /// Its reserved byte, which is 0 in version 2.
        reserved: u8,
    },
    /// D, H or C is zero.
    ZeroSize {
        /// Inputs D.
        d: usize,
        /// Hidden units H.
        h: usize,
        /// Classes C.
        c: usize,
    },
    /// A file of these sizes would be longer than 2³² − 1 bytes, or than this machine can address.
    TooLarge {
        /// Inputs D.
        d: usize,
        /// Hidden units H.
        h: usize,
        /// Classes C.
        c: usize,
    },
    /// The number of means and scales, Q, is neither 0 nor a divisor of D.
    Normalization {
        /// Inputs D.
        inputs: usize,
        /// Means Q.
        entries: usize,
    },
    /// The length in the header is not the one that follows from the sizes in the header.
    FileLength {
        /// In the header.
        stated: usize,
        /// From D, H, C, Q and the names.
        computed: usize,
    },
    /// The bytes have changed since they were written.
    Checksum {
        /// The last four bytes of the file.
        stored: u32,
        /// The CRC-32 of all bytes before them.
        computed: u32,
    },
    /// A weight, bias, mean or scale is infinite or NaN.
    NotFinite {
        /// Its first byte in the file.
        offset: usize,
    },
    /// A bias, multiplier, shift, scale or zero point of an int8 net outside its range.
    OutOfRange {
        /// Its first byte in the file (of a shift, its multiplier's).
        offset: usize,
    },
    /// The names are longer than [`NAMES_MAX`](crate::format::NAMES_MAX) bytes.
    NamesTooLong {
        /// Their bytes.
        got: usize,
    },
    /// The names are no UTF-8.
    NamesNotUtf8 {
        /// The first wrong byte, counted from the first of the names.
        offset: usize,
    },
    /// The last name does not end in a line feed.
    NameUnterminated {
        /// The class it belongs to.
        class: usize,
    },
    /// There are names, but not one a class (a line feed inside a name makes two of it).
    NameCount {
        /// Names.
        names: usize,
        /// Classes.
        classes: usize,
    },
    /// A name without a letter.
    NameEmpty {
        /// The class it belongs to.
        class: usize,
    },
    /// Two classes have the same name.
    NameTwice {
        /// One class.
        first: usize,
        /// The other.
        second: usize,
    },
    /// The input row is not D elements long.
    Input {
        /// D.
        needed: usize,
        /// Elements of the row.
        got: usize,
    },
    /// The scratch is shorter than [`Net::scratch_len`](crate::Net::scratch_len).
    Scratch {
        /// H + C.
        needed: usize,
        /// Elements of the scratch.
        got: usize,
    },
    /// A part of the [`Contents`](crate::Contents) to write does not have the length its shape asks for.
    Contents {
        /// Which.
        section: Section,
        /// Elements it should have.
        needed: usize,
        /// Elements it has.
        got: usize,
    },
}

impl Error {
    /// The cause in words, without the numbers.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Length { .. } => "the net is cut short, or other bytes follow it",
            Self::Magic { .. } => "this is not a net file",
            Self::Kind { .. } => "the net file is of a kind that this reader does not know",
            Self::ZeroSize { .. } => "a net needs at least one input, hidden unit and class",
            Self::TooLarge { .. } => "the net is too large",
            Self::Normalization { .. } => "the means and scales cannot be spread over the inputs",
            Self::FileLength { .. } => "the net file states a length that disagrees with its sizes",
            Self::Checksum { .. } => "the net file is damaged: its checksum does not match",
            Self::NotFinite { .. } => "the net holds an infinite number or a NaN",
            Self::OutOfRange { .. } => "a number of the int8 net is outside its range",
            Self::NamesTooLong { .. } => "the class names are too long",
            Self::NamesNotUtf8 { .. } => "the class names are not UTF-8",
            Self::NameUnterminated { .. } => "the last class name does not end in a line feed",
            Self::NameCount { .. } => "there is not one name for each class",
            Self::NameEmpty { .. } => "a class name is empty",
            Self::NameTwice { .. } => "two classes have the same name",
            Self::Input { .. } => "the input row does not fit the net",
            Self::Scratch { .. } => "the scratch is too short for the net",
            Self::Contents { .. } => "a part of the net does not have the length of its shape",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.cause())?;
        match *self {
            Self::Length { needed, got } => write!(f, ": it needs {needed} bytes, got {got}"),
            Self::Magic { got } => {
                write!(f, ": it starts with \"{}\", a net with \"TLN\\0\"", got.escape_ascii())
            }
            Self::Kind { version, element_type, reserved } => write!(
                f,
                ": version {version}, element type {element_type}, byte 7 {reserved}; it knows version {} \
                 (train an older net again) with byte 7 0; type 0 (f32) is read by Net, 1 (int8) by Net8",
                crate::format::VERSION
            ),
            Self::ZeroSize { d, h, c } => write!(f, ": D = {d}, H = {h}, C = {c}"),
            Self::TooLarge { d, h, c } => {
                write!(f, ": D = {d}, H = {h}, C = {c} make a file of more than {} bytes", u32::MAX)
            }
            Self::Normalization { inputs, entries } => {
                write!(f, ": {entries} of them for {inputs} inputs, it must be 0 or a divisor of {inputs}")
            }
            Self::FileLength { stated, computed } => {
                write!(f, ": {stated} bytes stated, {computed} bytes by its sizes")
            }
            Self::Checksum { stored, computed } => {
                write!(f, ": {stored:08x} stored, {computed:08x} computed")
            }
            Self::NotFinite { offset } | Self::OutOfRange { offset } => {
                write!(f, ": bytes {offset} to {}", offset + 3)
            }
            Self::NamesTooLong { got } => {
                write!(f, ": {got} bytes, at most {}", crate::format::NAMES_MAX)
            }
            Self::NamesNotUtf8 { offset } => write!(f, ": byte {offset} of them"),
            Self::NameUnterminated { class } | Self::NameEmpty { class } => write!(f, ": class {class}"),
            Self::NameCount { names, classes } => write!(f, ": {names} names, {classes} classes"),
            Self::NameTwice { first, second } => write!(f, ": classes {first} and {second}"),
            Self::Input { needed, got } => write!(f, ": it has {got} elements, the net takes {needed}"),
            Self::Scratch { needed, got } => write!(f, ": it has {got} elements, the net needs {needed}"),
            Self::Contents { section, needed, got } => {
                write!(f, ": {} has {got} elements, it needs {needed}", section.name())
            }
        }
    }
}

impl core::error::Error for Error {}
