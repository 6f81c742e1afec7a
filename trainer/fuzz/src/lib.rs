//! What the targets share: files for readers that take a path, and checksums put right, so that what lies behind them
//! is reached.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use flate2::Crc;
use trainer::dataset::{Dataset, OpenOptions, open};

/// A folder of this process, in memory where the system has such a place.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    let base = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let folder = base.join(format!("fuzz-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for temporary files");
    folder
});

/// Writes a file of this name into a folder of its own and returns the path of the file.
pub fn file(folder: &str, name: &str, bytes: &[u8]) -> PathBuf {
    let folder = FOLDER.join(folder);
    fs::create_dir_all(&folder).expect("a folder for temporary files");
    let path = folder.join(name);
    fs::write(&path, bytes).expect("room for a small file");
    path
}

/// Opens a data set and looks at all of it: what the reader returns must be whole.
pub fn read_dataset(path: &Path, options: &OpenOptions) {
    let spec = path.to_str().expect("our own names are UTF-8");
    let Ok(source) = open(spec, options) else { return };
    for data in [source.train, source.test].into_iter().flatten() {
        check(&data);
    }
}

/// Every label has its class, and every row its values.
fn check(data: &Dataset) {
    assert!(data.d > 0 && data.rows() > 0);
    assert!(data.labels.iter().all(|&y| (y as usize) < data.c()));
    assert_eq!(data.values.len(), data.rows() * data.d);
}

/// The last four bytes become the CRC-32 of those before them.
pub fn seal(bytes: &mut [u8]) {
    if let Some((body, checksum)) = bytes.split_last_chunk_mut::<4>() {
        let mut crc = Crc::new();
        crc.update(body);
        *checksum = crc.sum().to_le_bytes();
    }
}
