//! A model folder is a stranger's: each way to be wrong is an error that says what was found.

mod stand_in;

use std::fs;
use std::io::Write;
use std::path::Path;

use quietcloud::bundle::{Bundle, Role};
use quietcloud::{Device, Error, Model};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// A copy of the stand-in model that a test may spoil.
fn copy() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(stand_in::bundle()).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    folder
}

fn edit(folder: &Path, change: impl FnOnce(&mut Value)) {
    let path = folder.join("bundle.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut manifest);
    fs::write(path, manifest.to_string()).unwrap();
}

/// The reason why the bundle at `path` is refused; any other error fails the test.
fn refusal(path: &Path) -> String {
    match Bundle::open(path) {
        Err(Error::Bundle { reason, .. }) => {
            assert!(!reason.contains('\n'), "{reason}");
            reason
        }
        other => panic!("{other:?}"),
    }
}

fn edited(change: impl FnOnce(&mut Value)) -> String {
    let folder = copy();
    edit(folder.path(), change);
    refusal(folder.path())
}

/// Asserts that `text` tells each of `parts`.
fn tells(text: &str, parts: &[&str]) {
    assert!(
        parts.iter().all(|part| text.contains(part)),
        "'{text}' does not tell {parts:?}"
    );
}

#[test]
fn the_stand_in_and_the_built_in_model_open() {
    let bundle = Bundle::open(&stand_in::bundle()).unwrap();
    assert_eq!((bundle.manifest.method.name(), bundle.stages.len()), ("sbd", 2));
    assert!(!bundle.golden().unwrap().points.is_empty());
    let builtin = Bundle::builtin().unwrap();
    // What each quality looks at: 2 MiB, and 8 for the best.
    let size = |others: Role| -> usize {
        let stages = builtin.stages.iter().filter(|stage| stage.role != others);
        stages.map(|stage| stage.bytes.len()).sum()
    };
    let (high, balanced) = (size(Role::Score), size(Role::ScoreHigh));
    assert!(balanced <= 2 << 20, "the built-in model has {balanced} bytes");
    assert!(high <= 8 << 20, "that of quality high has {high} bytes");
}

#[test]
fn what_is_missing_is_named() {
    tells(&refusal(Path::new("no/such/model")), &["No such file"]);
    for file in ["bundle.json", "score.onnx", "noise.onnx"] {
        let folder = copy();
        fs::remove_file(folder.path().join(file)).unwrap();
        tells(&refusal(folder.path()), &[file, "missing"]);
    }
    let folder = copy();
    fs::remove_file(folder.path().join("golden.npz")).unwrap();
    let error = Bundle::open(folder.path()).unwrap().golden().unwrap_err();
    tells(&error.to_string(), &["golden.npz", "missing"]);
}

#[test]
fn format_and_method_of_tomorrow_are_told_apart_from_damage() {
    tells(
        &edited(|m| m["format"] = json!(2)),
        &["format is 2", "newer quietcloud"],
    );
    tells(
        &edited(|m| m["method"] = json!("gan")),
        &["\"gan\"", "sbd", "lion"],
    );
    tells(
        &edited(|m| m["prediction"] = json!("truth")),
        &["truth", "velocity"],
    );
    tells(
        &edited(|m| m["normalization"] = json!("unit-sphere")),
        &["unit-sphere", "spacing"],
    );
    tells(&edited(|m| *m = json!([1, 2])), &["format"]);
    tells(&edited(|m| m["graph"] = json!({})), &["bundle.json", "k"]);
    for text in ["", "{", "not json", "{\"format\": NaN}", "\u{0}"] {
        let folder = copy();
        fs::write(folder.path().join("bundle.json"), text).unwrap();
        tells(&refusal(folder.path()), &["bundle.json is not JSON"]);
    }
}

#[test]
fn numbers_out_of_bounds_are_named_with_the_bounds() {
    for k in [json!(0), json!(129)] {
        tells(&edited(|m| m["graph"]["k"] = k), &["graph.k", "1 to 128"]);
    }
    tells(&edited(|m| m["graph"]["k"] = json!(-3)), &["bundle.json"]);
    tells(&edited(|m| m["graph"]["k"] = json!(1e300)), &["bundle.json"]);
    tells(
        &edited(|m| m["sampling"]["eta"] = json!(1.5)),
        &["sampling.eta", "0 to 1"],
    );
    tells(&edited(|m| m["sampling"]["rho"] = json!(0)), &["sampling.rho"]);
    tells(
        &edited(|m| m["sampling"]["steps"]["fast"] = json!(0)),
        &["sampling.steps.fast", "1 to 1000"],
    );
    tells(
        &edited(|m| m["trained_noise"] = json!([1.0, 0.5])),
        &["trained_noise[1] is 0.5"],
    );
    tells(
        &edited(|m| m["stages"][0]["hops"] = json!(1000)),
        &["hops", "score", "0 to 16"],
    );
}

#[test]
fn a_schedule_must_be_finite_and_rise() {
    let schedule = |kind: &str, name: &str, values: Value| {
        edited(|m| m["schedule"] = json!({"kind": kind, name: values}))
    };
    tells(
        &schedule("sigma", "sigmas", json!([0.1, 0.3, 0.2])),
        &["schedule"],
    );
    tells(&schedule("sigma", "sigmas", json!([-0.1, 0.3])), &["schedule"]);
    tells(
        &schedule("sigma", "sigmas", json!([])),
        &["length of the schedule is 0"],
    );
    tells(&schedule("sigma", "sigmas", json!([0.1, null])), &["bundle.json"]);
    tells(
        &schedule("sigma", "betas", json!([0.1])),
        &["bundle.json", "sigmas"],
    );
    tells(&schedule("beta", "betas", json!([0.1, 1.0])), &["schedule"]);
    tells(&schedule("gamma", "gammas", json!([2.0, 1.0])), &["schedule"]);
    tells(&schedule("zigzag", "values", json!([2.0, 1.0])), &["zigzag"]);
    tells(
        &edited(|m| m["schedule"] = json!({"kind": "cosine", "steps": 1e9 as u64, "s": 0.008})),
        &["1000000000"],
    );
    // Too large for a double: JSON has no infinity, but a reader might make one.
    let folder = copy();
    let path = folder.path().join("bundle.json");
    let text = fs::read_to_string(&path).unwrap().replacen("0.02,", "1e999,", 1);
    fs::write(path, text).unwrap();
    tells(&refusal(folder.path()), &["bundle.json"]);
}

#[test]
fn stages_must_be_the_ones_that_the_method_has() {
    tells(
        &edited(|m| m["stages"] = json!([])),
        &["0 stages", "score", "exactly one"],
    );
    tells(
        &edited(|m| {
            m["stages"][1] = m["stages"][0].clone();
        }),
        &["2 stages", "score"],
    );
    tells(&edited(|m| m["stages"][0]["role"] = json!("magic")), &["magic"]);
    tells(
        &edited(|m| m["stages"][0]["inputs"][0] = json!("pixels")),
        &["pixels", "edges"],
    );
    tells(
        &edited(|m| m["stages"][0]["outputs"] = json!(["x"])),
        &["score", "velocity"],
    );
    tells(
        &edited(|m| m["stages"][0]["outputs"] = json!([])),
        &["score", "outputs"],
    );
    tells(
        &edited(|m| m["stages"][1]["inputs"] = json!(["edges", "sigma"])),
        &["noise", "sigma"],
    );
}

#[test]
fn bytes_that_are_not_the_promised_ones_are_refused() {
    let folder = copy();
    let path = folder.path().join("score.onnx");
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, bytes).unwrap();
    tells(&refusal(folder.path()), &["score.onnx has sha256", "expected"]);
    tells(
        &edited(|m| m["stages"][0]["sha256"] = json!("")),
        &["score.onnx has sha256"],
    );
}

