//! The command, from outside.

mod stand_in;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use quietcloud::{CloudView, Params, denoise, io, params};
use stand_in::command::{fails, quietcloud, scan, stdout};

#[test]
fn denoise_writes_what_the_library_gives_and_reports() {
    stand_in::need_runtime();
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (scan(folder.path(), 3000), folder.path().join("clean.xyz"));
    let model = stand_in::bundle();
    let mut command = quietcloud();
    command
        .arg("denoise")
        .args([&input, &output])
        .arg("--model")
        .arg(&model);
    let done = command
        .args([
            "--noise",
            "0.1",
            "--steps",
            "3",
            "--threads",
            "2",
            "--device",
            "cpu",
        ])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(done.stderr.is_empty(), "a progress bar without a terminal");
    let text = stdout(&done);
    for part in [
        "3000",
        "0.1000 (",
        "given",
        "steps    3",
        "cpu, ONNX Runtime 1.",
        "graph",
        "network",
    ] {
        assert!(text.contains(part), "'{part}' is not in {text}");
    }
    let file = io::read(&input).unwrap();
    let params = Params {
        noise: 0.1,
        steps: 3,
        ..Params::default()
    };
    let expected = denoise(
        &stand_in::model(),
        CloudView::from_f64(file.points()),
        &params,
        &mut (),
    )
    .unwrap();
    let written = io::read(&output).unwrap();
    assert!(stand_in::moved(written.points(), &expected.points) < 1e-6);
    let columns = fs::read_to_string(&output).unwrap();
    assert!(
        columns
            .lines()
            .enumerate()
            .all(|(i, line)| line.ends_with(&format!(" {i}")))
    );

    let estimated = quietcloud()
        .arg("denoise")
        .args([&input, &output])
        .args(["--quality", "fast"])
        .output()
        .unwrap();
    assert!(stdout(&estimated).contains("estimated"), "{}", stdout(&estimated));
}

#[test]
fn every_option_of_the_table_is_a_flag() {
    let help = stdout(&quietcloud().args(["denoise", "--help"]).output().unwrap());
    for param in params::TABLE {
        assert!(
            help.contains(&format!("--{}", param.name.replace('_', "-"))),
            "{}",
            param.name
        );
    }
}

#[test]
fn wrong_usage_is_exit_code_2_and_one_line() {
    fails(&quietcloud().output().unwrap(), 2, &["quietcloud"]);
    fails(
        &quietcloud().args(["denoise", "a.ply"]).output().unwrap(),
        2,
        &["OUT"],
    );
    for (flag, value, part) in [
        ("--noise", "loud", "auto or a number"),
        ("--noise", "-1", "noise"),
        ("--steps", "1.5", "whole number from 0 to 1000"),
        ("--quality", "best", "fast, balanced, high"),
        ("--device", "abacus", "cpu, cuda"),
        ("--nois", "1", "--nois"),
    ] {
        let output = quietcloud()
            .args(["denoise", "a.ply", "b.ply", flag, value])
            .output()
            .unwrap();
        fails(&output, 2, &[part]);
    }
}

