//! What a generator refuses, and how it says so: what its model can't do, options, clouds, broken bundles.

mod stand_in;

use std::fs;

use quietcloud::bundle::Capability;
use quietcloud::pipeline::bounds;
use quietcloud::sampler::Variance;
use quietcloud::{
    CloudView, Device, Error, GenerateParams, Model, Params, denoise, diffuse_denoise, generate, interpolate,
    likelihood, reconstruct,
};
use serde_json::{Value, json};
use stand_in::generators::{edited, ellipsoid, open, quick, tells};

/// Why a generator with this change can't be opened.
fn refusal(name: &str, change: impl FnOnce(&mut Value)) -> String {
    stand_in::need_runtime();
    let copy = edited(name, change);
    match Model::open(copy.path(), Device::Cpu) {
        Err(Error::Bundle { reason, .. }) => reason,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("was opened"),
    }
}

#[test]
fn what_a_model_cannot_do_is_said_with_what_it_can() {
    let cloud = ellipsoid(100);
    let view = || CloudView::from_f64(&cloud);
    let (ddpm, vae, lion, denoiser) = (
        open("ddpm-gaussian"),
        open("vae"),
        open("lion"),
        stand_in::model(),
    );
    let parts = [
        "ddpm-gaussian (ddpm) can't denoise",
        "it can generate, give a likelihood",
    ];
    tells(denoise(&ddpm, view(), &Params::default(), &mut ()), 12, &parts);
    tells(
        generate(&denoiser, 10, 1, &quick(), &mut ()),
        12,
        &["stand-in (sbd) can't generate", "it can denoise"],
    );
    tells(
        reconstruct(&ddpm, view(), &quick(), &mut ()),
        12,
        &["can't reconstruct"],
    );
    tells(
        interpolate(&lion, [view(), view()], 0.5, 0, &quick(), &mut ()),
        12,
        &["can't interpolate", "diffuse-denoise"],
    );
    tells(
        diffuse_denoise(&vae, view(), &quick(), &mut ()),
        12,
        &["can't diffuse-denoise", "interpolate"],
    );
    tells(
        likelihood(&vae, view(), &quick(), &mut ()),
        12,
        &["vae (vae) can't give a likelihood"],
    );
    tells(likelihood(&denoiser, view(), &quick(), &mut ()), 12, &["denoise"]);
    tells(bounds(&denoiser, "points"), 12, &["can't generate"]);
    assert_eq!(
        lion.capabilities(),
        [
            Capability::Generate,
            Capability::Reconstruct,
            Capability::DiffuseDenoise
        ]
    );
}

#[test]
fn options_beyond_the_model_are_refused() {
    let with = |name: &str, change: &dyn Fn(&mut GenerateParams)| {
        let mut params = quick();
        change(&mut params);
        generate(&open(name), 20, 1, &params, &mut ())
    };
    tells(
        with("ddpm-gaussian", &|p| p.steps = 1001),
        1,
        &["steps can't be 1001", "1000 steps"],
    );
    tells(with("vdm-gaussian", &|p| p.steps = 401), 1, &["400 steps"]);
    tells(with("langevin-gaussian", &|p| p.steps = 21), 1, &["20 steps"]);
    tells(with("vae", &|p| p.steps = 1), 1, &["no schedule"]);
    tells(with("vae", &|p| p.eta = 0.5), 1, &["eta", "vae"]);
    tells(
        with("vdm-gaussian", &|p| p.variance = Some(Variance::Beta)),
        1,
        &["variance", "vdm"],
    );
    let both = |p: &mut GenerateParams| (p.eta, p.variance) = (0.5, Some(Variance::Beta));
    tells(with("ddpm-gaussian", &both), 1, &["variance", "eta is 0.5"]);
    tells(
        with("ddpm-gaussian", &|p| p.eta = f64::NAN),
        1,
        &["eta can't be NaN"],
    );
    tells(with("ddpm-gaussian", &|p| p.steps = usize::MAX), 1, &["steps"]);
    let cloud = ellipsoid(100);
    let diffuse = |tau, steps| {
        let params = GenerateParams {
            tau,
            steps,
            ..quick()
        };
        diffuse_denoise(&open("lion"), CloudView::from_f64(&cloud), &params, &mut ())
    };
    tells(diffuse(1001, 0), 1, &["tau can't be 1001", "1000"]);
    tells(diffuse(10, 11), 1, &["steps can't be 11", "10 steps"]);
    diffuse(10, 10).unwrap();
}

#[test]
fn clouds_that_have_no_code_are_refused() {
    let vae = open("vae");
    let with = |points: &[[f64; 3]]| reconstruct(&vae, CloudView::from_f64(points), &quick(), &mut ());
    tells(with(&[]), 2, &["0 points", "8 to 131072"]);
    tells(with(&[[0.0; 3]; 7]), 2, &["7 points"]);
    let mut cloud = ellipsoid(20);
    cloud[11][1] = f64::NAN;
    tells(with(&cloud), 2, &["point 11 is not finite"]);
    cloud[0][1] = 1.7e308;
    cloud[11][1] = -1.7e308;
    tells(with(&cloud), 2, &["extent"]);
    // Points without extent have a code like any other.
    assert_eq!(with(&[[4.0, 5.0, 6.0]; 8]).unwrap().points, [[4.0, 5.0, 6.0]; 8]);
    let good = ellipsoid(20);
    let views = || [CloudView::from_f64(&good), CloudView::from_f64(&good)];
    for share in [-0.1, 1.1, f64::NAN] {
        tells(
            interpolate(&vae, views(), share, 20, &quick(), &mut ()),
            1,
            &["share"],
        );
    }
    tells(
        interpolate(&vae, views(), 0.5, 3, &quick(), &mut ()),
        1,
        &["points can't be 3"],
    );
}

