"""The discrete schedule of METHOD 0, from a list of relative noise levels (SBD's rescaled view)."""

import numpy as np


def geometric_sigmas(low=0.02, high=6.0, steps=512):
    """sigma_t, t = 1..T, rising geometrically, in units of the local spacing."""
    return np.geomspace(low, high, steps)


class Schedule:
    """beta_t, alpha-bar_t and the posterior variance beta~_t that belong to sigma_t = sqrt(1/alpha-bar_t - 1)."""

    def __init__(self, sigmas):
        self.sigmas = np.asarray(sigmas, np.float64)
        self.alpha_bar = 1 / (1 + self.sigmas**2)
        previous = np.concatenate([[1.0], self.alpha_bar[:-1]])
        self.alpha = self.alpha_bar / previous
        self.beta = 1 - self.alpha
        self.beta_bar = 1 - self.alpha_bar
        self.beta_tilde = (1 - previous) / self.beta_bar * self.beta

    def weights(self, kind):
        """Factor of ||z_q - z_theta||^2 for t = 1..T, scaled to mean 1; t = 1 takes t = 2's (METHOD 1 sums over t > 1)."""
        step = self.beta**2 / self.beta_bar
        with np.errstate(divide="ignore"):
            if kind == "sbd":
                weight = step / (2 * self.beta_tilde**2)
            elif kind == "elbo":
                weight = step / (2 * self.beta_tilde * self.alpha)
            elif kind == "simple":
                weight = np.ones_like(step)
            else:
                raise ValueError(f"unknown weight {kind!r}: sbd, elbo or simple")
        weight[0] = weight[1]
        return weight / weight.mean()

    def levels_from(self, noise, steps, rho):
        """Relative sigmas from the first sigma_t >= noise down to 0 in at most ``steps`` transitions (src/schedule)."""
        if noise < self.sigmas[0] / 2:
            return [0.0]
        top = min(int(np.searchsorted(self.sigmas, noise)), len(self.sigmas) - 1)
        levels, below = [self.sigmas[top]], top
        for i in range(1, steps):
            target = self.sigmas[top] * (1 - i / steps) ** rho
            nearest = int(np.abs(self.sigmas[:below] - target).argmin()) if below > 0 else -1
            if nearest < 0:
                break
            levels.append(self.sigmas[nearest])
            below = nearest
        return levels + [0.0]
