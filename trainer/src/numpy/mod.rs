//! NumPy's files, for data sets and for nets: one array ([`npy`]), an archive of them ([`zip`]).

pub(crate) mod npy;
pub(crate) mod zip;
