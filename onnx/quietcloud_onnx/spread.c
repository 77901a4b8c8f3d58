/* ``graph.local_spacing`` and ``spread.spread`` for training on a CPU, the same numbers in a tenth of the time. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#define NEAR 12
#define ROUNDS 3

static double square(const double *a, const double *b)
{
    double sum = 0;
    for (int d = 0; d < 3; d++) sum += (a[d] - b[d]) * (a[d] - b[d]);
    return sum;
}

/* points [n,3], index [n,k] -> spacing [n], not yet kept from 0. scratch: own [n]. */
void local_spacing(const double *points, const int32_t *index, int64_t n, int64_t k, double *spacing, double *own)
{
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int64_t j = 0; j < k; j++) sum += square(points + 3 * index[i * k + j], points + 3 * i);
        own[i] = sum / (double)k * (2 * M_PI / (double)k);
    }
    for (int64_t i = 0; i < n; i++) {
        double sum = own[i];
        for (int64_t j = 0; j < k; j++) sum += own[index[i * k + j]];
        spacing[i] = sqrt(sum / (double)(k + 1));
    }
}

/* 2 C / tr C of a neighbourhood, into within [3,3], and its NEAR nearest, nearest first, into near. */
static void neighborhood(const double *points, const int32_t *row, int64_t i, int64_t k, double *within, int32_t *near)
{
    double length[NEAR], most = 0, total = 1, mean[3] = {0}, second[3][3] = {{0}};
    int64_t held = 0;
    for (int64_t j = 0; j < k; j++) {
        const double far = square(points + 3 * row[j], points + 3 * i);
        most = far > most ? far : most;
        if (held == NEAR && far >= length[NEAR - 1]) continue;
        int64_t at = held < NEAR ? held++ : NEAR - 1;
        for (; at > 0 && length[at - 1] > far; at--) {
            length[at] = length[at - 1];
            near[at] = near[at - 1];
        }
        length[at] = far;
        near[at] = row[j];
    }
    most = most > 1e-300 ? most : 1e-300;
    for (int64_t j = 0; j < k; j++) {
        double offset[3];
        for (int d = 0; d < 3; d++) offset[d] = points[3 * row[j] + d] - points[3 * i + d];
        const double weight = 1 - (offset[0] * offset[0] + offset[1] * offset[1] + offset[2] * offset[2]) / most;
        total += weight;
        for (int d = 0; d < 3; d++) {
            mean[d] += weight * offset[d];
            for (int e = 0; e < 3; e++) second[d][e] += weight * offset[d] * offset[e];
        }
    }
    double trace = 0;
    for (int d = 0; d < 3; d++)
        for (int e = 0; e < 3; e++) within[3 * d + e] = second[d][e] / total - mean[d] * mean[e] / (total * total);
    for (int d = 0; d < 3; d++) trace += within[4 * d];
    for (int d = 0; d < 9; d++) within[d] = trace > 0 ? 2 * within[d] / trace : 0;
}

/* points [n,3], neighbors [n,k], most and spacing [n] -> state [n,3]. scratch: before [n,3], within [n,9], near [n,NEAR]. */
void spread(const double *points, const int32_t *neighbors, const double *most, const double *spacing, int64_t n, int64_t k, double reach, double gain, double *state, double *before, double *within, int32_t *near)
{
    const int64_t nearest = k < NEAR ? k : NEAR;
    for (int64_t i = 0; i < n; i++) neighborhood(points, neighbors + i * k, i, k, within + 9 * i, near + NEAR * i);
    memcpy(state, points, (size_t)(3 * n) * sizeof(double));
    for (int round = 0; round < ROUNDS; round++) {
        memcpy(before, state, (size_t)(3 * n) * sizeof(double));
        for (int64_t i = 0; i < n; i++) {
            double push[3] = {0}, way[3], length = 0;
            for (int64_t j = 0; j < nearest; j++) {
                const double *other = before + 3 * near[NEAR * i + j];
                const double far = sqrt(square(before + 3 * i, other)), weight = 1 - far / (reach * spacing[i]);
                if (weight <= 0 || far <= 0) continue;
                for (int d = 0; d < 3; d++) push[d] += weight / far * (before[3 * i + d] - other[d]);
            }
            for (int d = 0; d < 3; d++) {
                const double *w = within + 9 * i + 3 * d;
                way[d] = before[3 * i + d] + gain * spacing[i] * (w[0] * push[0] + w[1] * push[1] + w[2] * push[2]) - points[3 * i + d];
                length += way[d] * way[d];
            }
            length = sqrt(length);
            const double share = length > most[i] ? most[i] / length : 1;
            for (int d = 0; d < 3; d++) state[3 * i + d] = points[3 * i + d] + share * way[d];
        }
    }
}
