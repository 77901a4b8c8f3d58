//! Every bundle that ships gives here what it gave where it was made, and is as small as promised.

mod stand_in;

use std::path::Path;

use quietcloud::pipeline::check;
use quietcloud::{Device, Model};

const LARGEST: u64 = 4 << 20;

#[test]
fn shipped_bundles_pass_their_check() {
    stand_in::need_runtime();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let mut seen = Vec::new();
    for bundle in std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        let name = bundle.file_name().unwrap().to_string_lossy().into_owned();
        let size: u64 = std::fs::read_dir(&bundle)
            .unwrap()
            .map(|file| file.unwrap().metadata().unwrap().len())
            .sum();
        assert!(size <= LARGEST, "{name} has {size} bytes");
        let model = Model::open(&bundle, Device::Cpu).unwrap();
        let found = check(&model).unwrap();
        assert!(found.passed(), "{name}: {:?}", found.differences);
        seen.push(model.manifest().method.to_string());
    }
    seen.sort();
    seen.dedup();
    assert_eq!(
        seen,
        ["ddpm", "langevin", "lion", "sbd", "scoredenoise", "vae", "vdm"]
    );
}
