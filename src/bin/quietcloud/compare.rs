//! `quietcloud compare CLEAN RESULT [--mesh M]`.

use std::path::PathBuf;

use quietcloud::metrics::{Mesh, P2m, chamfer, hausdorff, p2m};
use quietcloud::{Result, io};

use crate::say;

#[derive(clap::Args)]
pub struct Args {
    /// The clean cloud
    #[arg(value_name = "CLEAN")]
    clean: PathBuf,
    /// The cloud to judge
    #[arg(value_name = "RESULT")]
    result: PathBuf,
    /// The surface that the clean cloud was sampled from: .off, .obj or .ply
    #[arg(long, value_name = "MESH")]
    mesh: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<()> {
    let clean = io::read(&args.clean)?;
    let result = io::read(&args.result)?;
    let mesh = args.mesh.as_ref().map(|path| Mesh::read(path)).transpose()?;
    let (clean, result) = (clean.points(), result.points());
    let mut text = format!(
        "chamfer    {:.6e}\nhausdorff  {:.6e}\n",
        chamfer(result, clean)?,
        hausdorff(result, clean)?
    );
    if let Some(mesh) = mesh {
        text += &format!("p2m exact  {:.6e}\n", p2m(result, &mesh, P2m::Exact)?);
        text += &format!("p2m p3d05  {:.6e}\n", p2m(result, &mesh, P2m::P3d05)?);
    }
    say(&text);
    Ok(())
}
