"""Writes analytic generators: no training, laws that are known exactly, a few kB each.

Run `python tests/data/make_generators.py [FOLDER]`; needs numpy, onnx and onnxruntime.

The data of ddpm, vdm and langevin are a mixture of axis-aligned normals (one of them, or two), whose noise and score at
every level are closed forms. vae codes a cloud by its spread along each axis. lion does the same with its shape latent;
its latent points are the cloud divided by that, and both priors are those of normal latents.
golden.npz holds a trajectory that plain NumPy makes of recorded draws with METHOD's formulas, one system at a time.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

GAUSSIAN = dict(means=[[0.5, -0.3, 0.2]], deviations=[[0.6, 1.0, 1.2]], weights=[1.0])
MIXTURE = dict(means=[[-1.4, 0.3, 0.0], [0.6, -0.1, 0.0]], deviations=[[0.3, 0.3, 0.3], [0.3, 0.3, 0.3]], weights=[0.3, 0.7])
T = 1000
LATENT_MEAN, LATENT_DEVIATION = [1.5, 1.0, 0.5], [0.01, 0.01, 0.01]
POINTS = {"trained": 512, "low": 8, "high": 131072}


def cosine():
    f = np.cos((np.arange(T + 1) / T + 0.008) / 1.008 * np.pi / 2) ** 2
    betas = np.minimum(1 - f[1:] / f[:-1], 0.999)
    return np.concatenate([[1.0], np.cumprod(1 - betas)])


COSINE = cosine()
LINEAR = np.concatenate([[1.0], np.cumprod(1 - np.linspace(1e-4, 0.02, T))])
GAMMAS = np.linspace(-9.0, 9.0, 401)
SIGMAS = np.geomspace(0.05, 3.0, 20)


class Net:
    """A graph that grows by one node a call; every call names its output."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def value(self, values, dtype=np.float32):
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.array(values, dtype), name))
        return name

    def __call__(self, op, *inputs, to=None, **attributes):
        name = to or f"v{len(self.nodes)}"
        inputs = [i if isinstance(i, str) else self.value(i) for i in inputs]
        self.nodes.append(helper.make_node(op, inputs, [name], **attributes))
        return name

    def save(self, path, inputs, outputs):
        info = [[helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in side] for side in (inputs, outputs)]
        graph = helper.make_graph(self.nodes, path.stem, *info, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="quietcloud")
        model.ir_version = 8
        onnx.checker.check_model(model, full_check=True)
        path.write_bytes(model.SerializeToString())


def level_of_time(net, alpha_bar):
    """alpha and sigma, [1,1], of step number time * T."""
    rounded = net("Round", net("Mul", "time", float(T)))
    net.nodes.append(helper.make_node("Cast", [rounded], ["step"], to=TensorProto.INT64))
    alpha = net("Gather", np.sqrt(alpha_bar), "step")
    sigma = net("Gather", np.sqrt(1 - alpha_bar), "step")
    return alpha, sigma


def mixture_noise(net, x, alpha, sigma, law):
    """E[z | x] for x = alpha x0 + sigma z: responsibilities of the components, each of which has a linear answer."""
    means = np.array(law["means"])[None]
    variances = np.array(law["deviations"])[None] ** 2
    a, s = (net("Reshape", v, net.value([1, 1, 1], np.int64)) for v in (alpha, sigma))
    variance = net("Add", net("Mul", net("Mul", a, a), variances), net("Mul", s, s))  # [1,K,3]
    away = net("Sub", net("Unsqueeze", x, net.value([1], np.int64)), net("Mul", a, means))  # [n,K,3]
    pull = net("Div", away, variance)
    square = net("Add", net("Mul", away, pull), net("Log", variance))
    log = net("Add", net("Mul", net("ReduceSum", square, net.value([2], np.int64), keepdims=1), -0.5),
              np.log(np.array(law["weights"]))[None, :, None])
    share = net("Softmax", log, axis=1)
    mean = net("ReduceSum", net("Mul", pull, share), net.value([1], np.int64), keepdims=0)  # [n,3]
    return mean, net("Reshape", s, net.value([1, 1], np.int64))


