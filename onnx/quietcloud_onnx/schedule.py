"""The discrete schedule of METHOD 0, from a list of relative noise levels (SBD's rescaled view), from beta or gamma."""

import numpy as np


def geometric_sigmas(low=0.02, high=6.0, steps=512):
    """sigma_t, t = 1..T, rising geometrically, in units of the local spacing."""
    return np.geomspace(low, high, steps)


def linear_betas(start=1e-4, end=0.02, steps=1000):
    """beta_1 .. beta_T on a line (Ho et al., 2020)."""
    return np.linspace(start, end, steps)


def cosine_betas(steps=1000, s=0.008):
    """alpha-bar_t = f(t)/f(0), f(t) = cos^2((t/T + s)/(1 + s) pi/2), beta at most 0.999 (Nichol and Dhariwal, 2021)."""
    f = np.cos((np.arange(steps + 1) / steps + s) / (1 + s) * np.pi / 2) ** 2
    return np.minimum(1 - f[1:] / f[:-1], 0.999)


def shifted_cosine_sigmas(low=0.01, high=25.0, middle=0.4, steps=1000):
    """sigma_t = middle tan(angle), the angle even from ``low`` to ``high``: the cosine schedule with its middle moved.

    Nichol and Dhariwal's spends half of its steps above a relative noise of 1, where a cloud has lost all form; a shifted
    SNR (Hoogeboom et al., 2023) spends them where form appears.
    """
    return middle * np.tan(np.linspace(np.arctan(low / middle), np.arctan(high / middle), steps))


def sigmas_of_betas(betas):
    """sigma_t = sqrt(1/alpha-bar_t - 1), in logarithms: 1 - alpha-bar would lose digits where the noise is small."""
    return np.sqrt(np.expm1(-np.cumsum(np.log1p(-np.asarray(betas, np.float64)))))


def sigmas_of_gammas(gammas):
    """gamma = -log SNR = 2 log sigma."""
    return np.exp(np.asarray(gammas, np.float64) / 2)


def clocks(total, steps, rho=1.0):
    """The step numbers that a generator visits, T first and 0 last: t_i = T (1 - i/S)^rho, rounded, all different."""
    if not 1 <= steps <= total:
        raise ValueError(f"{steps} steps, expected 1 to {total}: the schedule has no more")
    chosen = [total]
    for i in range(1, steps):
        wanted = int(np.floor(total * (1 - i / steps) ** rho + 0.5))
        chosen.append(max(min(wanted, chosen[-1] - 1), steps - i))
    return chosen + [0]


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
