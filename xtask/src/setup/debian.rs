//! Debian packages: which are missing, and installing them when we may.

use crate::shell;
use anyhow::{Context, Result, bail};
use std::process::{Command, Stdio};

/// Makes sure that `packages` are installed; apt is not touched when they all are.
///
/// Installs as root; otherwise fails with the command that a person has to run.
pub fn ensure(packages: &[&str]) -> Result<()> {
    let missing: Vec<&str> = packages
        .iter()
        .copied()
        .filter(|package| !installed(package))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let advice = format!("apt-get install --no-install-recommends {}", missing.join(" "));
    if !is_root() || !shell::is_there("apt-get") {
        bail!("these Debian packages are missing; install them with: sudo {advice}");
    }
    println!("installing {}", missing.join(" "));
    // The lists may be absent (a fresh container) or too old for the mirror: try, refresh, try again.
    if install(&missing).is_err() {
        update()?;
        install(&missing).with_context(|| format!("can't install; try by hand: {advice}"))?;
    }
    Ok(())
}

/// Refreshes the package lists; only root may.
pub fn update() -> Result<()> {
    shell::run(Command::new("apt-get").args(["update", "-qq"]))
}

/// Whether we run as root.
pub fn is_root() -> bool {
    shell::capture(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}

fn installed(package: &str) -> bool {
    let query = Command::new("dpkg-query")
        .args(["-W", "-f=${Status}", package])
        .stderr(Stdio::null())
        .output();
    query.is_ok_and(|output| output.stdout == b"install ok installed")
}

fn install(packages: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command
        .args(["install", "-qq", "-y", "--no-install-recommends"])
        .args(packages);
    // apt's progress is hundreds of lines that say nothing; errors still come through.
    shell::run(
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null()),
    )
}