def ddpm(path, law):
    net = Net()
    alpha, sigma = level_of_time(net, COSINE)
    pull, s = mixture_noise(net, "points", alpha, sigma, law)
    net("Mul", pull, s, to="noise")
    net.save(path, [("points", ["n", 3]), ("time", [1, 1])], [("noise", ["n", 3])])


def vdm(path, law):
    net = Net()
    sigma = net("Sqrt", net("Sigmoid", "gamma"))
    alpha = net("Sqrt", net("Sigmoid", net("Neg", "gamma")))
    pull, s = mixture_noise(net, "points", alpha, sigma, law)
    net("Mul", pull, s, to="noise")
    net.save(path, [("points", ["n", 3]), ("gamma", [1, 1])], [("noise", ["n", 3])])


def langevin(path, law):
    net = Net()
    pull, _ = mixture_noise(net, "points", net("Identity", [[1.0]]), "sigma", law)
    net("Neg", pull, to="score")
    net.save(path, [("points", ["n", 3]), ("sigma", [1, 1])], [("score", ["n", 3])])


def spread_encoder(path):
    """mean: the deviation along each axis, [1,3]."""
    net = Net()
    deviation(net, "mean")
    net("Add", net("Mul", "mean", 0.0), -3.0, to="log_sd")
    net.save(path, [("points", ["n", 3])], [("mean", [1, 3]), ("log_sd", [1, 3])])


def deviation(net, to):
    away = net("Sub", "points", net("ReduceMean", "points", axes=[0], keepdims=1))
    net("Sqrt", net("ReduceMean", net("Mul", away, away), axes=[0], keepdims=1), to=to)


def vae_decoder(path):
    net = Net()
    net("Mul", "seeds", "latent", to="points")
    net.save(path, [("latent", [1, 3]), ("seeds", ["n", 3])], [("points", ["n", 3])])


def point_encoder(path):
    net = Net()
    net("Concat", net("Div", "points", "latent"), net("Mul", net("Slice", "points", *(net.value([v], np.int64) for v in (0, 1, 1))), 0.5),
        to="mean", axis=1)
    net("Add", net("Mul", "mean", 0.0), -3.0, to="log_sd")
    net.save(path, [("points", ["n", 3]), ("latent", [1, 3])], [("mean", ["n", 4]), ("log_sd", ["n", 4])])


def lion_decoder(path):
    net = Net()
    xyz = net("Slice", "point_latent", *(net.value([v], np.int64) for v in (0, 3, 1)))
    net("Mul", xyz, "latent", to="points")
    net.save(path, [("point_latent", ["n", 4]), ("latent", [1, 3])], [("points", ["n", 3])])


def normal_prior(path, state, width, rows, mean, deviation, latent):
    """E[z | x] where the latent is N(mean, deviation^2)."""
    net = Net()
    alpha, sigma = level_of_time(net, LINEAR)
    away = net("Sub", state, net("Mul", alpha, mean))
    variance = net("Add", net("Mul", net("Mul", alpha, alpha), np.array(deviation) ** 2), net("Mul", sigma, sigma))
    answer = net("Mul", net("Div", away, variance), sigma)
    if latent:  # a network asks for what it declares
        nothing = net("Mul", net("ReduceSum", "latent", keepdims=1), 0.0)
        answer = net("Add", answer, nothing)
    net("Identity", answer, to="noise")
    inputs = [(state, [rows, width])] + ([("latent", [1, 3])] if latent else []) + [("time", [1, 1])]
    net.save(path, inputs, [("noise", [rows, width])])


def session(folder, role):
    run = onnxruntime.InferenceSession(str(folder / f"{role}.onnx"), providers=["CPUExecutionProvider"])
    single = lambda **given: run.run(None, {k: np.asarray(v, np.float32) for k, v in given.items()})[0].astype(float)
    return single


def clocks(top, steps):
    out = [top]
    for i in range(1, steps + 1):
        out.append(min(max(int(top * (1 - i / steps) + 0.5), steps - i), out[-1] - 1))
    return out