#[test]
fn no_file_outside_of_the_folder_is_read() {
    let outside = copy();
    let secret = outside.path().join("score.onnx");
    for name in [
        secret.to_str().unwrap(),
        "../score.onnx",
        "a/../../score.onnx",
        "",
        ".",
        "C:\\x",
        "a\u{0}b",
        "/",
    ] {
        tells(
            &edited(|m| m["stages"][0]["file"] = json!(name)),
            &["leads out of the folder"],
        );
    }
    let folder = copy();
    fs::remove_file(folder.path().join("score.onnx")).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(&secret, folder.path().join("score.onnx")).unwrap();
        tells(&refusal(folder.path()), &["link", "leads out of the folder"]);
        // A link that stays inside is as good as a file, and so is a folder that is itself a link.
        fs::remove_file(folder.path().join("score.onnx")).unwrap();
        fs::copy(&secret, folder.path().join("real.onnx")).unwrap();
        std::os::unix::fs::symlink("real.onnx", folder.path().join("score.onnx")).unwrap();
        let link = outside.path().join("link");
        std::os::unix::fs::symlink(folder.path(), &link).unwrap();
        Bundle::open(&link).unwrap();
    }
}

#[test]
fn a_folder_in_the_place_of_a_file_does_not_block() {
    let folder = copy();
    fs::remove_file(folder.path().join("score.onnx")).unwrap();
    fs::create_dir(folder.path().join("score.onnx")).unwrap();
    tells(&refusal(folder.path()), &["score.onnx is not a file"]);
}

