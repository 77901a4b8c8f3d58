//! The networks of a bundle: what each is for, what it asks for and what it gives.

use serde::Deserialize;

use super::manifest::within;
use super::method::{Method, is_conditional};

/// What a stage is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs every step: what the noise, or the score, of each point is.
    Score,
    /// The same for quality `high`, of a model that spends more on that than steps (sbd, ddpm, langevin on scans).
    ScoreHigh,
    /// Runs once: how noisy the scan is.
    Noise,
    /// Runs once: what a local score has to know of each point's surroundings.
    Features,
    /// A cloud's code (vae).
    Encoder,
    /// A cloud from its code (vae, lion).
    Decoder,
    /// A cloud's shape latent (lion).
    GlobalEncoder,
    /// A cloud's latent points, given its shape latent (lion).
    PointEncoder,
    /// Runs every step on the shape latent (lion).
    GlobalPrior,
    /// Runs every step on the latent points (lion).
    PointPrior,
}

impl Role {
    /// The name in a manifest.
    pub fn name(self) -> &'static str {
        match self {
            Role::Score => "score",
            Role::ScoreHigh => "score_high",
            Role::Noise => "noise",
            Role::Features => "features",
            Role::Encoder => "encoder",
            Role::Decoder => "decoder",
            Role::GlobalEncoder => "global_encoder",
            Role::PointEncoder => "point_encoder",
            Role::GlobalPrior => "global_prior",
            Role::PointPrior => "point_prior",
        }
    }
}

/// A tensor that a stage may ask for. `n` points: rows of a tile, `core` of which are computed, where the stage looks
/// at a graph; the whole cloud where it looks at a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageInput {
    /// f32 `[n,k,3]`: `(x_j - x_i) / s_i`.
    Edges,
    /// i32 `[n,k]`: the row of each neighbour.
    Neighbors,
    /// f32, the level's noise: graphs `[n,1]`, in units of the point's local spacing; sets `[1,1]`, in model units.
    Sigma,
    /// i64 `[hops]`: rows that each layer has to compute.
    Rings,
    /// f32 `[m,3]`: where the score is asked for, relative to a point of the scan, in units of its local spacing; in
    /// model units where the normalization is `sphere`.
    Offsets,
    /// f32 `[m,F]`: the features of those points.
    Features,
    /// f32 `[n,3]`: the whole cloud, or a patch of a scan, in model units.
    Points,
    /// f32 `[1,1]`: the step's share of the schedule, `t / T`.
    Time,
    /// f32 `[1,1]`: the step's `-log SNR`.
    Gamma,
    /// f32 `[1,dz]`: a cloud's code.
    Latent,
    /// f32 `[n,3]`: standard normal draws, one for each point to be.
    Seeds,
    /// f32 `[1,dz]`: the noisy code.
    LatentState,
    /// f32 `[n,3+dh]`: the noisy latent points.
    PointState,
    /// f32 `[n,3+dh]`: the latent points.
    PointLatent,
}

impl StageInput {
    /// The name in a manifest and in the network.
    pub fn name(self) -> &'static str {
        match self {
            StageInput::Edges => "edges",
            StageInput::Neighbors => "neighbors",
            StageInput::Sigma => "sigma",
            StageInput::Rings => "rings",
            StageInput::Offsets => "offsets",
            StageInput::Features => "features",
            StageInput::Points => "points",
            StageInput::Time => "time",
            StageInput::Gamma => "gamma",
            StageInput::Latent => "latent",
            StageInput::Seeds => "seeds",
            StageInput::LatentState => "latent_state",
            StageInput::PointState => "point_state",
            StageInput::PointLatent => "point_latent",
        }
    }
}

/// One network of a bundle.
#[derive(Clone, Debug, Deserialize)]
pub struct Stage {
    /// What it is for.
    pub role: Role,
    /// Its ONNX file, inside the bundle.
    pub file: String,
    /// The file's SHA-256, hexadecimal.
    pub sha256: String,
    /// How many neighbour hops its receptive field is deep, 0 to 16; 0 where it looks at no graph.
    #[serde(default)]
    pub hops: usize,
    /// What it asks for.
    pub inputs: Vec<StageInput>,
    /// What it gives.
    pub outputs: Vec<String>,
}

