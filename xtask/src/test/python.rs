//! Python tests, each project's in a virtual environment of the cache that holds what its pyproject.toml asks for.

use crate::setup::debian;
use crate::{paths, shell};
use anyhow::{Context as _, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A C compiler among them: the training side compiles a small helper.
pub const DEBIAN: &[&str] = &["gcc", "libc6-dev"];

/// What the wheel of Open3D takes from the system, and `strip` for our own.
pub const OPEN3D: &[&str] = &[
    "binutils",
    "libegl1",
    "libgl1",
    "libidn2-0",
    "libudev1",
    "libusb-1.0-0",
    "libx11-6",
];

/// Prints the dependencies of a pyproject.toml, those of its tests included, one a line.
const DEPENDENCIES: &str = "import sys, tomllib
project = tomllib.load(open(sys.argv[1], 'rb'))['project']
print(*project['dependencies'], *project['optional-dependencies']['test'], sep='\\n')";

pub fn run(path: &Path) -> (Result<()>, Vec<String>) {
    let project = path.parent().expect("tests lie beside their package");
    let python = match environment(&project.join("pyproject.toml")) {
        Ok(python) => python,
        Err(error) => return (Err(error), Vec::new()),
    };
    let mut pytest = Command::new(python);
    pytest
        .args(["-m", "pytest", "-q", "-p", "no:cacheprovider"])
        .arg(path);
    pytest.current_dir(paths::root());
    pytest.env("PYTHONPATH", project);
    pytest.env("PYTHONDONTWRITEBYTECODE", "1");
    // Freshly mapped memory made PyTorch three times slower on small virtual machines.
    pytest
        .env("MALLOC_MMAP_MAX_", "0")
        .env("MALLOC_TRIM_THRESHOLD_", "100000000000");
    shell::run_and_keep(&mut pytest, |line| {
        line.contains(" passed") || line.contains(" failed")
    })
}

/// The environment's Python; made on the first call, and again when the requirements change.
pub fn environment(project: &Path) -> Result<PathBuf> {
    let list = || shell::capture(Command::new("python3").arg("-c").arg(DEPENDENCIES).arg(project));
    let requirements = match list() {
        Ok(requirements) => requirements,
        Err(_) => {
            debian::ensure(&["python3"])?;
            list().with_context(|| {
                format!(
                    "{} (Python 3.11 or later is needed to read it)",
                    project.display()
                )
            })?
        }
    };
    let version = shell::capture(Command::new("python3").arg("--version"))?;
    let home = paths::cache()?.join(format!("venv-{}", digest(&(version + &requirements))));
    let python = home.join("bin/python");
    let complete = home.join("complete");
    if complete.exists() && shell::is_there(&python.to_string_lossy()) {
        return Ok(python);
    }
    // A folder without its last file is a leftover of an interrupted run.
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    create(&home)?;
    println!(
        "installing {} (some are large: minutes)",
        requirements.trim().replace('\n', " ")
    );
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(requirements.lines());
    shell::run(&mut pip)?;
    fs::write(&complete, &requirements)?;
    Ok(python)
}

fn create(home: &PathBuf) -> Result<()> {
    let venv = || shell::capture(Command::new("python3").args(["-m", "venv"]).arg(home));
    if venv().is_ok() {
        return Ok(());
    }
    debian::ensure(&["python3-venv"])?;
    venv().map(drop)
}

/// Enough of a sha256 to tell folders apart.
fn digest(text: &str) -> String {
    Sha256::digest(text)[..6]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
