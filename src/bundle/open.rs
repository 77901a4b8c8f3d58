//! Opens a bundle from a folder, an archive or the library itself, and verifies every byte that will be run.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};
use zip::ZipArchive;

use super::{Golden, Manifest, Recorded, Role, archive, builtin, onnx};
use crate::error::{Error, Result};

const MAX_MANIFEST: u64 = 16 << 20;
const MAX_STAGE: u64 = 1 << 30; // protobuf itself stops at 2 GiB
const MAX_GOLDEN: u64 = 256 << 20;

/// A verified bundle: the manifest and the bytes of its networks.
#[derive(Debug)]
pub struct Bundle {
    /// The folder, or `built-in` or `memory`.
    pub path: PathBuf,
    /// What the model is.
    pub manifest: Manifest,
    /// The networks, in the manifest's order.
    pub stages: Vec<StageFile>,
    golden: Option<Cow<'static, [u8]>>,
}

/// The bytes of one network; their hash is the manifest's.
#[derive(Debug)]
pub struct StageFile {
    /// What it is for.
    pub role: Role,
    /// The ONNX file.
    pub bytes: Cow<'static, [u8]>,
}

impl Bundle {
    /// Opens a model folder, or one file that is a zip archive of such a folder.
    ///
    /// # Errors
    /// [`Error::Bundle`] that says what was found and what was expected.
    pub fn open(path: &Path) -> Result<Bundle> {
        let reject = |reason: String| Error::Bundle {
            path: path.to_owned(),
            reason,
        };
        let root = path
            .canonicalize()
            .map_err(|e| reject(format!("can't be opened: {e}")))?;
        if root.is_dir() {
            return Bundle::load(path.to_owned(), |name, limit| from_folder(&root, name, limit));
        }
        let bytes = read_file(&root, MAX_STAGE).map_err(reject)?;
        Bundle::from_zip(path.to_owned(), &bytes)
    }

    /// Opens a zip archive in memory that holds a model folder's files at its top level.
    ///
    /// # Errors
    /// [`Error::Bundle`] that says what was found and what was expected.
    pub fn from_memory(archive: &[u8]) -> Result<Bundle> {
        Bundle::from_zip(PathBuf::from("memory"), archive)
    }

    /// The model that is compiled into the library.
    ///
    /// # Errors
    /// [`Error::Bundle`], if the library was built from an inconsistent `models/default`.
    pub fn builtin() -> Result<Bundle> {
        Bundle::load(PathBuf::from("built-in"), |name, _| Ok(builtin::file(name)))
    }

    fn from_zip(path: PathBuf, archive: &[u8]) -> Result<Bundle> {
        let mut zip = archive::open(archive).map_err(|reason| Error::Bundle {
            path: path.clone(),
            reason,
        })?;
        Bundle::load(path, |name, limit| from_zip(&mut zip, name, limit))
    }

    fn load(
        path: PathBuf,
        mut file: impl FnMut(&str, u64) -> Result<Option<Cow<'static, [u8]>>, String>,
    ) -> Result<Bundle> {
        let reject = |reason: String| Error::Bundle {
            path: path.clone(),
            reason,
        };
        let mut required = |name: &str, limit| file(name, limit)?.ok_or_else(|| format!("{name} is missing"));
        let text = required("bundle.json", MAX_MANIFEST).map_err(reject)?;
        let manifest = Manifest::parse(&text).map_err(reject)?;
        let mut stages = Vec::new();
        for stage in &manifest.stages {
            inside(&stage.file).map_err(reject)?;
            let bytes = required(&stage.file, MAX_STAGE).map_err(reject)?;
            let found = hexadecimal(&Sha256::digest(&bytes));
            if !found.eq_ignore_ascii_case(&stage.sha256) {
                let reason = format!("{} has sha256 {found}, expected {}", stage.file, stage.sha256);
                return Err(reject(reason));
            }
            onnx::verify(&bytes).map_err(|reason| reject(format!("{} {reason}", stage.file)))?;
            stages.push(StageFile {
                role: stage.role,
                bytes,
            });
        }
        let golden = file("golden.npz", MAX_GOLDEN).map_err(reject)?;
        Ok(Bundle {
            path,
            manifest,
            stages,
            golden,
        })
    }

    /// The golden vectors that came with a denoiser.
    ///
    /// # Errors
    /// [`Error::Bundle`] where there are none, or they can't be read, or say nothing of a network that the bundle has.
    pub fn golden(&self) -> Result<Golden> {
        let two = self.manifest.stage(Role::ScoreHigh).is_some();
        self.read_golden(|bytes| match Golden::read(bytes)? {
            golden if two && golden.high.is_none() => {
                Err("golden.npz has no clean_high to compare the stage score_high with".into())
            }
            golden => Ok(golden),
        })
    }

    /// The golden vectors that came with a generator.
    ///
    /// # Errors
    /// As [`golden`](Bundle::golden).
    pub fn recorded(&self) -> Result<Recorded> {
        self.read_golden(Recorded::read)
    }

    fn read_golden<T>(&self, read: impl FnOnce(&[u8]) -> Result<T, String>) -> Result<T> {
        let golden = match &self.golden {
            Some(bytes) => read(bytes),
            None => Err("golden.npz is missing, so there is nothing to check against".into()),
        };
        golden.map_err(|reason| Error::Bundle {
            path: self.path.clone(),
            reason,
        })
    }
}

/// Refuses a name that could lead out of the bundle.
fn inside(name: &str) -> Result<(), String> {
    let normal = |part| matches!(part, Component::Normal(_));
    if !name.is_empty() && !name.contains(['\\', ':', '\0']) && Path::new(name).components().all(normal) {
        return Ok(());
    }
    Err(format!("the file name '{name}' leads out of the folder"))
}

fn from_folder(root: &Path, name: &str, limit: u64) -> Result<Option<Cow<'static, [u8]>>, String> {
    let path = match root.join(name).canonicalize() {
        Ok(path) => path,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(format!("{name} can't be read: {e}")),
    };
    if !path.starts_with(root) {
        return Err(format!("{name} is a link that leads out of the folder"));
    }
    read_file(&path, limit)
        .map(|bytes| Some(Cow::Owned(bytes)))
        .map_err(|e| format!("{name} {e}"))
}

/// Reads a regular file (a pipe or a device would block or never end) of at most `limit` bytes.
fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let unreadable = |e: std::io::Error| format!("can't be read: {e}");
    let meta = path.metadata().map_err(unreadable)?;
    if !meta.is_file() {
        return Err("is not a file".into());
    }
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit + 1).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    bounded(bytes, limit)
}

fn from_zip(
    zip: &mut ZipArchive<Cursor<&[u8]>>,
    name: &str,
    limit: u64,
) -> Result<Option<Cow<'static, [u8]>>, String> {
    let entry = match zip.by_name(name) {
        Ok(entry) => entry,
        Err(zip::result::ZipError::FileNotFound) => return Ok(None),
        Err(e) => {
            return Err(format!(
                "{name} can't be read: {e}; the archive must store its files uncompressed"
            ));
        }
    };
    let mut bytes = Vec::new();
    entry
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|e| format!("{name} can't be read: {e}"))?;
    bounded(bytes, limit)
        .map(|bytes| Some(Cow::Owned(bytes)))
        .map_err(|e| format!("{name} {e}"))
}

fn bounded(bytes: Vec<u8>, limit: u64) -> Result<Vec<u8>, String> {
    if bytes.len() as u64 > limit {
        return Err(format!("is larger than {limit} bytes"));
    }
    Ok(bytes)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