/// The stand-in as an archive in memory, every file but `without`.
fn archive(without: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for entry in fs::read_dir(stand_in::bundle()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name != without {
            zip.start_file(name, options).unwrap();
            zip.write_all(&fs::read(&path).unwrap()).unwrap();
        }
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn an_archive_in_memory_is_as_good_as_a_folder() {
    let bytes = archive("");
    let bundle = Bundle::from_memory(&bytes).unwrap();
    assert_eq!(
        bundle.stages[0].bytes,
        Bundle::open(&stand_in::bundle()).unwrap().stages[0].bytes
    );
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.zip");
    fs::write(&file, &bytes).unwrap();
    Bundle::open(&file).unwrap();

    tells(
        &Bundle::from_memory(&archive("score.onnx"))
            .unwrap_err()
            .to_string(),
        &["score.onnx is missing"],
    );
    for broken in [&bytes[..bytes.len() / 2], b"", b"PK", &[0; 100]] {
        tells(&Bundle::from_memory(broken).unwrap_err().to_string(), &["zip"]);
    }
}

#[test]
fn golden_vectors_that_cannot_be_read_are_an_error() {
    let folder = copy();
    for bytes in [&b"not a zip"[..], &archive("")[..]] {
        fs::write(folder.path().join("golden.npz"), bytes).unwrap();
        let error = Bundle::open(folder.path()).unwrap().golden().unwrap_err();
        tells(&error.to_string(), &["golden.npz"]);
    }
}

#[test]
fn golden_vectors_speak_of_every_score_that_there_is() {
    let folder = copy();
    edit(folder.path(), |manifest| {
        let mut high = manifest["stages"][0].clone();
        high["role"] = json!("score_high");
        manifest["stages"].as_array_mut().unwrap().push(high);
    });
    let error = Bundle::open(folder.path()).unwrap().golden().unwrap_err();
    tells(&error.to_string(), &["clean_high", "score_high"]);
}

/// The hash proves nothing about what a network asks for: that is compared when its session is made.
#[test]
fn a_network_that_does_not_fit_its_manifest_is_refused() {
    stand_in::need_runtime();
    let open = |change: &dyn Fn(&mut Value)| {
        let folder = copy();
        edit(folder.path(), change);
        match Model::open(folder.path(), Device::Cpu) {
            Err(error @ Error::Bundle { .. }) => error.to_string(),
            other => panic!("{:?}", other.err()),
        }
    };
    tells(
        &open(&|m| m["stages"][0]["inputs"] = json!(["edges"])),
        &["score.onnx asks for", "neighbors"],
    );
    tells(
        &open(&|m| m["stages"][0]["outputs"] = json!(["velocity"])),
        &["has no output velocity"],
    );
    let text = b"this is no network";
    let sha256: String = Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let folder = copy();
    fs::write(folder.path().join("score.onnx"), text).unwrap();
    edit(folder.path(), |m| m["stages"][0]["sha256"] = json!(sha256));
    let error = Model::open(folder.path(), Device::Cpu).err().unwrap();
    assert_eq!(error.code(), 5);
    tells(&error.to_string(), &["score.onnx"]);
    assert!(!error.to_string().contains('\n'), "{error}");
}

#[test]
fn a_wrong_depth_or_width_is_a_network_error_not_a_crash() {
    use quietcloud::{CloudView, Params, denoise};
    stand_in::need_runtime();
    let cloud = stand_in::noisy_sphere(2_000, 5.0, [0.0; 3], 0.2);
    for (path, value) in [
        ("/graph/k", json!(9)),
        ("/stages/0/hops", json!(5)),
        ("/stages/0/hops", json!(1)),
    ] {
        let folder = copy();
        edit(folder.path(), |m| *m.pointer_mut(path).unwrap() = value.clone());
        let model = Model::open(folder.path(), Device::Cpu).unwrap();
        let result = denoise(
            &model,
            CloudView::from_f64(&cloud),
            &Params {
                noise: 0.2,
                ..Params::default()
            },
            &mut (),
        );
        let error = result.expect_err(&format!("{path} = {value}"));
        assert_eq!(error.code(), 7, "{error}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}
