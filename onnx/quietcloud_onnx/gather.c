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
