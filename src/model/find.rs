//! Where ONNX Runtime's shared library may be, in the order in which it is tried.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// Folder below the cache that holds one version of the library: `onnxruntime-1.2.3`.
const CACHE_PREFIX: &str = "onnxruntime-";

/// A library that somebody asked for by name, so that no other will do.
pub(super) struct Wanted {
    pub path: PathBuf,
    /// Who asked, for the error message.
    pub origin: &'static str,
}

/// `ORT_DYLIB_PATH`, the variable that other users of ONNX Runtime in Rust know too.
pub(super) fn from_environment() -> Option<Wanted> {
    let path = env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty())?;
    Some(Wanted {
        path: path.into(),
        origin: "ORT_DYLIB_PATH",
    })
}

/// Every library in the usual places, best first.
pub(super) fn candidates() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for folder in beside_us()
        .into_iter()
        .chain(cached())
        .chain(python())
        .chain(system())
    {
        for library in libraries(&folder) {
            if !found.contains(&library) {
                found.push(library);
            }
        }
    }
    found
}

/// Our cache folder: `$QUIETCLOUD_CACHE`, `$XDG_CACHE_HOME/quietcloud` or `~/.cache/quietcloud`.
pub fn cache_folder() -> Option<PathBuf> {
    let set = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    set("QUIETCLOUD_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|folder| folder.join("quietcloud")))
        .or_else(|| set("HOME").map(|home| home.join(".cache/quietcloud")))
}

/// Our own library's folder and executable's, and the private one that a package may have put beside them.
fn beside_us() -> Vec<PathBuf> {
    let files = own_library().into_iter().chain(env::current_exe().ok());
    let folders = files.filter_map(|file| Some(file.canonicalize().ok()?.parent()?.to_owned()));
    folders
        .flat_map(|folder| [folder.clone(), folder.join("../lib")])
        .flat_map(|folder| [folder.join("quietcloud"), folder])
        .collect()
}

/// The shared library (or executable) that this code was linked into.
#[cfg(unix)]
fn own_library() -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    let address = own_library as *const libc::c_void;
    let mut info = std::mem::MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: `info` is a valid place for the answer; dladdr takes any address.
    let name = unsafe {
        match libc::dladdr(address, info.as_mut_ptr()) {
            0 => return None,
            _ => info.assume_init().dli_fname,
        }
    };
    // SAFETY: the loader's own C string; it lives as long as the library that runs this code.
    let name = (!name.is_null()).then(|| unsafe { std::ffi::CStr::from_ptr(name) })?;
    Some(PathBuf::from(OsStr::from_bytes(name.to_bytes())))
}

#[cfg(not(unix))]
fn own_library() -> Option<PathBuf> {
    None
}

fn cached() -> Vec<PathBuf> {
    cache_folder().map_or_else(Vec::new, |cache| {
        subfolders(&cache, |name| name.starts_with(CACHE_PREFIX))
    })
}

/// The `capi` folders of the Python packages `onnxruntime`, found without running Python.
fn python() -> Vec<PathBuf> {
    let roots = ["VIRTUAL_ENV", "CONDA_PREFIX"]
        .into_iter()
        .filter_map(env::var_os)
        .map(PathBuf::from);
    // A python3 on the path names its installation twice: by the folder it is called from (a virtual environment)
    // and by the one its link leads to.
    let path = env::var_os("PATH").unwrap_or_default();
    let called = env::split_paths(&path)
        .map(|folder| folder.join("python3"))
        .filter(|python| python.exists());
    let installed = called
        .flat_map(|python| [Some(python.clone()), python.canonicalize().ok()])
        .flatten();
    let prefixes = installed.filter_map(|python| Some(python.parent()?.parent()?.to_owned()));
    let home = env::var_os("HOME").map(|home| Path::new(&home).join(".local"));
    let mut folders = Vec::new();
    for root in roots
        .chain(prefixes)
        .chain(home)
        .chain([PathBuf::from("/usr/local"), PathBuf::from("/usr")])
    {
        for library in subfolders(&root.join("lib"), |name| name.starts_with("python3")) {
            for packages in ["site-packages", "dist-packages"] {
                folders.push(library.join(packages).join("onnxruntime/capi"));
            }
        }
    }
    folders
}

fn system() -> Vec<PathBuf> {
    let listed = env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    let mut folders: Vec<_> = env::split_paths(&listed)
        .filter(|folder| folder.is_absolute())
        .collect();
    let multiarch = format!("/usr/lib/{}-linux-gnu", env::consts::ARCH);
    folders.extend(
        [
            "/usr/local/lib",
            &multiarch,
            "/usr/lib64",
            "/usr/lib",
            "/opt/homebrew/lib",
        ]
        .map(PathBuf::from),
    );
    folders
}

/// Subfolders whose name fits, newest version first.
fn subfolders(folder: &Path, fits: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    sorted(folder, |name, path| fits(name) && path.is_dir())
}

/// Files of the library in a folder, newest version first.
fn libraries(folder: &Path) -> Vec<PathBuf> {
    let found = sorted(folder, |name, path| is_library(name) && path.is_file());
    let mut files: Vec<PathBuf> = Vec::new();
    for path in found.into_iter().filter_map(|path| path.canonicalize().ok()) {
        if !files.contains(&path) {
            files.push(path);
        }
    }
    files
}

fn is_library(name: &str) -> bool {
    let stem = name.strip_prefix("lib").unwrap_or(name);
    stem == "onnxruntime.dll"
        || stem
            .strip_prefix("onnxruntime.so")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        || stem
            .strip_prefix("onnxruntime.")
            .is_some_and(|rest| rest.ends_with("dylib"))
}

fn sorted(folder: &Path, fits: impl Fn(&str, &Path) -> bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let mut paths: Vec<_> = entries
        .filter(|path| {
            path.file_name()
                .and_then(OsStr::to_str)
                .is_some_and(|name| fits(name, path))
        })
        .collect();
    paths.sort_by_key(|path| std::cmp::Reverse(version(path)));
    paths
}

/// The numbers in a file name: 1.9 comes before 1.31 in age, not in spelling.
fn version(path: &Path) -> Vec<u64> {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    name.split(|c: char| !c.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_library_itself_counts_and_the_newest_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let names = [
            "libonnxruntime.so.1.9.0",
            "libonnxruntime.so.1.31.1",
            "libonnxruntime_providers_shared.so",
            "onnxruntime_pybind11_state.cpython-311-x86_64-linux-gnu.so",
            "libonnxruntime.sox",
        ];
        for name in names {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let found: Vec<_> = libraries(folder.path())
            .into_iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(found, ["libonnxruntime.so.1.31.1", "libonnxruntime.so.1.9.0"]);
        assert!(is_library("libonnxruntime.1.20.0.dylib") && is_library("onnxruntime.dll"));
    }
}
