"""What steps the weights: AdamW, or Muon for the matrices among them."""

import math
from collections import defaultdict

import torch


def orthogonal(matrices):
    """[m,a,b] with the singular values of each brought near 1: five Newton-Schulz steps with Muon's coefficients."""
    tall = matrices.shape[1] > matrices.shape[2]
    x = matrices.transpose(1, 2) if tall else matrices
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp(min=1e-7)
    for _ in range(5):
        gram = x @ x.transpose(1, 2)
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x.transpose(1, 2) if tall else x


class Muon(torch.optim.Optimizer):
    """Matrices follow their momentum made orthogonal (Jordan et al., Muon, 2024), scaled to the size of an AdamW step.

    As torch.optim.Muon with match_rms_adamw, but in single precision - PyTorch's is in bfloat16, which a CPU without it makes
    a quarter of the training of small networks - and with those of one shape together."""

    def __init__(self, matrices, lr, momentum=0.95, weight_decay=1e-3):
        super().__init__(matrices, dict(lr=lr, momentum=momentum, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            alike = defaultdict(list)
            for matrix in group["params"]:
                if matrix.grad is not None:
                    alike[matrix.shape].append(matrix)
            for shape, matrices in alike.items():
                ways = []
                for matrix in matrices:
                    state = self.state[matrix]
                    mean = state.setdefault("mean", torch.zeros_like(matrix)).lerp_(matrix.grad, 1 - group["momentum"])
                    ways.append(matrix.grad.lerp(mean, group["momentum"]))
                for matrix, way in zip(matrices, orthogonal(torch.stack(ways))):
                    matrix.mul_(1 - group["lr"] * group["weight_decay"])
                    matrix.add_(way, alpha=-group["lr"] * 0.2 * math.sqrt(max(shape)))


def optimizers(networks, rate, muon=False):
    """Optimizers that share the trained parameters of ``networks`` among them.

    muon: weight matrices by Muon; the rest - offsets, norms, what sees positions or the level - by AdamW. The default network
    gets as far in a third to a half of the steps.
    """
    trained = [p for p in networks.parameters() if p.requires_grad]
    matrices = [p for p in trained if muon and p.ndim == 2 and min(p.shape) >= 16]
    chosen = {id(p) for p in matrices}
    result = [torch.optim.AdamW([p for p in trained if id(p) not in chosen], lr=rate, weight_decay=1e-4)]
    return [*result, Muon(matrices, rate)] if matrices else result
