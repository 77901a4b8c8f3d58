//! `test`: everything there is, one stage after the other, a summary at the end.

pub mod cmake;
pub mod peers;
pub mod python;
mod ros;
mod stage;

use anyhow::{Result, bail};
use stage::{Outcome, Stage};
use std::time::Instant;

/// Every stage: its name, the path that it is about (no path, no stage), what it needs from Debian, what it runs.
const STAGES: &[Stage] = &[
    Stage {
        name: "format",
        path: "src",
        debian: &[],
        run: stage::format,
    },
    Stage {
        name: "clippy",
        path: "src",
        debian: &[],
        run: stage::clippy,
    },
    Stage {
        name: "rust",
        path: "src",
        debian: &[],
        run: stage::rust,
    },
    Stage {
        name: "fuzz",
        path: "fuzz",
        debian: &[],
        run: stage::fuzz,
    },
    Stage {
        name: "header",
        path: "cbindgen.toml",
        debian: &[],
        run: stage::header,
    },
    Stage {
        name: "python",
        path: "onnx/tests",
        debian: python::DEBIAN,
        run: python::run,
    },
    Stage {
        name: "peers",
        path: "benches/peers",
        debian: peers::DEBIAN,
        run: peers::run,
    },
    Stage {
        name: "c",
        path: "tests",
        debian: cmake::DEBIAN,
        run: cmake::run,
    },
    Stage {
        name: "pcl",
        path: "bindings/pcl/tests",
        debian: peers::DEBIAN,
        run: cmake::run,
    },
    Stage {
        name: "open3d",
        path: "bindings/open3d/tests",
        debian: cmake::OPEN3D,
        run: cmake::run,
    },
    Stage {
        name: "bindings",
        path: "bindings/python/tests",
        debian: python::OPEN3D,
        run: python::run,
    },
    Stage {
        name: "ros",
        path: "bindings/ros2/tests",
        debian: ros::DEBIAN,
        run: ros::run,
    },
];

/// Runs the stages with these names, in the table's order; no name means all of them.
pub fn run(names: &[&str]) -> Result<()> {
    if names == ["--list"] {
        STAGES
            .iter()
            .for_each(|stage| println!("{:10} {}", stage.name, stage.path));
        return Ok(());
    }
    if let Some(unknown) = names
        .iter()
        .find(|name| STAGES.iter().all(|stage| stage.name != **name))
    {
        let known: Vec<&str> = STAGES.iter().map(|stage| stage.name).collect();
        bail!("there is no stage {unknown}; known: {}", known.join(" "));
    }
    crate::setup::run()?;
    let start = Instant::now();
    let outcomes: Vec<Outcome> = STAGES
        .iter()
        .filter(|stage| names.is_empty() || names.contains(&stage.name))
        .map(Stage::perform)
        .collect();

    println!("\n== summary, {:.0} s", start.elapsed().as_secs_f64());
    outcomes.iter().for_each(|outcome| print!("{outcome}"));
    let failed: Vec<&str> = outcomes.iter().filter(|o| o.failed()).map(|o| o.name).collect();
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}