#[test]
fn errors_are_one_line_with_a_code_and_leave_no_file() {
    stand_in::need_runtime();
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let input = scan(folder.path(), 100);
    fs::write(at("text.ply"), "I am no cloud\n").unwrap();
    fs::write(at("empty.pcd"), "").unwrap();
    let run = |input: &Path, output: &Path, more: &[&str]| {
        quietcloud()
            .arg("denoise")
            .args([input, output])
            .args(more)
            .output()
            .unwrap()
    };
    let output = at("out.ply");
    fails(&run(&at("none.ply"), &output, &[]), 13, &["none.ply"]);
    fails(&run(&at("text.ply"), &output, &[]), 14, &["text.ply"]);
    fails(&run(&at("empty.pcd"), &output, &[]), 14, &["empty.pcd", "empty"]);
    fails(&run(&input, &at("out.jpg"), &[]), 14, &["out.jpg", ".ply"]);
    fails(
        &run(&input, &at("no/such/folder/out.ply"), &[]),
        13,
        &["no/such/folder"],
    );
    fails(
        &run(&input, &output, &["--model", "/no/such/model"]),
        15,
        &["/no/such/model"],
    );
    fails(
        &run(&input, &output, &["--runtime", "/no/such/library"]),
        16,
        &["/no/such/library"],
    );
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

/// The Python wheel of this test machine has no GPU support; where another library has, there is nothing to refuse.
#[test]
fn an_explicit_device_that_is_not_there_is_an_error() {
    stand_in::need_runtime();
    for device in ["cuda", "tensorrt"] {
        let output = quietcloud().args(["check", "--device", device]).output().unwrap();
        if !output.status.success() {
            fails(&output, 18, &[device]);
        }
    }
    assert!(
        quietcloud()
            .args(["check", "--device", "auto"])
            .output()
            .unwrap()
            .status
            .success()
    );
}

#[test]
fn describe_and_check_tell_about_a_model() {
    let text = stdout(
        &quietcloud()
            .arg("describe")
            .arg(stand_in::bundle())
            .output()
            .unwrap(),
    );
    for part in [
        "stand-in",
        "sbd",
        "16 neighbours",
        "score.onnx",
        "2 hops",
        "edges, neighbors, sigma, rings -> noise",
    ] {
        assert!(text.contains(part), "'{part}' is not in {text}");
    }
    assert!(stdout(&quietcloud().arg("describe").output().unwrap()).contains("built-in"));
    fails(
        &quietcloud().args(["describe", "/no/such"]).output().unwrap(),
        15,
        &["/no/such"],
    );
    stand_in::need_runtime();
    let output = quietcloud()
        .arg("check")
        .arg(stand_in::bundle())
        .output()
        .unwrap();
    assert!(
        output.status.success() && stdout(&output).starts_with("passed"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn check_fails_where_the_answer_differs() {
    stand_in::need_runtime();
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(stand_in::bundle()).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let path = folder.path().join("bundle.json");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"rho\": 1.0"));
    fs::write(&path, text.replace("\"rho\": 1.0", "\"rho\": 2.0")).unwrap();
    let output = quietcloud().arg("check").arg(folder.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).starts_with("FAILED"), "{}", stdout(&output));
}

#[test]
fn compare_measures() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let clean = stand_in::noisy_sphere(500, 1.0, [0.0; 3], 0.0);
    let lines = |shift: f64| {
        clean
            .iter()
            .map(|p| format!("{} {} {}\n", p[0] + shift, p[1], p[2]))
            .collect::<String>()
    };
    fs::write(at("clean.xyz"), lines(0.0)).unwrap();
    fs::write(at("result.xyz"), lines(0.01)).unwrap();
    fs::write(
        at("mesh.off"),
        "OFF\n4 4 0\n1 1 1\n-1 -1 1\n-1 1 -1\n1 -1 -1\n3 0 1 2\n3 0 3 1\n3 0 2 3\n3 1 3 2\n",
    )
    .unwrap();
    let value = |text: &str, name: &str| -> f64 {
        let line = text
            .lines()
            .find(|line| line.starts_with(name))
            .unwrap_or_else(|| panic!("no {name} in {text}"));
        line.split_whitespace().last().unwrap().parse().unwrap()
    };
    let same = stdout(
        &quietcloud()
            .arg("compare")
            .args([at("clean.xyz"), at("clean.xyz")])
            .output()
            .unwrap(),
    );
    assert_eq!((value(&same, "chamfer"), value(&same, "hausdorff")), (0.0, 0.0));
    let mut command = quietcloud();
    command
        .arg("compare")
        .args([at("clean.xyz"), at("result.xyz")])
        .arg("--mesh")
        .arg(at("mesh.off"));
    let other = stdout(&command.output().unwrap());
    assert!(value(&other, "chamfer") > 0.0 && value(&other, "hausdorff") > 0.0);
    assert!(value(&other, "p2m exact") > 0.0 && value(&other, "p2m p3d05") > 0.0);
    let missing = quietcloud()
        .arg("compare")
        .args([at("clean.xyz"), at("none.xyz")])
        .output()
        .unwrap();
    fails(&missing, 13, &["none.xyz"]);
}

/// An interrupt in the middle of a run ends it at once, as cancelled, with nothing written.
#[cfg(unix)]
#[test]
fn an_interrupt_leaves_no_file() {
    stand_in::need_runtime();
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (scan(folder.path(), 60_000), folder.path().join("clean.xyz"));
    let mut command = quietcloud();
    command
        .arg("denoise")
        .args([&input, &output])
        .args(["--steps", "64", "--threads", "1"]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    fails(&child.wait_with_output().unwrap(), 19, &["cancelled"]);
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["scan.xyz"]);
}
