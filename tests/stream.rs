//! Files that are worked on in pieces: the same points as in memory, whatever happens on the way.

mod common;
mod stand_in;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::Scratch;
use quietcloud::params::Quality;
use quietcloud::pipeline::{cut, denoise_file, denoise_in_pieces, join};
use quietcloud::random::Noise;
use quietcloud::{Device, Model, Params, io};

/// More than 32 MiB have room for.
const POINTS: usize = 100_000;

/// A terrain with a wall and uneven density; as a LAZ it lies on a fine grid.
fn survey(scratch: &Scratch, name: &str, n: usize) -> PathBuf {
    let path = scratch.path(name);
    io::write(&path, &terrain(n)).unwrap();
    path
}

fn terrain(n: usize) -> Vec<[f64; 3]> {
    let noise = Noise::new(7);
    let side = (n as f64).sqrt() * 0.4;
    (0..n)
        .map(|i| {
            let [u, v, w] = noise.normal(0, i as u64);
            let [a, b, _] = noise.normal(1, i as u64);
            // Denser towards a corner.
            let (x, y) = (side * (u / 3.0).tanh().abs(), side * (v / 3.0).tanh().abs());
            let z = 0.1 * side * (x / side * 5.0).sin() + if y > side / 2.0 { 3.0 } else { 0.0 };
            [437_000.0 + x + 0.03 * a, 4_912_000.0 + y + 0.03 * b, z + 0.05 * w]
        })
        .collect()
}

/// The same with a stray far out, and thirty points at one place.
fn rough(n: usize) -> Vec<[f64; 3]> {
    let mut points = terrain(n);
    let side = (n as f64).sqrt() * 0.4;
    points[n / 3] = [437_000.0 + 40.0 * side, 4_912_000.0 - 7.0 * side, 900.0];
    for i in 0..30 {
        points[n / 2 + i] = points[n / 2];
    }
    points
}

fn params(max_memory_mb: usize) -> Params {
    Params {
        max_memory_mb,
        threads: 2,
        ..Params::default()
    }
}

/// Files beside the ones that belong there, hidden ones included.
fn strays(scratch: &Scratch, known: &[&str]) -> Vec<String> {
    let names = scratch.names().into_iter();
    names.filter(|name| !known.contains(&name.as_str())).collect()
}

#[track_caller]
fn same(a: &Path, b: &Path, tolerance: f64) {
    let (a, b) = (io::read(a).unwrap(), io::read(b).unwrap());
    assert_eq!(a.len(), b.len());
    for (i, (p, q)) in a.points().iter().zip(b.points()).enumerate() {
        for axis in 0..3 {
            assert!(
                (p[axis] - q[axis]).abs() <= tolerance,
                "point {i}: {p:?} and {q:?}"
            );
        }
    }
}

/// Pieces, with the estimate of the noise, give the points that memory gives: the analytic model, whose graph serves
/// three steps, and the one that ships, whose graph is new in every step.
#[test]
fn pieces_give_what_memory_gives() {
    let builtin = || Model::builtin(Device::Cpu).unwrap();
    for (model, quality, n, piece, names) in [
        (
            stand_in::model(),
            Quality::Balanced,
            POINTS,
            10_000,
            &["a.laz", "a.ply"][..],
        ),
        (builtin(), Quality::Balanced, 24_000, 6000, &["a.laz", "a.ply"]),
        (builtin(), Quality::High, 24_000, 12_000, &["a.ply"]),
    ] {
        let params = Params { quality, ..params(0) };
        for &name in names {
            let scratch = Scratch::new(&format!("stream-{}-{quality:?}-{name}", model.manifest().name));
            let scan = scratch.path(name);
            io::write(&scan, &rough(n)).unwrap();
            let (whole, pieces) = (
                scratch.path(&format!("w-{name}")),
                scratch.path(&format!("p-{name}")),
            );
            let expected = denoise_file(&model, &scan, &whole, &params, &mut ()).unwrap();
            let found = denoise_in_pieces(&model, &scan, &pieces, &params, piece, &mut ()).unwrap();
            assert!(
                found.tiles > expected.tiles,
                "{} was not cut",
                model.manifest().name
            );
            assert_eq!((found.points, found.finite, found.steps), (n, n, expected.steps));
            assert!(found.estimated && found.steps > 0, "{found:?}");
            assert!(
                (found.spacing / expected.spacing - 1.0).abs() < 1e-12,
                "{found:?} {expected:?}"
            );
            assert!(
                (found.noise / expected.noise - 1.0).abs() < 1e-6,
                "{found:?} {expected:?}"
            );
            same(&whole, &pieces, 1e-5 * expected.spacing);
            assert!(fs::read(&scan).unwrap() != fs::read(&pieces).unwrap());
            let known = [name, &format!("w-{name}"), &format!("p-{name}")];
            assert_eq!(strays(&scratch, &known), Vec::<String>::new());
        }
    }
}

