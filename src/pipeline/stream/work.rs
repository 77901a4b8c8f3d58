//! The folder beside the result in which a long run keeps what it has done, so that it can be killed and go on.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::tape::{Item, Tape, refused};
use crate::error::{Error, Result};
use crate::normalize::Frame;

/// What lies in the folder; another number for another way of keeping it.
const LAYOUT: u32 = 4;

/// What is done, in order; each begins where the one before it has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd, Serialize, Deserialize)]
pub(super) enum Stage {
    /// Extent and number of points.
    #[default]
    Bounds,
    /// Points along the curve.
    Sort,
    /// The unit in which spacings are measured.
    Scale,
    /// Neighbours of every point.
    Lists,
    /// Local spacing of every point.
    Spacing,
    /// Noise around every point.
    Noise,
    /// The steps.
    Walk,
    /// Back to the order of the file.
    Order,
    /// The result, under another name.
    Write,
    /// The result is whole; only its name is missing.
    Ready,
}

/// A run at some moment.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// The settings and the model that the run depends on.
    pub(super) settings: String,
    /// The input as it was.
    pub(super) input: String,
    pub(super) stage: Stage,
    /// Points of the stage's pass that are done; passes of the walk that are.
    pub(super) done: u64,
    pub(super) pass: usize,
    /// Points of a piece.
    pub(super) piece: u64,
    pub(super) points: u64,
    pub(super) finite: u64,
    pub(super) low: [f64; 3],
    pub(super) high: [f64; 3],
    /// Before and after its unit is the exact median spacing.
    pub(super) first: Option<Frame>,
    pub(super) unit: f64,
    pub(super) least: f32,
    /// In spacings.
    pub(super) noise: f64,
    /// How the noise varies, as the report says it; each point's factor is on a tape then.
    pub(super) varies: Option<[f64; 2]>,
    /// Why nothing is to be done.
    pub(super) leave: Option<String>,
    /// The finished file, as [`identity`] tells it.
    pub(super) ready: String,
}

/// The folder, locked while it is open.
pub(super) struct Work {
    folder: PathBuf,
    /// Locked; the system lets go of it with the process, however that ends.
    _lock: File,
    pub(super) state: State,
}

impl Work {
    /// Opens the folder that belongs to `output`, with what an earlier run of the same settings and input has left there.
    ///
    /// # Errors
    /// [`Error::Argument`] while another process is at work in it.
    pub(super) fn open(output: &Path, settings: &str, input: String) -> Result<Work> {
        let settings = format!("layout {LAYOUT}: {settings}");
        let folder = folder(output);
        fs::create_dir_all(&folder).map_err(|source| refused(&folder, source))?;
        let path = folder.join("lock");
        let lock = File::create(&path).map_err(|source| refused(&path, source))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Argument(format!(
                    "another run is writing {}: it works in {}",
                    output.display(),
                    folder.display()
                )));
            }
            Err(TryLockError::Error(source)) => return Err(refused(&path, source)),
        }
        let read = fs::read(folder.join("state.json"));
        let left: Option<State> = read.ok().and_then(|text| serde_json::from_slice(&text).ok());
        let done = |state: &State| state.stage == Stage::Ready && state.ready == identity(output);
        let mut work = Work {
            folder,
            _lock: lock,
            state: State::default(),
        };
        match left {
            // Where a file is denoised in its own place, the finished one is another input.
            Some(state) if state.settings == settings && (state.input == input || done(&state)) => {
                work.state = state;
            }
            _ => {
                work.clear()?;
                (work.state.settings, work.state.input) = (settings, input);
            }
        }
        Ok(work)
    }

    /// Removes everything but the lock.
    fn clear(&self) -> Result<()> {
        let entries = fs::read_dir(&self.folder).map_err(|source| refused(&self.folder, source))?;
        for entry in entries.flatten().filter(|entry| entry.file_name() != "lock") {
            fs::remove_file(entry.path()).map_err(|source| refused(&entry.path(), source))?;
        }
        Ok(())
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(super) fn tape<T: Item>(&self, name: &str) -> Result<Tape<T>> {
        Tape::open(&self.path(name))
    }

    pub(super) fn remove(&self, name: &str) -> Result<()> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(refused(&path, source)),
            _ => Ok(()),
        }
    }

    /// From here a killed run goes on.
    pub(super) fn save(&self) -> Result<()> {
        let (path, new) = (self.path("state.json"), self.path("state.new"));
        let text = serde_json::to_vec(&self.state).map_err(|error| Error::Internal(error.to_string()))?;
        fs::write(&new, text)
            .and_then(|()| fs::rename(&new, &path))
            .map_err(|source| refused(&path, source))
    }

    /// The next stage begins.
    pub(super) fn next(&mut self, stage: Stage) -> Result<()> {
        (self.state.stage, self.state.done, self.state.pass) = (stage, 0, 0);
        self.save()
    }

    /// Gives the finished file its name and takes the folder away.
    pub(super) fn deliver(&self, output: &Path) -> Result<()> {
        let part = self.path("result");
        if part.exists() {
            fs::rename(&part, output).map_err(|source| refused(output, source))?;
        }
        fs::remove_dir_all(&self.folder).map_err(|source| refused(&self.folder, source))
    }
}

/// Hidden, and beside the output: what is finished there can be renamed.
fn folder(output: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(output.file_name().unwrap_or_default());
    name.push(".quietcloud");
    output.with_file_name(name)
}

/// What tells whether a file is still the same, without reading it; it survives a new name.
pub(super) fn identity(path: &Path) -> String {
    let Ok(meta) = path.metadata() else {
        return "nothing".into();
    };
    let time = meta
        .modified()
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    format!("{} bytes at {:?}", meta.len(), time.unwrap_or_default())
}
