//! ONNX Runtime is found where it is documented to be, and anything else in its place is an error, never a crash.
//!
//! A process keeps its runtime for life, so every case runs the command in a process of its own.

mod stand_in;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use quietcloud::model::runtime;

/// `quietcloud check`, with no ONNX Runtime to be found but what the test gives it.
fn bare() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quietcloud"));
    command
        .arg("check")
        .env_clear()
        .env("QUIETCLOUD_CACHE", "/nonexistent")
        .env("HOME", "/nonexistent");
    command
}

/// The real library on this machine.
fn library() -> PathBuf {
    stand_in::need_runtime();
    runtime::loaded().unwrap().path.clone()
}

/// Exit code 16 (10 + Runtime's code) and one line that tells each of `parts`.
fn refused(output: &Output, parts: &[&str]) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(16), "{:?} {text}", output.status);
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!(
        parts.iter().all(|part| text.contains(part)),
        "'{text}' does not tell {parts:?}"
    );
}

fn passed(output: &Output, library: &Path) {
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && text.starts_with("passed"),
        "{text}{errors}"
    );
    assert!(
        text.contains(library.to_str().unwrap()),
        "{text} is not from {}",
        library.display()
    );
}

#[test]
fn a_missing_library_names_the_fix() {
    let output = bare()
        .args(["--runtime", "/no/such/libonnxruntime.so"])
        .output()
        .unwrap();
    refused(&output, &["/no/such/libonnxruntime.so", "No such file"]);
    let output = bare().env("ORT_DYLIB_PATH", "/no/such/library").output().unwrap();
    refused(&output, &["ORT_DYLIB_PATH", "/no/such/library", "No such file"]);
}

#[test]
fn a_library_that_is_not_onnx_runtime_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let real = fs::read(library()).unwrap();
    let file = folder.path().join("libonnxruntime.so");
    // Cut after its headers: a loader that trusts them dies of SIGBUS.
    for (bytes, why) in [
        (&b"garbage"[..], "can't be loaded"),
        (b"", "can't be loaded"),
        (&real[..40], "breaks off"),
        (&real[..4096], "breaks off"),
        (&real[..real.len() / 2], "breaks off"),
    ] {
        fs::write(&file, bytes).unwrap();
        refused(
            &bare().arg("--runtime").arg(&file).output().unwrap(),
            &["libonnxruntime.so", why],
        );
    }
    refused(
        &bare().arg("--runtime").arg(folder.path()).output().unwrap(),
        &["irectory"],
    );
}

#[cfg(target_os = "linux")]
#[test]
fn another_library_is_told_so() {
    let folders = [
        "/lib/x86_64-linux-gnu",
        "/lib/aarch64-linux-gnu",
        "/lib64",
        "/usr/lib",
    ];
    let libm = folders
        .iter()
        .map(|folder| Path::new(folder).join("libm.so.6"))
        .find(|path| path.exists())
        .unwrap();
    refused(
        &bare().arg("--runtime").arg(&libm).output().unwrap(),
        &["not ONNX Runtime", "OrtGetApiBase"],
    );
    refused(
        &bare().env("ORT_DYLIB_PATH", &libm).output().unwrap(),
        &["not ONNX Runtime"],
    );
}

/// A stand-in library of a version that is too old, or that gives no interface.
#[cfg(target_os = "linux")]
#[test]
fn an_old_or_empty_onnx_runtime_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let build = |name: &str, code: &str| {
        let (source, library) = (folder.path().join("fake.c"), folder.path().join(name));
        fs::write(&source, code).unwrap();
        let status = Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .args([&library, &source])
            .status()
            .unwrap();
        assert!(status.success());
        library
    };
    let api = |version: &str, get: &str| {
        format!(
            "static const void *get(unsigned v) {{ return {get}; }}\n\
             static const char *version(void) {{ return {version}; }}\n\
             static const struct {{ const void *(*g)(unsigned); const char *(*v)(void); }} base = {{ get, version }};\n\
             const void *OrtGetApiBase(void) {{ return &base; }}\n"
        )
    };
    for (name, code, why) in [
        (
            "old.so",
            api("\"1.16.3\"", "&get"),
            "version 1.16.3, expected 1.20",
        ),
        (
            "next.so",
            api("\"2.0.0\"", "&get"),
            "version 2.0.0, expected 1.20 or a later 1.x",
        ),
        ("liar.so", api("\"1.99.0\"", "0"), "version 1.99.0"),
        ("mute.so", api("0", "&get"), "does not tell its version"),
        ("odd.so", api("\"latest\"", "&get"), "version latest"),
        (
            "none.so",
            "const void *OrtGetApiBase(void) { return 0; }".into(),
            "gave no interface",
        ),
    ] {
        refused(
            &bare().arg("--runtime").arg(build(name, &code)).output().unwrap(),
            &[name, why],
        );
    }
}