/// Noise that is wider than what the network's neighbours span is seen by thinning, in pieces as in memory.
#[test]
fn thick_noise_is_seen() {
    const SIGMA: f64 = 7.0;
    let model = Model::builtin(Device::Cpu).unwrap();
    let scratch = Scratch::new("stream-thick");
    let noise = Noise::new(11);
    let points: Vec<[f64; 3]> = (0..32_400)
        .map(|i| {
            let (x, y) = ((i % 180) as f64, (i / 180) as f64);
            let d = noise.normal(0, i);
            [x + SIGMA * d[0], y + SIGMA * d[1], SIGMA * d[2]]
        })
        .collect();
    let [scan, whole, pieces] = ["a.ply", "w.ply", "p.ply"].map(|name| scratch.path(name));
    io::write(&scan, &points).unwrap();
    let expected = denoise_file(&model, &scan, &whole, &params(0), &mut ()).unwrap();
    assert!((expected.noise / SIGMA - 1.0).abs() < 0.08, "{expected:?}");
    let found = denoise_in_pieces(&model, &scan, &pieces, &params(0), 8000, &mut ()).unwrap();
    assert!(
        (found.noise / expected.noise - 1.0).abs() < 1e-6,
        "{found:?} {expected:?}"
    );
    same(&whole, &pieces, 1e-5 * expected.spacing);
}

/// What goes through untouched: points without coordinates, and a scan without noise.
#[test]
fn pieces_leave_what_memory_leaves() {
    let model = stand_in::model();
    let scratch = Scratch::new("stream-leave");
    let mut points = terrain(POINTS);
    for i in [0, 17, POINTS - 1] {
        points[i] = [f64::NAN, f64::INFINITY, 1.0];
    }
    let scan = scratch.path("a.ply");
    io::write(&scan, &points).unwrap();
    let out = scratch.path("b.ply");
    let report = denoise_file(&model, &scan, &out, &params(32), &mut ()).unwrap();
    assert_eq!((report.points, report.finite), (POINTS, POINTS - 3));
    let clean = io::read(&out).unwrap();
    let lost: Vec<usize> = (0..clean.len())
        .filter(|&i| !clean.points()[i].iter().all(|c| c.is_finite()))
        .collect();
    assert_eq!(lost, [0, 17, POINTS - 1]);

    let nearly = Params {
        noise: 1e-6,
        ..params(32)
    };
    let report = denoise_file(&model, &scan, &out, &nearly, &mut ()).unwrap();
    assert!(
        report.steps == 0 && report.notes.iter().any(|note| note.contains("nothing was done")),
        "{report:?}"
    );
    assert!(fs::read(&scan).unwrap() == fs::read(&out).unwrap());
    assert_eq!(strays(&scratch, &["a.ply", "b.ply"]), Vec::<String>::new());
}

/// Tiles that know nothing of each other, denoised one by one, and joined.
#[test]
fn tiles_give_what_the_whole_gives() {
    let model = stand_in::model();
    let scratch = Scratch::new("stream-tiles");
    let scan = scratch.path("a.ply");
    io::write(&scan, &terrain(60_000)).unwrap();
    let (whole, folder, joined) = (
        scratch.path("whole.ply"),
        scratch.path("tiles"),
        scratch.path("joined.ply"),
    );
    let fast = Params {
        steps: 2,
        ..params(0)
    };
    let expected = denoise_file(&model, &scan, &whole, &fast, &mut ()).unwrap();
    let tiles = cut(&model, &scan, &folder, 10_000, &fast, &mut ()).unwrap();
    assert!(tiles.tiles.len() == 6 && tiles.steps == 2, "{tiles:?}");
    assert_eq!(tiles.tiles.iter().map(|tile| tile.core).sum::<u64>(), 60_000);
    // The same again needs no new tiles.
    assert_eq!(
        cut(&model, &scan, &folder, 10_000, &fast, &mut ()).unwrap(),
        tiles
    );
    assert!(tiles.tiles.iter().any(|tile| tile.points < 40_000), "{tiles:?}");
    for tile in &tiles.tiles {
        let told = Params {
            noise: tiles.noise,
            spacing: tiles.spacing,
            steps: tiles.steps,
            ..params(0)
        };
        denoise_file(
            &model,
            &folder.join(&tile.file),
            &folder.join(&tile.clean),
            &told,
            &mut (),
        )
        .unwrap();
    }
    // By the command: there nobody has loaded ONNX Runtime, which joining has no use for.
    let mut merge = Command::new(env!("CARGO_BIN_EXE_quietcloud"));
    let done = merge
        .arg("merge")
        .args([&scan, &folder, &joined])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    same(&whole, &joined, 1e-5 * expected.spacing);

    fs::remove_file(folder.join(&tiles.tiles[1].clean)).unwrap();
    let error = join(&scan, &folder, &joined, &mut ()).unwrap_err().to_string();
    assert!(error.contains("00001.clean.ply"), "{error}");
    fs::copy(
        folder.join(&tiles.tiles[0].clean),
        folder.join(&tiles.tiles[1].clean),
    )
    .unwrap();
    let error = join(&scan, &folder, &joined, &mut ()).unwrap_err().to_string();
    assert!(
        error.contains("not the tile") || error.contains("expected"),
        "{error}"
    );
}

