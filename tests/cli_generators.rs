//! The generators' commands, from outside.

mod stand_in;

use std::fs;
use std::path::{Path, PathBuf};

use quietcloud::io;
use stand_in::command::{fails, quietcloud, scan, stdout};
use stand_in::generators::folder;

fn finite_points(path: &Path) -> Vec<[f64; 3]> {
    let points = io::read(path).unwrap().points().to_vec();
    assert!(points.iter().flatten().all(|c| c.is_finite()));
    points
}

#[test]
fn generate_writes_clouds_that_the_seed_decides() {
    stand_in::need_runtime();
    let scratch = tempfile::tempdir().unwrap();
    let made = |name: &str, more: &[&str]| {
        let path = scratch.path().join(name);
        let model = folder("ddpm-gaussian");
        let mut command = quietcloud();
        command.arg("generate").arg(&path).arg("--model").arg(model);
        let done = command.args(["--steps", "20"]).args(more).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        (path, stdout(&done))
    };
    let (one, told) = made("one.ply", &["--points", "200", "--seed", "3"]);
    assert!(told.contains("1 of 200 points") && told.contains("20"), "{told}");
    assert_eq!(finite_points(&one).len(), 200);
    let (again, _) = made("again.ply", &["--points", "200", "--seed", "3"]);
    assert_eq!(fs::read(&one).unwrap(), fs::read(again).unwrap());
    let (other, _) = made("other.ply", &["--points", "200", "--seed", "4"]);
    assert_ne!(fs::read(&one).unwrap(), fs::read(other).unwrap());
    made("many.xyz", &["--points", "50", "--seed", "3", "--count", "3"]);
    let many: Vec<_> = (0..3)
        .map(|i| finite_points(&scratch.path().join(format!("many_{i:04}.xyz"))))
        .collect();
    assert!(many.iter().all(|cloud| cloud.len() == 50) && many[0] != many[1]);
    assert!(!scratch.path().join("many.xyz").exists());
}

#[test]
fn reconstruct_and_likelihood_take_a_cloud() {
    stand_in::need_runtime();
    let scratch = tempfile::tempdir().unwrap();
    let (cloud, again) = (scan(scratch.path(), 400), scratch.path().join("again.ply"));
    let mut command = quietcloud();
    command.arg("reconstruct").args([&cloud, &again]);
    let done = command.arg("--model").arg(folder("vae")).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(finite_points(&again).len(), 400);
    let mut command = quietcloud();
    command.arg("likelihood").arg(&cloud);
    let done = command
        .arg("--model")
        .arg(folder("vdm-gaussian"))
        .output()
        .unwrap();
    assert!(stdout(&done).contains("bits per dimension"), "{}", stdout(&done));
}

#[test]
fn what_a_model_cannot_do_is_one_line_and_no_file() {
    stand_in::need_runtime();
    let scratch = tempfile::tempdir().unwrap();
    let (cloud, out) = (scan(scratch.path(), 100), scratch.path().join("out.ply"));
    let run = |words: &[&str], files: &[&PathBuf], model: PathBuf| {
        let mut command = quietcloud();
        command.arg(words[0]).args(files).args(&words[1..]);
        command.arg("--model").arg(model).output().unwrap()
    };
    let denoiser = stand_in::bundle;
    fails(
        &run(&["denoise"], &[&cloud, &out], folder("ddpm-gaussian")),
        22,
        &["can't denoise", "generate"],
    );
    fails(
        &run(&["generate"], &[&out], denoiser()),
        22,
        &["can't generate", "denoise"],
    );
    fails(
        &run(&["reconstruct"], &[&cloud, &out], folder("ddpm-gaussian")),
        22,
        &["can't reconstruct"],
    );
    fails(
        &run(&["likelihood"], &[&cloud], folder("vae")),
        22,
        &["can't give a likelihood"],
    );
    let ddpm = || folder("ddpm-gaussian");
    fails(
        &run(&["generate", "--points", "-5"], &[&out], ddpm()),
        2,
        &["-5", "--points"],
    );
    fails(
        &run(&["generate", "--count", "-1"], &[&out], ddpm()),
        2,
        &["-1", "--count"],
    );
    fails(
        &run(&["generate", "--steps", "100001"], &[&out], ddpm()),
        2,
        &["100001"],
    );
    assert!(!out.exists());
}