def ddpm_chain(noise, x, alpha_bar, steps, variance, draws):
    """Ho et al.'s algorithm 2 on a sub-sequence of steps."""
    ts = clocks(len(alpha_bar) - 1, steps)
    for i, (t, s) in enumerate(zip(ts, ts[1:])):
        alpha = alpha_bar[t] / alpha_bar[s]
        beta = 1 - alpha
        z = noise(x, t / (len(alpha_bar) - 1))
        x = (x - beta / np.sqrt(1 - alpha_bar[t]) * z) / np.sqrt(alpha)
        if s > 0:
            scale = beta if variance == "beta" else beta * (1 - alpha_bar[s]) / (1 - alpha_bar[t])
            x = x + np.sqrt(scale) * draws[i]
    return x


def vdm_chain(noise, x, steps, draws):
    """METHOD 7's ancestral step on the gamma table, then the clean estimate at its first entry."""
    sigmoid = lambda g: 1 / (1 + np.exp(-g))
    ts = clocks(len(GAMMAS) - 1, steps)
    for i, (t, s) in enumerate(zip(ts, ts[1:])):
        g, h = GAMMAS[t], GAMMAS[s]
        c = -np.expm1(h - g)
        alpha_t, alpha_s, sigma_t, sigma_s = *(np.sqrt(sigmoid(-v)) for v in (g, h)), *(np.sqrt(sigmoid(v)) for v in (g, h))
        x = alpha_s / alpha_t * (x - c * sigma_t * noise(x, g)) + sigma_s * np.sqrt(c) * draws[i]
    g = GAMMAS[0]
    return (x - np.sqrt(sigmoid(g)) * noise(x, g)) / np.sqrt(sigmoid(-g))


def langevin_chain(score, x, sampling, draws):
    step = 0
    for t in clocks(len(SIGMAS), sampling["steps"]["balanced"])[:-1]:
        s = SIGMAS[t - 1]
        for _ in range(sampling["inner"]):
            x = x + sampling["rate"] * s**2 * score(x, s) + np.sqrt(2 * sampling["rate"]) * s * draws[step]
            step += 1
    return x + s**2 * score(x, s) if sampling["final"] else x


ROLES = {
    "score": {"ddpm": (["points", "time"], ["noise"]), "vdm": (["points", "gamma"], ["noise"]), "langevin": (["points", "sigma"], ["score"])},
    "encoder": (["points"], ["mean", "log_sd"]),
    "global_encoder": (["points"], ["mean", "log_sd"]),
    "point_encoder": (["points", "latent"], ["mean", "log_sd"]),
    "decoder": {"vae": (["latent", "seeds"], ["points"]), "lion": (["point_latent", "latent"], ["points"])},
    "global_prior": (["latent_state", "time"], ["noise"]),
    "point_prior": (["point_state", "latent", "time"], ["noise"]),
}


def bundle(folder, name, method, roles, **fields):
    stages = []
    for role in roles:
        path = folder / f"{role}.onnx"
        inputs, outputs = ROLES[role][method] if isinstance(ROLES[role], dict) else ROLES[role]
        stages.append(dict(role=role, file=path.name, sha256=hashlib.sha256(path.read_bytes()).hexdigest(), inputs=inputs, outputs=outputs))
    manifest = {
        "format": 1,
        "name": name,
        "method": method,
        "normalization": "shape",
        "points": POINTS,
        **fields,
        "stages": stages,
        "provenance": {"made_by": "tests/data/make_generators.py", "training": "none, analytic"},
        "license": "MIT OR Apache-2.0",
    }
    (folder / "bundle.json").write_text(json.dumps(manifest, indent=1) + "\n")


def steps(fast, balanced, high):
    return {"fast": fast, "balanced": balanced, "high": high}


