/* Neighbourhood reductions for training on a CPU: the first `half` channels take the maximum over the neighbours,
 * the others the mean. Written out because PyTorch materialises the [n,k,c] gather, forward and backward. */
#include <stdint.h>
#include <string.h>

void gather_forward(const float *b, const int32_t *idx, int64_t n, int64_t k, int64_t c, int64_t half, float *out, int32_t *arg)
{
    for (int64_t i = 0; i < n; i++) {
        float *o = out + i * c;
        int32_t *a = arg + i * half;
        const int32_t *row = idx + i * k;
        memcpy(o, b + (int64_t)row[0] * c, (size_t)c * sizeof(float));
        for (int64_t ch = 0; ch < half; ch++) a[ch] = row[0];
        for (int64_t j = 1; j < k; j++) {
            const int32_t from = row[j];
            const float *g = b + (int64_t)from * c;
            for (int64_t ch = 0; ch < half; ch++) {
                int better = g[ch] > o[ch];
                o[ch] = better ? g[ch] : o[ch];
                a[ch] = better ? from : a[ch];
            }
            for (int64_t ch = half; ch < c; ch++) o[ch] += g[ch];
        }
        for (int64_t ch = half; ch < c; ch++) o[ch] /= (float)k;
    }
}

void gather_backward(const float *grad, const int32_t *idx, const int32_t *arg, int64_t n, int64_t k, int64_t c, int64_t half, float *gb)
{
    const float share = 1.0f / (float)k;
    for (int64_t i = 0; i < n; i++) {
        const float *g = grad + i * c;
        const int32_t *a = arg + i * half;
        const int32_t *row = idx + i * k;
        for (int64_t ch = 0; ch < half; ch++) gb[(int64_t)a[ch] * c + ch] += g[ch];
        for (int64_t j = 0; j < k; j++) {
            float *o = gb + (int64_t)row[j] * c;
            for (int64_t ch = half; ch < c; ch++) o[ch] += share * g[ch];
        }
    }
}

/* The same, seen from where the neighbours lie: rows x y z, square, offset of `w` [5,c] make of the relative position e of
 * a neighbour t = offset + (x y z) e + square e^2, a bowl over space. The maximum is that of b + t, the mean that of
 * b relu(t). */
#define BOWL(ch) (w[4 * c + (ch)] + w[ch] * e[0] + w[c + (ch)] * e[1] + w[2 * c + (ch)] * e[2] + w[3 * c + (ch)] * square)

void window_forward(const float *restrict b, const int32_t *restrict idx, const float *restrict edges, const float *restrict w, int64_t n, int64_t k, int64_t c, int64_t half, float *restrict out, int32_t *restrict arg)
{
    const float share = 1.0f / (float)k;
    for (int64_t i = 0; i < n; i++) {
        float *restrict o = out + i * c;
        int32_t *restrict a = arg + i * half;
        for (int64_t ch = 0; ch < half; ch++) o[ch] = -3e38f;
        for (int64_t ch = half; ch < c; ch++) o[ch] = 0;
        for (int64_t j = 0; j < k; j++) {
            const float *g = b + (int64_t)idx[i * k + j] * c, *e = edges + (i * k + j) * 3;
            const float square = e[0] * e[0] + e[1] * e[1] + e[2] * e[2];
            for (int64_t ch = 0; ch < half; ch++) {
                const float value = g[ch] + BOWL(ch);
                int better = value > o[ch];
                o[ch] = better ? value : o[ch];
                a[ch] = better ? (int32_t)j : a[ch];
            }
            for (int64_t ch = half; ch < c; ch++) {
                const float t = BOWL(ch);
                o[ch] += t > 0 ? g[ch] * t : 0;
            }
        }
        for (int64_t ch = half; ch < c; ch++) o[ch] *= share;
    }
}

/* Of the mean over one point's neighbours, `lanes` channels at a time, so that the sums stay in registers. */
#define LANES 16
static inline __attribute__((always_inline)) void slopes(const float *restrict b, const float *restrict edges, const float *restrict w, const int32_t *restrict row, const float *restrict go, int64_t k, int64_t c, int64_t start, int64_t lanes, float share, float *restrict gb, float *restrict gw)
{
    float x[LANES] = {0}, y[LANES] = {0}, z[LANES] = {0}, bow[LANES] = {0}, sum[LANES] = {0};
    for (int64_t j = 0; j < k; j++) {
        const float *restrict from = b + (int64_t)row[j] * c + start, *restrict e = edges + j * 3;
        float *restrict o = gb + (int64_t)row[j] * c + start;
        const float square = e[0] * e[0] + e[1] * e[1] + e[2] * e[2];
        for (int64_t l = 0; l < lanes; l++) {
            const float t = BOWL(start + l), g = t > 0 ? share * go[start + l] : 0, d = g * from[l];
            o[l] += g * t;
            x[l] += d * e[0];
            y[l] += d * e[1];
            z[l] += d * e[2];
            bow[l] += d * square;
            sum[l] += d;
        }
    }
    for (int64_t l = 0; l < lanes; l++) {
        gw[start + l] += x[l];
        gw[c + start + l] += y[l];
        gw[2 * c + start + l] += z[l];
        gw[3 * c + start + l] += bow[l];
        gw[4 * c + start + l] += sum[l];
    }
}

void window_backward(const float *restrict b, const float *restrict grad, const int32_t *restrict idx, const float *restrict edges, const float *restrict w, const int32_t *restrict arg, int64_t n, int64_t k, int64_t c, int64_t half, float *restrict gb, float *restrict gw)
{
    const float share = 1.0f / (float)k;
    for (int64_t i = 0; i < n; i++) {
        const float *go = grad + i * c;
        const int32_t *restrict a = arg + i * half, *row = idx + i * k;
        for (int64_t ch = 0; ch < half; ch++) {
            const float *e = edges + (i * k + a[ch]) * 3, g = go[ch];
            gb[(int64_t)row[a[ch]] * c + ch] += g;
            gw[ch] += g * e[0];
            gw[c + ch] += g * e[1];
            gw[2 * c + ch] += g * e[2];
            gw[3 * c + ch] += g * (e[0] * e[0] + e[1] * e[1] + e[2] * e[2]);
            gw[4 * c + ch] += g;
        }
        for (int64_t start = half; start < c; start += LANES) {
            const int64_t lanes = c - start < LANES ? c - start : LANES;
            if (lanes == LANES)
                slopes(b, edges + i * k * 3, w, row, go, k, c, start, LANES, share, gb, gw);
            else
                slopes(b, edges + i * k * 3, w, row, go, k, c, start, lanes, share, gb, gw);
        }
    }
}
