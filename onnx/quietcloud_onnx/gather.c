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
 * b relu(t).
 *
 * All points for LANES channels at a time, so that their bowls and sums stay in registers: written with vectors, which GCC and
 * Clang both know. `lanes` is LANES but for the last channels of a half. */
#define LANES 8
#define PIECE static inline __attribute__((always_inline)) void
typedef float lane __attribute__((vector_size(4 * LANES)));
typedef int32_t mask __attribute__((vector_size(4 * LANES)));

static inline __attribute__((always_inline)) lane load(const float *from, int64_t lanes)
{
    lane value = {0};
    memcpy(&value, from, (size_t)lanes * sizeof(float));
    return value;
}

PIECE store(float *to, lane value, int64_t lanes) { memcpy(to, &value, (size_t)lanes * sizeof(float)); }
PIECE add(float *to, lane value, int64_t lanes) { store(to, load(to, lanes) + value, lanes); }

static inline __attribute__((always_inline)) lane where(mask chosen, lane value) { return (lane)(chosen & (mask)value); }

typedef struct { lane x, y, z, square, offset; } bowl;

static inline __attribute__((always_inline)) bowl bowl_at(const float *w, int64_t c, int64_t lanes)
{
    return (bowl){load(w, lanes), load(w + c, lanes), load(w + 2 * c, lanes), load(w + 3 * c, lanes), load(w + 4 * c, lanes)};
}

#define SQUARE(e) (e[0] * e[0] + e[1] * e[1] + e[2] * e[2])
#define HEIGHT(at, e) (at.offset + at.x * e[0] + at.y * e[1] + at.z * e[2] + at.square * SQUARE(e))

PIECE highest(const float *restrict b, const int32_t *restrict idx, const float *restrict edges, const bowl at, int64_t n, int64_t k, int64_t c, int64_t half, int64_t start, int64_t lanes, float *restrict out, int32_t *restrict arg)
{
    for (int64_t i = 0; i < n; i++) {
        lane best = (lane){0} - 3e38f;
        mask which = {0};
        for (int64_t j = 0; j < k; j++) {
            const float *e = edges + (i * k + j) * 3;
            const lane value = load(b + (int64_t)idx[i * k + j] * c + start, lanes) + HEIGHT(at, e);
            const mask better = value > best;
            best = (lane)((better & (mask)value) | (~better & (mask)best));
            which = (better & (int32_t)j) | (~better & which);
        }
        store(out + i * c + start, best, lanes);
        memcpy(arg + i * half + start, &which, (size_t)lanes * sizeof(int32_t));
    }
}

PIECE mean(const float *restrict b, const int32_t *restrict idx, const float *restrict edges, const bowl at, int64_t n, int64_t k, int64_t c, int64_t start, int64_t lanes, float *restrict out)
{
    const float share = 1.0f / (float)k;
    for (int64_t i = 0; i < n; i++) {
        lane sum = {0};
        for (int64_t j = 0; j < k; j++) {
            const float *e = edges + (i * k + j) * 3;
            const lane t = HEIGHT(at, e);
            sum += load(b + (int64_t)idx[i * k + j] * c + start, lanes) * where(t > 0, t);
        }
        store(out + i * c + start, share * sum, lanes);
    }
}

PIECE mean_slopes(const float *restrict b, const float *restrict grad, const int32_t *restrict idx, const float *restrict edges, const bowl at, int64_t n, int64_t k, int64_t c, int64_t start, int64_t lanes, float *restrict gb, float *restrict gw)
{
    const float share = 1.0f / (float)k;
    for (int64_t i = 0; i < n; i++) {
        const lane g = share * load(grad + i * c + start, lanes);
        bowl sum = {{0}, {0}, {0}, {0}, {0}};
        for (int64_t j = 0; j < k; j++) {
            const int64_t row = (int64_t)idx[i * k + j] * c + start;
            const float *restrict e = edges + (i * k + j) * 3;
            const lane t = HEIGHT(at, e), open = where(t > 0, g), d = open * load(b + row, lanes);
            add(gb + row, open * t, lanes);
            sum.x += d * e[0];
            sum.y += d * e[1];
            sum.z += d * e[2];
            sum.square += d * SQUARE(e);
            sum.offset += d;
        }
        const lane slopes[5] = {sum.x, sum.y, sum.z, sum.square, sum.offset};
        for (int64_t row = 0; row < 5; row++) add(gw + row * c + start, slopes[row], lanes);
    }
}

/* Calls piece(..., start, lanes, ...) for all channels from `first` to `last`, with LANES as a constant wherever it can be. */
#define OVER(first, last, whole, rest) \
    for (int64_t start = first; start < last; start += LANES) { \
        if (last - start >= LANES) { const int64_t lanes = LANES; whole; } \
        else { const int64_t lanes = last - start; rest; } \
    }

void window_forward(const float *restrict b, const int32_t *restrict idx, const float *restrict edges, const float *restrict w, int64_t n, int64_t k, int64_t c, int64_t half, float *restrict out, int32_t *restrict arg)
{
#define HIGHEST highest(b, idx, edges, bowl_at(w + start, c, lanes), n, k, c, half, start, lanes, out, arg)
#define MEAN mean(b, idx, edges, bowl_at(w + start, c, lanes), n, k, c, start, lanes, out)
    OVER(0, half, HIGHEST, HIGHEST)
    OVER(half, c, MEAN, MEAN)
}

void window_backward(const float *restrict b, const float *restrict grad, const int32_t *restrict idx, const float *restrict edges, const float *restrict w, const int32_t *restrict arg, int64_t n, int64_t k, int64_t c, int64_t half, float *restrict gb, float *restrict gw)
{
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
    }
#define SLOPES mean_slopes(b, grad, idx, edges, bowl_at(w + start, c, lanes), n, k, c, start, lanes, gb, gw)
    OVER(half, c, SLOPES, SLOPES)
}
