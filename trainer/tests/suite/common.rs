//! Runs the binary in a folder of its own, with small data to train on.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A folder with `table.csv`: 60 rows of 4 numbers and one of 3 names, easily told apart.
pub(crate) struct Desk {
    folder: TempDir,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let desk = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        desk.write("table.csv", table());
        desk
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a file in a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// Every file and what it holds.
    pub(crate) fn everything(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        collect(self.folder.path(), &mut files);
        files.sort();
        files
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_trainer"));
        command.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        Run::of(args, self.command(args).output().expect("the binary starts"))
    }

    /// `train` on the table for five epochs, and more arguments.
    pub(crate) fn train(&self, more: &[&str]) -> Run {
        self.run(&[&["train", "--data", "table.csv", "--hidden", "6", "--epochs", "5"], more].concat())
    }

    /// Runs what must fail with this code and change nothing; returns the line that tells why.
    pub(crate) fn fails(&self, args: &[&str], code: i32) -> String {
        let before = self.everything();
        let run = self.run(args);
        assert_eq!(run.code, code, "{args:?}: {}", run.stderr);
        assert!(self.everything() == before, "{args:?} changed a file");
        assert_eq!(run.stdout, "", "{args:?}");
        let line = run.stderr.strip_suffix('\n').expect("a whole line");
        assert!(line.starts_with("error: ") && !line.contains('\n'), "{args:?}: {line:?}");
        line.to_owned()
    }
}

fn collect(folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push((path.clone(), fs::read(path).expect("a file")));
        }
    }
}

/// What the binary did.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(args: &[&str], output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let code = output.status.code().unwrap_or_else(|| panic!("{args:?}: killed by a signal"));
        let run = Self { code, stdout: text(output.stdout), stderr: text(output.stderr) };
        assert!(!run.stderr.contains("panicked"), "{args:?}: {}", run.stderr);
        run
    }

    /// Must have gone well.
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self
    }
}

/// Three clusters, a number apart, with a little of everything around them.
pub(crate) fn table() -> String {
    let mut csv = String::from("a,b,c,d,kind\n");
    for i in 0..60u32 {
        let class = i % 3;
        let noise = |k: u32| f64::from((i * 37 + k * 11) % 17) / 17.0 - 0.5;
        let x = |k: u32| f64::from((class + k) % 3) + noise(k);
        let name = ["red", "green", "blue"][class as usize];
        writeln!(csv, "{},{},{},{},{name}", x(0), x(1), x(2), x(3)).expect("a String");
    }
    csv
}

/// A CIFAR-10 file of so many images, whose class shows in their colour.
pub(crate) fn cifar(images: usize) -> Vec<u8> {
    let image = |i: usize| {
        let class = (i % 10) as u8;
        std::iter::once(class).chain((0..3072).map(move |j| (j * 7 + i * 3) as u8 % 128 + class * 12))
    };
    (0..images).flat_map(image).collect()
}

/// An IDX pair: images of 2 × 2, two classes.
pub(crate) fn idx(images: u8) -> (Vec<u8>, Vec<u8>) {
    let labels =
        [&[0, 0, 8, 1, 0, 0, 0, images][..], &(0..images).map(|i| i % 2).collect::<Vec<_>>()].concat();
    let pixels: Vec<u8> = (0..images).flat_map(|i| [i % 2 * 200, i, 255 - i, 7]).collect();
    let header = [0, 0, 8, 3, 0, 0, 0, images, 0, 0, 0, 2, 0, 0, 0, 2];
    ([&header[..], &pixels].concat(), labels)
}
