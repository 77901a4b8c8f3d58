//! `headers`: the C header from the crate's own source.

use crate::paths;
use anyhow::{Context, Result, bail};
use std::fs;

const HEADER: &str = "include/quietcloud/quietcloud.h";

/// Writes the header.
pub fn write() -> Result<()> {
    let path = paths::root().join(HEADER);
    fs::create_dir_all(path.parent().expect("the header lies in a folder"))?;
    fs::write(&path, generate()?).with_context(|| path.display().to_string())?;
    println!("wrote {HEADER}");
    Ok(())
}

/// Fails when the committed header is not what the source gives.
pub fn check() -> Result<()> {
    let fresh = generate()?;
    let committed = fs::read(paths::root().join(HEADER)).context(HEADER)?;
    if committed != fresh {
        bail!("{HEADER} is stale: run `cargo xtask headers` and commit the result");
    }
    println!("{HEADER} is fresh");
    Ok(())
}

fn generate() -> Result<Vec<u8>> {
    let root = paths::root();
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml"))
        .map_err(|reason| anyhow::anyhow!("cbindgen.toml: {reason}"))?;
    let bindings = cbindgen::Builder::new()
        .with_crate(root)
        .with_config(config)
        .generate()
        .context("cbindgen")?;
    let mut text = Vec::new();
    bindings.write(&mut text);
    Ok(text)
}