/// What a method wants of a stage.
#[derive(Clone)]
struct Wanted {
    role: Role,
    required: bool,
    /// Exactly these inputs, or any of a graph's.
    inputs: Inputs,
    /// One of these lists of outputs.
    outputs: &'static [&'static [&'static str]],
}

#[derive(Clone)]
enum Inputs {
    Exactly(&'static [StageInput]),
    Graph { sigma: bool },
}

const PREDICTIONS: &[&[&str]] = &[&["noise"], &["clean"], &["velocity"], &["score"], &["offset"]];
const CODE: &[&[&str]] = &[&["mean", "log_sd"]];

/// The stages that a method has; `conditional`: its score looks at the graph of a scan; `patches`: its features look at
/// the points of a patch.
fn wanted(method: Method, conditional: bool, patches: bool) -> Vec<Wanted> {
    use StageInput::{
        Features, Gamma, Latent, LatentState, Offsets, PointLatent, PointState, Points, Seeds, Sigma, Time,
    };
    let stage = |role, required, inputs, outputs| Wanted {
        role,
        required,
        inputs,
        outputs,
    };
    let graph = |role, required, sigma, outputs| stage(role, required, Inputs::Graph { sigma }, outputs);
    let set = |role, required, inputs, outputs| stage(role, required, Inputs::Exactly(inputs), outputs);
    let noise = graph(Role::Noise, false, false, &[&["log_sigma"]]);
    let scan = |outputs| {
        let (score, high) = (Role::Score, Role::ScoreHigh);
        vec![
            graph(score, true, true, outputs),
            graph(high, false, true, outputs),
        ]
    };
    match method {
        Method::Sbd => [scan(PREDICTIONS), vec![noise]].concat(),
        Method::Ddpm if conditional => [scan(PREDICTIONS), vec![noise]].concat(),
        Method::Langevin if conditional => [scan(&[&["score"]]), vec![noise]].concat(),
        Method::ScoreDenoise => vec![
            if patches {
                set(Role::Features, true, &[Points], &[&["features"]])
            } else {
                graph(Role::Features, true, false, &[&["features"]])
            },
            set(Role::Score, true, &[Offsets, Features], &[&["score"]]),
            noise,
        ],
        Method::Langevin => vec![set(Role::Score, true, &[Points, Sigma], &[&["score"]])],
        Method::Ddpm => vec![set(Role::Score, true, &[Points, Time], PREDICTIONS)],
        Method::Vdm => vec![set(Role::Score, true, &[Points, Gamma], PREDICTIONS)],
        Method::Vae => vec![
            set(Role::Encoder, false, &[Points], CODE),
            set(Role::Decoder, true, &[Latent, Seeds], &[&["points"]]),
        ],
        Method::Lion => vec![
            set(Role::GlobalEncoder, false, &[Points], CODE),
            set(Role::PointEncoder, false, &[Points, Latent], CODE),
            set(Role::GlobalPrior, true, &[LatentState, Time], &[&["noise"]]),
            set(Role::PointPrior, true, &[PointState, Latent, Time], &[&["noise"]]),
            set(Role::Decoder, true, &[PointLatent, Latent], &[&["points"]]),
        ],
    }
}

/// Whether features are made of the points of a patch, and not of a scan's graph.
pub(super) fn looks_at_patches(stages: &[Stage]) -> bool {
    let features = stages.iter().find(|stage| stage.role == Role::Features);
    features.is_some_and(|stage| stage.inputs.contains(&StageInput::Points))
}

/// Every stage that the method needs is there once, and each asks and gives what its role does.
pub(super) fn verify(method: Method, stages: &[Stage]) -> Result<(), String> {
    let wanted = wanted(method, is_conditional(stages), looks_at_patches(stages));
    for want in &wanted {
        let count = stages.iter().filter(|stage| stage.role == want.role).count();
        if count > 1 || (count == 0 && want.required) {
            let expected = if want.required {
                "exactly one"
            } else {
                "at most one"
            };
            return Err(format!(
                "{count} stages have the role '{}', expected {expected}",
                want.role.name()
            ));
        }
    }
    for stage in stages {
        let role = stage.role.name();
        let Some(want) = wanted.iter().find(|want| want.role == stage.role) else {
            let roles: Vec<_> = wanted.iter().map(|want| want.role.name()).collect();
            return Err(format!(
                "a stage has the role '{role}', but {method} has {}",
                roles.join(", ")
            ));
        };
        within(&format!("hops of stage '{role}'"), stage.hops as f64, 0.0, 16.0)?;
        want.inputs.verify(stage)?;
        if !want.outputs.iter().any(|outputs| *outputs == stage.outputs) {
            let allowed: Vec<_> = want.outputs.iter().map(|outputs| outputs.join(" and ")).collect();
            let one_of = if allowed.len() > 1 { "one of " } else { "" };
            return Err(format!(
                "stage '{role}' has the outputs {:?}, expected {one_of}{}",
                stage.outputs,
                allowed.join(", ")
            ));
        }
    }
    let has = |role| stages.iter().any(|stage| stage.role == role);
    if has(Role::GlobalEncoder) != has(Role::PointEncoder) {
        return Err("of the stages global_encoder and point_encoder only one is there".into());
    }
    Ok(())
}

impl Inputs {
    fn verify(&self, stage: &Stage) -> Result<(), String> {
        let role = stage.role.name();
        let list = |inputs: &[StageInput]| {
            inputs
                .iter()
                .map(|input| input.name())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let graph = [
            StageInput::Edges,
            StageInput::Neighbors,
            StageInput::Sigma,
            StageInput::Rings,
        ];
        let allowed = match self {
            Inputs::Exactly(inputs) => {
                let same = stage.inputs.len() == inputs.len()
                    && inputs.iter().all(|input| stage.inputs.contains(input));
                return same.then_some(()).ok_or_else(|| {
                    format!(
                        "stage '{role}' asks for {}, expected {}",
                        list(&stage.inputs),
                        list(inputs)
                    )
                });
            }
            Inputs::Graph { .. } => &graph,
        };
        if let Some(input) = stage.inputs.iter().find(|input| !allowed.contains(input)) {
            return Err(format!(
                "stage '{role}' asks for {}, expected some of {}",
                input.name(),
                list(allowed)
            ));
        }
        if matches!(self, Inputs::Graph { sigma: false }) && stage.inputs.contains(&StageInput::Sigma) {
            let why = match stage.role {
                Role::Noise => "which is what it has to find",
                _ => "but it runs once, before there is a level",
            };
            return Err(format!("stage '{role}' asks for sigma, {why}"));
        }
        Ok(())
    }
}