fn command(scan: &Path, out: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_quietcloud"));
    command
        .arg("denoise")
        .args([scan, out])
        .arg("--model")
        .arg(stand_in::bundle());
    command.args(["--max-memory-mb", "32", "--threads", "2"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Killed ten times at moments spread over the whole run, and started again after each: the same bytes as without.
#[test]
fn a_killed_run_goes_on_and_leaves_nothing_behind() {
    stand_in::need_runtime();
    let scratch = Scratch::new("stream-kill");
    let scan = survey(&scratch, "a.laz", POINTS);
    let (plain, out) = (scratch.path("plain.laz"), scratch.path("out.laz"));
    let start = Instant::now();
    assert!(command(&scan, &plain).status().unwrap().success());
    let whole = start.elapsed();
    let expected = fs::read(&plain).unwrap();
    let (mut killed, mut resumed) = (0, false);
    // A run that comes to its end before it is killed begins anew.
    for attempt in 0..200 {
        let mut run = command(&scan, &out).spawn().unwrap();
        let share = f64::from(attempt * 37 % 100) / 100.0;
        let until = Instant::now() + whole.mul_f64(0.05 + 0.3 * share);
        while Instant::now() < until && run.try_wait().unwrap().is_none() {
            sleep(Duration::from_millis(1));
        }
        if run.try_wait().unwrap().is_none() {
            run.kill().unwrap();
            run.wait().unwrap();
            killed += 1;
            resumed |= scratch.path(".out.laz.quietcloud").join("state.json").exists();
            assert!(
                !out.exists() || fs::read(&out).unwrap() == expected,
                "half a file under the final name"
            );
        } else {
            assert!(fs::read(&out).unwrap() == expected, "after {killed} kills");
            assert_eq!(
                strays(&scratch, &["a.laz", "plain.laz", "out.laz"]),
                Vec::<String>::new()
            );
            fs::remove_file(&out).unwrap();
            if killed >= 10 {
                break;
            }
        }
    }
    assert!(killed >= 10 && resumed, "only {killed} kills");
    assert!(command(&scan, &out).status().unwrap().success());
    assert!(fs::read(&out).unwrap() == expected);
    assert_eq!(
        strays(&scratch, &["a.laz", "plain.laz", "out.laz"]),
        Vec::<String>::new()
    );
}

/// What an earlier run has left is only used for the same input and options.
#[test]
fn what_is_left_of_another_run_is_not_taken_for_this_one() {
    stand_in::need_runtime();
    let scratch = Scratch::new("stream-other");
    let scan = survey(&scratch, "a.laz", POINTS);
    let (plain, out) = (scratch.path("plain.laz"), scratch.path("out.laz"));
    let mut run = command(&scan, &out).spawn().unwrap();
    let state = scratch.path(".out.laz.quietcloud").join("state-0");
    while !state.exists() && run.try_wait().unwrap().is_none() {
        sleep(Duration::from_millis(1));
    }
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(state.exists());
    for out in [&plain, &out] {
        assert!(
            command(&scan, out)
                .args(["--noise", "0.05"])
                .status()
                .unwrap()
                .success()
        );
    }
    assert!(fs::read(&out).unwrap() == fs::read(&plain).unwrap());
    // In its own place: the result of one run is the scan of the next.
    let place = scratch.path("place.laz");
    fs::copy(&scan, &place).unwrap();
    assert!(
        command(&place, &place)
            .args(["--noise", "0.05"])
            .status()
            .unwrap()
            .success()
    );
    assert!(fs::read(&place).unwrap() == fs::read(&plain).unwrap());
    let known = ["a.laz", "plain.laz", "out.laz", "place.laz"];
    assert_eq!(strays(&scratch, &known), Vec::<String>::new());
}
