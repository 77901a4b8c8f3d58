//! A scratch folder and common means of the tests of files.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::path::{Path, PathBuf};

use quietcloud::Error;

/// A folder of its own, gone when the test ends.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("quietcloud-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .0
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub fn folder(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The reason of a format error; fails on success and on any other error.
#[track_caller]
pub fn message<T>(result: Result<T, Error>) -> String {
    match result {
        Err(Error::Format { reason, .. }) => reason,
        Err(other) => panic!("expected a format error, found {other:?}"),
        Ok(_) => panic!("expected a format error, found success"),
    }
}

/// Every finite coordinate moved by `by`.
pub fn moved(points: &[[f64; 3]], by: f64) -> Vec<[f64; 3]> {
    points.iter().map(|point| point.map(|value| value + by)).collect()
}

/// `value` is `expected` up to a share of it.
#[track_caller]
pub fn close(value: f64, expected: f64, relative: f64) {
    assert!(
        (value - expected).abs() <= relative * expected.abs(),
        "{value} is not {expected}"
    );
}
