//! Loads ONNX Runtime once for the process, privately, and never at the price of the process.
//!
//! `ort` panics on a library that is not ONNX Runtime and keeps the first that it is given for good, so a library
//! is opened, asked for its version and for the interface that we need, and only then handed to `ort`.

use std::ffi::{CStr, c_char, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use ort::environment::Environment;
use ort::logging::LogLevel;

use super::elf;
use super::find::{self, Wanted};
use crate::error::{Error, Result};
use crate::log::{self, Level};

/// The first release whose C interface has the version that `ort` is built for here.
const OLDEST: (u32, u32) = (1, ort::MINOR_VERSION);

/// The ONNX Runtime that this process uses.
pub struct Runtime {
    /// The shared library.
    pub path: PathBuf,
    /// Its version, as it says itself.
    pub version: String,
    pub(super) environment: Environment,
}

static RUNTIME: OnceLock<Runtime> = OnceLock::new();
static WANTED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Names the library to use, before the first model is opened.
///
/// # Errors
/// [`Error::Runtime`] where another one is in use already: a process has one for its whole life.
pub fn use_library(path: &Path) -> Result<()> {
    let mut wanted = lock();
    let same = |used: &Path| used.canonicalize().ok() == path.canonicalize().ok();
    match RUNTIME.get() {
        Some(runtime) if !same(&runtime.path) => {
            let used = runtime.path.display();
            let reason = format!(
                "{used} is in use already; name {} before the first model is opened",
                path.display()
            );
            Err(Error::Runtime(reason))
        }
        _ => {
            *wanted = Some(path.to_owned());
            Ok(())
        }
    }
}

/// The library in use; nothing before the first model is opened.
pub fn loaded() -> Option<&'static Runtime> {
    RUNTIME.get()
}

/// The runtime, found and loaded on the first call.
///
/// Tried in this order: [`use_library`], `ORT_DYLIB_PATH` (either one alone decides: no other is taken if it fails),
/// beside our own library and executable, our cache folder, an installed Python package, the system's folders.
///
/// # Errors
/// [`Error::Runtime`] that says what was tried and what to do. A later call tries again.
pub fn load() -> Result<&'static Runtime> {
    let wanted = lock();
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let explicit = wanted.clone().map(|path| Wanted {
        path,
        origin: "the path given",
    });
    let runtime = match explicit.or_else(find::from_environment) {
        Some(Wanted { path, origin }) => commit(&path)
            .map_err(|reason| Error::Runtime(format!("{origin} names {}, but {reason}", path.display())))?,
        None => first_usable(&find::candidates())?,
    };
    Ok(RUNTIME.get_or_init(|| runtime))
}

fn lock() -> MutexGuard<'static, Option<PathBuf>> {
    WANTED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn first_usable(candidates: &[PathBuf]) -> Result<Runtime> {
    let mut refused = Vec::new();
    for path in candidates {
        match commit(path) {
            Ok(runtime) => return Ok(runtime),
            Err(reason) => refused.push(format!("; {}: {reason}", path.display())),
        }
    }
    Err(Error::Runtime(format!(
        "no usable library was found (version {}.{} or later); run `cargo xtask setup`, or install the Python package \
         onnxruntime, or set ORT_DYLIB_PATH to a libonnxruntime{}",
        OLDEST.0,
        OLDEST.1,
        refused.concat()
    )))
}

/// Makes `path` the process's runtime; on failure nothing has been decided.
fn commit(path: &Path) -> Result<Runtime, String> {
    let path = path.canonicalize().map_err(|e| e.to_string())?;
    let version = probe(&path)?;
    let environment = catch_unwind(|| {
        let builder = ort::init_from(&path).map_err(|e| e.to_string())?;
        builder
            .with_name("quietcloud")
            .with_telemetry(false)
            .with_logger(Arc::new(|level, _, _, _, message| pass_on(level, message)))
            .build()
            .map_err(|e| e.to_string())
    })
    .unwrap_or_else(|_| Err("it could not be initialised".into()))?;
    Ok(Runtime {
        path,
        version,
        environment,
    })
}

/// What ONNX Runtime would otherwise print in the host's terminal.
fn pass_on(level: LogLevel, message: &str) {
    match level {
        LogLevel::Verbose | LogLevel::Info => {}
        LogLevel::Warning => log::say(Level::Warning, message),
        LogLevel::Error | LogLevel::Fatal => log::say(Level::Error, message),
    }
}

/// ONNX Runtime's stable entry: two functions, the same in every release.
#[repr(C)]
struct ApiBase {
    get_api: Option<unsafe extern "system" fn(u32) -> *const c_void>,
    get_version: Option<unsafe extern "system" fn() -> *const c_char>,
}

/// The version of the library at `path`, if it is an ONNX Runtime that we can use.
fn probe(path: &Path) -> Result<String, String> {
    elf::check(path)?;
    catch_unwind(AssertUnwindSafe(|| probe_loaded(path)))
        .unwrap_or_else(|_| Err("it could not be loaded".into()))
}

fn probe_loaded(path: &Path) -> Result<String, String> {
    // SAFETY: loading runs the library's constructors; the user named this file, or it lies where only an
    // ONNX Runtime should. libloading binds locally, so that the host's own symbols stay as they are.
    let library = unsafe { libloading::Library::new(path) }
        .map_err(|e| format!("can't be loaded: {}", one_line(&e)))?;
    // SAFETY: the symbol has this signature in every ONNX Runtime.
    let entry = unsafe { library.get::<unsafe extern "system" fn() -> *const ApiBase>(b"OrtGetApiBase\0") }
        .map_err(|_| "it is not ONNX Runtime (no symbol OrtGetApiBase)".to_string())?;
    // SAFETY: as above; the table it returns is static.
    let base = unsafe { entry().as_ref() }.ok_or("it gave no interface")?;
    let (Some(get_api), Some(get_version)) = (base.get_api, base.get_version) else {
        return Err("it gave an empty interface".into());
    };
    // SAFETY: GetVersionString takes nothing and returns a static C string.
    let text = unsafe { get_version() };
    if text.is_null() {
        return Err("it does not tell its version".into());
    }
    // SAFETY: checked for null; the string is static.
    let version = unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned();
    let mut numbers = version.split('.').map_while(|part| part.parse::<u32>().ok());
    let found = (numbers.next(), numbers.next());
    let new_enough = matches!(found, (Some(major), Some(minor)) if major == OLDEST.0 && minor >= OLDEST.1);
    // SAFETY: GetApi takes a version number and returns null for one that it doesn't know.
    if !new_enough || unsafe { get_api(OLDEST.1) }.is_null() {
        return Err(format!(
            "it is version {version}, expected {}.{} or a later 1.x",
            OLDEST.0, OLDEST.1
        ));
    }
    // Never unloaded: a runtime that has started threads or thread-local storage does not survive it.
    std::mem::forget(library);
    Ok(version)
}

fn one_line(error: &libloading::Error) -> String {
    let source = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    source.split_whitespace().collect::<Vec<_>>().join(" ")
}