#[test]
fn manifests_of_generators_are_verified() {
    for (name, change, parts) in [
        (
            "lion",
            json!({"latent": {"global": 4, "point": 4}}),
            vec!["global_encoder.onnx", "mean", "4"],
        ),
        (
            "lion",
            json!({"latent": {"global": 3, "point": 5}}),
            vec!["point_encoder.onnx", "5 numbers"],
        ),
        (
            "lion",
            json!({"latent": {"global": 3, "point": 2}}),
            vec!["latent.point is 2"],
        ),
        (
            "vae",
            json!({"latent": {"global": 0}}),
            vec!["latent.global is 0"],
        ),
        (
            "vae",
            json!({"latent": {"global": 3, "point": 4}}),
            vec!["latent.point is 4"],
        ),
        (
            "vae",
            json!({"points": {"trained": 5, "low": 8, "high": 9}}),
            vec!["points.trained is 5", "8 to 9"],
        ),
        (
            "vae",
            json!({"points": {"trained": 5, "low": 0, "high": 9}}),
            vec!["points.low is 0"],
        ),
        (
            "vae",
            json!({"points": {"trained": 8, "low": 8, "high": 1e9 as u64}}),
            vec!["points.high"],
        ),
        (
            "vae",
            json!({"normalization": "spacing"}),
            vec!["expected 'shape'"],
        ),
        (
            "ddpm-gaussian",
            json!({"schedule": null}),
            vec!["schedule is missing", "ddpm"],
        ),
        (
            "ddpm-gaussian",
            json!({"prediction": ""}),
            vec!["prediction is ''"],
        ),
        (
            "ddpm-gaussian",
            json!({"method": "vdm"}),
            vec!["asks for points, time", "points, gamma"],
        ),
        (
            "ddpm-gaussian",
            json!({"method": "vae"}),
            vec!["stages have the role 'decoder'"],
        ),
        (
            "ddpm-gaussian",
            json!({"schedule": {"kind": "cosine", "steps": 50, "s": 0.008}}),
            vec!["high is 100", "50 steps"],
        ),
        (
            "ddpm-gaussian",
            json!({"schedule": {"kind": "linear", "start": 0.5, "end": 1.5, "steps": 100}}),
            vec!["schedule: beta"],
        ),
        (
            "vdm-gaussian",
            json!({"schedule": {"kind": "gamma", "gammas": [1.0]}}),
            vec!["gamma(0) and gamma(1)"],
        ),
        (
            "vdm-gaussian",
            json!({"schedule": {"kind": "gamma", "gammas": [1.0, null]}}),
            vec!["bundle.json"],
        ),
        (
            "vdm-gaussian",
            json!({"schedule": {"kind": "gamma", "gammas": [1.0, 0.5]}}),
            vec!["schedule"],
        ),
        (
            "langevin-gaussian",
            json!({"sampling": {"rate": 0.0, "steps": {"fast": 1, "balanced": 1, "high": 1}}}),
            vec!["sampling.rate"],
        ),
        (
            "langevin-gaussian",
            json!({"sampling": {"inner": 0, "steps": {"fast": 1, "balanced": 1, "high": 1}}}),
            vec!["sampling.inner"],
        ),
        (
            "langevin-gaussian",
            json!({"sampling": {}}),
            vec!["sampling.steps.fast is 0"],
        ),
    ] {
        let text = refusal(name, |m| {
            for (key, value) in change.as_object().unwrap() {
                m[key] = value.clone();
            }
        });
        assert!(
            parts.iter().all(|part| text.contains(part)),
            "{name}: '{text}' does not tell {parts:?}"
        );
    }
    let text = refusal("lion", |m| {
        m["stages"].as_array_mut().unwrap().remove(0);
    });
    assert!(
        text.contains("point_encoder") && text.contains("only one"),
        "{text}"
    );
    // NaN is no JSON; a reader that takes it for a number anyway must not get far.
    stand_in::need_runtime();
    let copy = edited("vdm-gaussian", |_| {});
    let path = copy.path().join("bundle.json");
    let text = fs::read_to_string(&path).unwrap().replacen("-9.0,", "NaN,", 1);
    assert!(text.contains("NaN"));
    fs::write(&path, text).unwrap();
    tells(Model::open(copy.path(), Device::Cpu).map(drop), 5, &["not JSON"]);
}

#[test]
fn without_encoders_a_model_only_generates() {
    stand_in::need_runtime();
    let copy = edited("vae", |m| {
        m["stages"].as_array_mut().unwrap().remove(0);
    });
    let model = Model::open(copy.path(), Device::Cpu).unwrap();
    assert_eq!(model.capabilities(), [Capability::Generate]);
    generate(&model, 20, 1, &quick(), &mut ()).unwrap();
}
