"""Writes the analytic stand-in model: no training, known behaviour, a few kB. Run: python tests/data/make_bundle.py

Score stage, two hops deep and with rings like a trained network's: with m_i the mean of the edges of point i,
    z_i = (1/2 C) * normaliser * ((m_i - mean_j m_j) / 2 - m_i) ... a smoothing step towards the neighbours,
written as gathers over tile-local neighbours so that a wrong halo or a wrong ring shows in the result.
Noise stage, one hop deep: log_sigma_i = log(GAIN * rms of the edges' third central direction ...) is replaced by the
smoothed distance of the point to its neighbours' centroid, which grows with the noise.
"""
