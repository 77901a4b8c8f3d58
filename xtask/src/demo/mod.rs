//! `demo`: a noisy scan in, a clean cloud and a picture out, from a fresh clone.

mod cloud;
mod nearest;
mod picture;
mod plane;
mod scan;
mod simulate;
mod splat;

use crate::{paths, program, setup, shell};
use anyhow::{Result, ensure};
use picture::Views;
use splat::Camera;
use std::fs;
use std::process::Command;

/// The shelf from a little to the right and above, and its books.
const VIEWS: Views = Views {
    whole: Camera {
        target: [2.0, 0.05, -0.02],
        azimuth: 185.0,
        elevation: 6.0,
        width: 2.15,
    },
    close: Camera {
        target: [1.95, -0.28, -0.10],
        azimuth: 185.0,
        elevation: 6.0,
        width: 0.78,
    },
    rows: [560, 460],
};

pub fn run() -> Result<()> {
    setup::run()?;
    println!("building (the first time takes a minute or two)");
    let program = program::build()?;

    let noisy = scan::read().unwrap_or_else(|reason| {
        println!("the real scan is out of reach ({reason:#}); a simulated depth camera takes its place");
        simulate::scan()
    });
    let target = paths::root().join("target/demo");
    fs::create_dir_all(&target)?;
    let [before, after, image] =
        ["before.ply", "after.ply", "before_after.png"].map(|name| target.join(name));
    cloud::write(&before, &noisy)?;

    println!("quietcloud denoise target/demo/before.ply target/demo/after.ply");
    shell::run(Command::new(program).arg("denoise").arg(&before).arg(&after))?;

    let clean = cloud::read(&after)?;
    ensure!(
        clean.len() == noisy.len(),
        "{} points became {}",
        noisy.len(),
        clean.len()
    );
    let (rough, smooth) = plane::roughness(&noisy, &clean);
    println!(
        "roughness of flat places: {:.2} mm before, {:.2} mm after",
        1e3 * rough,
        1e3 * smooth
    );
    println!("  (distance of each point's 30 nearest neighbours to their own best plane, root mean square)");
    picture::write(&image, &noisy, &clean, &VIEWS)?;
    println!("look at target/demo/before_after.png");
    Ok(())
}
