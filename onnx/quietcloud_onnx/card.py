"""Model cards: the measured scores of a denoiser, and the whole card of a generator, from the manifest."""

WHAT = {
    "ddpm": "Makes clouds by denoising diffusion (DDPM, DDIM with eta 0).",
    "langevin": "Makes clouds by annealed Langevin dynamics on a learned score.",
    "vae": "Encodes clouds, decodes them, and makes new ones from random codes.",
    "lion": "Makes clouds by diffusion in a shape latent and in latent points (LION).",
    "vdm": "Makes clouds by variational diffusion with a learned noise schedule (VDM).",
}
PARTS = ("prior", "diffusion", "reconstruction", "total")


def denoiser_scores(scores, how=""):
    """Lines of a denoiser's card: {cell: {"noisy": (CD, P2M), "result": (CD, P2M)}} as a table, with "high" also that of the
    quality; ``how`` it was measured."""
    yield f"\nChamfer distance and point-to-mesh distance (p3d05), x 1e4, {how}mean over the validation shapes:\n"
    columns = {"noisy": "noisy ", "result": "", "high": "high "}
    columns = {key: label for key, label in columns.items() if all(key in s for s in scores.values())}
    yield "| cloud | " + " | ".join(f"{label}CD | {label}P2M" for label in columns.values()) + " |\n|---" + "|---|---" * len(columns) + "|"
    for cell, s in scores.items():
        yield f"| {cell} | " + " | ".join(f"{s[key][0]:.2f} | {s[key][1]:.2f}" for key in columns) + " |"


def text(manifest):
    made, points, scores = manifest["provenance"], manifest["points"], manifest["scores"]
    sizes = ", ".join(f"{role} {count}" for role, count in made["parameters"].items())
    lines = [
        f"# {manifest['name']}\n",
        f"{WHAT[manifest['method']]} Method `{manifest['method']}`; parameters: {sizes}.\n",
        f"- Data: {made.get('data') or 'not stated'}",
        f"- {points['trained']} points in training; makes {points['low']} to {points['high']} points, centred, coordinates of unit RMS",
    ]
    if "minutes" in made:
        lines.append(f"- Training: {made['minutes']:g} minutes, {made['steps']} steps, on {made['hardware']}")
    lines.append(f"- Licence: {manifest['license']}")
    if scores:
        lines += ["", *_measured(scores, manifest["method"])]
    return "\n".join(lines) + "\n"


def _measured(scores, method):
    clouds, points, steps = scores["clouds"], scores["points"], scores["steps"]
    yield f"{clouds} generated against {clouds} held-out clouds of {points} points, {steps} step{'s' * (steps > 1)}, Chamfer distance:\n"
    yield "| clouds | 1-NN accuracy (0.5 is best) | coverage | MMD |\n|---|---|---|---|"
    for name in ("untrained", "trained", "other shapes"):
        s = scores["set"][name]
        label = {"untrained": "the network untrained", "trained": "**this model**", "other shapes": "other shapes of the same families"}[name]
        yield f"| {label} | {s['1-nna']:.2f} | {s['coverage']:.2f} | {s['mmd']:.3f} |"
    losses = [f"{name} {scores['loss']['untrained'][name]:.3f} untrained, {value:.3f} trained" for name, value in scores["loss"]["trained"].items()]
    yield f"\nLoss on held-out shapes: {'; '.join(losses)}."
    if "bound" in scores:
        unit = "bits per dimension" if method == "vdm" else "nats per point"
        yield f"\nVariational bound on -log p of held-out shapes, {unit} (densities in model units): " + ", ".join(f"{part} {scores['bound'][part]:.3f}" for part in PARTS) + "."
    if "reconstruction chamfer" in scores:
        yield f"\nHeld-out shapes, encoded and decoded: mean Chamfer distance {scores['reconstruction chamfer']:.4f}."
