"""Score matching (METHOD 3). ``score`` maps points [n,d] to scores [n,d], each row by itself."""

import torch


def energy_score(energy, x, create_graph=True):
    """-grad E(x), [n,d], of an energy [n] or [n,1] whose rows do not depend on each other."""
    x = x if x.requires_grad else x.detach().requires_grad_()
    with torch.enable_grad():
        return -torch.autograd.grad(energy(x).sum(), x, create_graph=create_graph)[0]


def implicit_exact(score, x):
    """E[||s||^2 + 2 tr(grad s)], the trace from d backward passes: twice the Fisher divergence up to a constant
    (Hyvarinen, 2005)."""
    x = x.detach().requires_grad_()
    s = score(x)
    trace = sum(torch.autograd.grad(s[:, a].sum(), x, create_graph=True)[0][:, a] for a in range(x.shape[1]))
    return (s.pow(2).sum(1) + 2 * trace).mean()


def implicit_hutchinson(score, x, probes):
    """The same with tr(A) = E[v^T A v]; ``probes`` [p,n,d] of independent entries with mean 0 and variance 1, one backward
    pass each (sliced score matching; Song et al., 2019)."""
    x = x.detach().requires_grad_()
    s = score(x)
    slices = [(torch.autograd.grad((s * v).sum(), x, create_graph=True)[0] * v).sum(1) for v in probes]
    return (s.pow(2).sum(1) + 2 * torch.stack(slices).mean(0)).mean()


def rademacher(shape, generator=None):
    """Probes of +1 and -1: of all, those whose estimate of a trace varies least."""
    return torch.randint(0, 2, shape, generator=generator).float() * 2 - 1


def denoising(score, draw, sigma, weight=1.0):
    """E[w ||s + z / sigma||^2] (Vincent, 2011) of the scores [n,d] at x + sigma z; draw z [n,d], sigma a number or [n,1].

    A weight of sigma^2 makes all levels of noise count alike (Song & Ermon, 2019)."""
    return (weight * (score + draw / sigma).pow(2).sum(1, keepdim=True)).mean()
