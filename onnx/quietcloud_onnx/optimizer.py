"""What steps the weights: AdamW, or Muon for the matrices among them."""

import torch


def optimizers(networks, rate, muon=False):
    """Optimizers that share the trained parameters of ``networks`` among them.

    muon: weight matrices follow their momentum made orthogonal (Jordan et al., Muon, 2024), scaled to the size of an AdamW
    step; the rest - offsets, norms, what sees positions or the level - AdamW. The default network gets as far in a third
    to a half of the steps.
    """
    trained = [p for p in networks.parameters() if p.requires_grad]
    matrices = [p for p in trained if muon and p.ndim == 2 and min(p.shape) >= 16]
    chosen = {id(p) for p in matrices}
    result = [torch.optim.AdamW([p for p in trained if id(p) not in chosen], lr=rate, weight_decay=1e-4)]
    if matrices:
        result.append(torch.optim.Muon(matrices, lr=rate, weight_decay=1e-3, adjust_lr_fn="match_rms_adamw"))
    return result