#[test]
fn it_is_found_in_the_cache_and_in_a_virtual_environment() {
    let real = library();
    let folder = tempfile::tempdir().unwrap();
    let place = |below: &str| {
        let path = folder.path().join(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::copy(&real, &path).unwrap();
        path.canonicalize().unwrap()
    };
    let in_cache = || {
        let mut command = bare();
        command.env("QUIETCLOUD_CACHE", folder.path().join("cache"));
        command.output().unwrap()
    };
    let cached = place("cache/onnxruntime-1.20.0/libonnxruntime.so.1.20.0");
    passed(&in_cache(), &cached);
    // The newest comes first, whatever the spelling says, and a broken one is passed over.
    let newest = place("cache/onnxruntime-1.100.0/libonnxruntime.so.1.100.0");
    passed(&in_cache(), &newest);
    fs::write(&newest, "broken").unwrap();
    passed(&in_cache(), &cached);
    let own = place("xdg/quietcloud/onnxruntime-1.21.0/libonnxruntime.so.1.21.0");
    let xdg = folder.path().join("xdg");
    passed(
        &bare()
            .env_remove("QUIETCLOUD_CACHE")
            .env("XDG_CACHE_HOME", xdg)
            .output()
            .unwrap(),
        &own,
    );
    let python = place("venv/lib/python3.99/site-packages/onnxruntime/capi/libonnxruntime.so.1.22.0");
    passed(
        &bare()
            .env("VIRTUAL_ENV", folder.path().join("venv"))
            .output()
            .unwrap(),
        &python,
    );
    // What is asked for by name comes before all of them.
    let mut both = bare();
    both.env("QUIETCLOUD_CACHE", folder.path().join("cache"))
        .env("ORT_DYLIB_PATH", &python);
    passed(&both.output().unwrap(), &python);
    passed(&both.arg("--runtime").arg(&own).output().unwrap(), &own);
}

#[test]
fn nothing_found_lists_what_to_do() {
    let output = bare().output().unwrap();
    // A machine may have one in its system folders, which no variable hides.
    if !output.status.success() {
        refused(
            &output,
            &[
                "no usable library was found",
                "cargo xtask setup",
                "ORT_DYLIB_PATH",
                "1.20",
            ],
        );
    }
}

/// In this process, which has its runtime: asking for another one is refused, asking for the same one is not.
#[test]
fn a_process_keeps_its_runtime() {
    let real = library();
    runtime::use_library(&real).unwrap();
    let error = runtime::use_library(Path::new("/some/other/libonnxruntime.so")).unwrap_err();
    assert_eq!(error.code(), 6);
    assert!(error.to_string().contains("in use already"), "{error}");
    assert_eq!(runtime::load().unwrap().path, real);
}

/// A failed attempt decides nothing: the next one may succeed.
#[test]
fn a_wrong_path_can_be_corrected() {
    let name = "QUIETCLOUD_TEST_LIBRARY";
    if let Some(path) = std::env::var_os(name) {
        // The child process, in which nothing is loaded yet.
        runtime::use_library(Path::new("/no/such/library")).unwrap();
        assert_eq!(runtime::load().err().map(|error| error.code()), Some(6));
        runtime::use_library(Path::new(&path)).unwrap();
        runtime::load().unwrap();
        return;
    }
    let mut child = Command::new(std::env::current_exe().unwrap());
    child
        .args(["--exact", "a_wrong_path_can_be_corrected"])
        .env(name, library());
    assert!(child.status().unwrap().success());
}