def main(root):
    rng = np.random.default_rng(11)
    n, few = 48, 8
    for law_name, law in [("gaussian", GAUSSIAN), ("mixture", MIXTURE)]:
        for method, network in [("ddpm", ddpm), ("vdm", vdm), ("langevin", langevin)]:
            folder = root / f"{method}-{law_name}"
            folder.mkdir(parents=True, exist_ok=True)
            network(folder / "score.onnx", law)
            ask = session(folder, "score")
            start = rng.standard_normal((n, 3))
            if method == "ddpm":
                variance = "beta" if law is GAUSSIAN else "beta_tilde"
                sampling = {"eta": 1, "variance": variance, "steps": steps(4, few, 100)}
                draws = rng.standard_normal((few, n, 3))
                out = ddpm_chain(lambda x, t: ask(points=x, time=[[t]]), start, COSINE, few, variance, draws)
                fields = {"prediction": "noise", "schedule": {"kind": "cosine", "steps": T, "s": 0.008}}
            elif method == "vdm":
                sampling = {"eta": 1, "steps": steps(4, few, 100)}
                draws = rng.standard_normal((few, n, 3))
                out = vdm_chain(lambda x, g: ask(points=x, gamma=[[g]]), start, few, draws)
                fields = {"prediction": "noise", "schedule": {"kind": "gamma", "gammas": GAMMAS.tolist()}}
            else:
                sampling = {"inner": 5, "rate": 0.2, "final": True, "steps": steps(4, 10, 20)}
                draws = rng.standard_normal((50, n, 3))
                start = start * SIGMAS[-1]
                out = langevin_chain(lambda x, s: ask(points=x, sigma=[[s]]), start, sampling, draws)
                fields = {"schedule": {"kind": "sigma", "sigmas": SIGMAS.tolist()}}
            rows = np.concatenate([start[None], draws])
            count = 10 if method == "langevin" else few
            np.savez(folder / "golden.npz", point_draws=rows, expected=out, eta=np.float64(1), steps=np.int64(count))
            bundle(folder, f"{method}-{law_name}", method, ["score"], sampling=sampling, **fields)

    cloud = rng.standard_normal((n, 3)) * [1.4, 0.9, 0.4]
    cloud -= cloud.mean(0)
    cloud /= np.sqrt((cloud**2).mean())
    folder = root / "vae"
    folder.mkdir(parents=True, exist_ok=True)
    spread_encoder(folder / "encoder.onnx")
    vae_decoder(folder / "decoder.onnx")
    seeds, z = rng.standard_normal((1, n, 3)), rng.standard_normal((1, 1, 3))
    np.savez(
        folder / "golden.npz", point_draws=seeds, latent_draws=z, expected=seeds[0] * z[0], eta=np.float64(0), steps=np.int64(0),
        input=cloud, reconstruction=seeds[0] * cloud.std(0),
    )  # fmt: skip
    bundle(folder, "vae", "vae", ["encoder", "decoder"], latent={"global": 3})

    folder = root / "lion"
    folder.mkdir(parents=True, exist_ok=True)
    spread_encoder(folder / "global_encoder.onnx")
    point_encoder(folder / "point_encoder.onnx")
    normal_prior(folder / "global_prior.onnx", "latent_state", 3, 1, [LATENT_MEAN], [LATENT_DEVIATION], False)
    normal_prior(folder / "point_prior.onnx", "point_state", 4, "n", [[0.0] * 4], [[1.0] * 4], True)
    lion_decoder(folder / "decoder.onnx")
    z = rng.standard_normal((few + 1, 1, 3))
    h = rng.standard_normal((few + 1, n, 4))
    shape, inner = session(folder, "global_prior"), session(folder, "point_prior")
    code = ddpm_chain(lambda x, t: shape(latent_state=x, time=[[t]]), z[0], LINEAR, few, "beta_tilde", z[1:])
    latent = ddpm_chain(lambda x, t: inner(point_state=x, latent=code, time=[[t]]), h[0], LINEAR, few, "beta_tilde", h[1:])
    np.savez(
        folder / "golden.npz", point_draws=h, latent_draws=z, expected=latent[:, :3] * code, eta=np.float64(1), steps=np.int64(few),
        input=cloud, reconstruction=cloud,
    )  # fmt: skip
    bundle(
        folder, "lion", "lion", ["global_encoder", "point_encoder", "global_prior", "point_prior", "decoder"],
        latent={"global": 3, "point": 4}, schedule={"kind": "linear", "start": 1e-4, "end": 0.02, "steps": T},
        sampling={"eta": 1, "steps": steps(4, few, 100)},
    )  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "generators")
