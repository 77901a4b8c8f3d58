/* What the first layer sees of its edges, for training on a CPU: PyTorch writes out and reads back [n,k,channels] several
 * times, forward and backward, which is most of what a small network costs. Edges need no gradient. */
#include <math.h>
#include <stdint.h>
#include <string.h>

/* How far the edges of a point reach along r directions (with the edge that does), which share of them lies beyond s planes,
 * and their first and second moments: [n,r+s+9]. */
void edge_forward(const float *restrict edges, const float *restrict reach, const float *restrict share, const float *restrict bias, int64_t n, int64_t k, int64_t r, int64_t s, float *restrict out, int32_t *restrict arg)
{
    const float part = 1.0f / (float)k;
    for (int64_t i = 0; i < n; i++) {
        float *restrict extent = out + i * (r + s + 9), *restrict beyond = extent + r, *restrict moments = beyond + s;
        int32_t *restrict a = arg + i * r;
        for (int64_t ch = 0; ch < r; ch++) extent[ch] = -3e38f;
        memset(beyond, 0, (size_t)(s + 9) * sizeof(float));
        for (int64_t j = 0; j < k; j++) {
            const float *e = edges + (i * k + j) * 3, x = e[0], y = e[1], z = e[2];
            for (int64_t ch = 0; ch < r; ch++) {
                const float along = x * reach[ch] + y * reach[r + ch] + z * reach[2 * r + ch];
                const int better = along > extent[ch];
                extent[ch] = better ? along : extent[ch];
                a[ch] = better ? (int32_t)j : a[ch];
            }
            for (int64_t ch = 0; ch < s; ch++) {
                const float over = bias[ch] + x * share[ch] + y * share[s + ch] + z * share[2 * s + ch];
                beyond[ch] += over > 0 ? over : 0;
            }
            const float terms[9] = {x, y, z, x * x, y * y, z * z, x * y, y * z, z * x};
            for (int m = 0; m < 9; m++) moments[m] += terms[m];
        }
        for (int64_t ch = 0; ch < s + 9; ch++) beyond[ch] *= part;
    }
}

void edge_backward(const float *restrict grad, const float *restrict edges, const float *restrict share, const float *restrict bias, const int32_t *restrict arg, int64_t n, int64_t k, int64_t r, int64_t s, float *restrict greach, float *restrict gshare, float *restrict gbias)
{
    const float part = 1.0f / (float)k;
    for (int64_t i = 0; i < n; i++) {
        const float *g = grad + i * (r + s + 9), *beyond = g + r;
        for (int64_t ch = 0; ch < r; ch++) {
            const float *e = edges + (i * k + arg[i * r + ch]) * 3;
            for (int d = 0; d < 3; d++) greach[d * r + ch] += g[ch] * e[d];
        }
        for (int64_t j = 0; j < k; j++) {
            const float *e = edges + (i * k + j) * 3, x = e[0], y = e[1], z = e[2];
            for (int64_t ch = 0; ch < s; ch++) {
                const float over = bias[ch] + x * share[ch] + y * share[s + ch] + z * share[2 * s + ch];
                const float d = over > 0 ? part * beyond[ch] : 0;
                gshare[ch] += d * x;
                gshare[s + ch] += d * y;
                gshare[2 * s + ch] += d * z;
                gbias[ch] += d;
            }
        }
    }
}

/* Sums of the edges' directions, weighted by hat functions relu(peak + slope length) of c radii: [n,3c]. */
#define LENGTH(e) sqrtf(e[0] * e[0] + e[1] * e[1] + e[2] * e[2] + 1e-6f)

void crowding_forward(const float *restrict edges, const float *restrict slope, const float *restrict peak, int64_t n, int64_t k, int64_t c, float *restrict out)
{
    memset(out, 0, (size_t)(n * 3 * c) * sizeof(float));
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < k; j++) {
            const float *e = edges + (i * k + j) * 3, length = LENGTH(e);
            for (int64_t ch = 0; ch < c; ch++) {
                const float weight = peak[ch] + slope[ch] * length, over = weight > 0 ? weight / length : 0;
                for (int d = 0; d < 3; d++) out[i * 3 * c + 3 * ch + d] += over * e[d];
            }
        }
    }
}

void crowding_backward(const float *restrict grad, const float *restrict edges, const float *restrict slope, const float *restrict peak, int64_t n, int64_t k, int64_t c, float *restrict gslope, float *restrict gpeak)
{
    for (int64_t i = 0; i < n; i++) {
        for (int64_t j = 0; j < k; j++) {
            const float *e = edges + (i * k + j) * 3, length = LENGTH(e);
            for (int64_t ch = 0; ch < c; ch++) {
                const float *g = grad + i * 3 * c + 3 * ch;
                const float along = g[0] * e[0] + g[1] * e[1] + g[2] * e[2];
                const float d = peak[ch] + slope[ch] * length > 0 ? along / length : 0;
                gslope[ch] += d * length;
                gpeak[ch] += d;
            }
        }
    }
}
