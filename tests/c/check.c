#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <time.h>

int failures = 0;

void expect(const char *file, int line, const char *call, int32_t wanted, int32_t found) {
    if (found != wanted) {
        fprintf(stderr, "%s:%d: %s: %s (%s), expected %s\n", file, line, call, quietcloud_status_text(found),
                found == QUIETCLOUD_OK ? "" : quietcloud_last_error(), quietcloud_status_text(wanted));
        ++failures;
    } else if (found != QUIETCLOUD_OK && strlen(quietcloud_last_error()) < 5) {
        fprintf(stderr, "%s:%d: %s: failed without a word\n", file, line, call);
        ++failures;
    }
}

const char *test_model_folder(void) {
    const char *folder = getenv("QUIETCLOUD_TEST_MODEL");
    return folder && *folder ? folder : NULL;
}

quietcloud_model_t *open_model(void) {
    quietcloud_model_t *model = NULL;
    EXPECT(QUIETCLOUD_OK, quietcloud_model_open(test_model_folder(), "cpu", &model));
    if (!model) exit(1);
    return model;
}

quietcloud_filter_t *new_filter(const quietcloud_model_t *model) {
    quietcloud_filter_t *filter = NULL;
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_new(model, &filter));
    if (!filter) exit(1);
    return filter;
}

/* Uniform in -1 to 1; the same on every machine. */
static double noise(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) / 8388608.0 - 1.0;
}

float *noisy_sphere(size_t points) {
    float *xyz = malloc((points ? points : 1) * 3 * sizeof *xyz);
    uint32_t state = 1;
    size_t i;
    for (i = 0; i < points; ++i) {
        /* A golden spiral: evenly spaced. */
        double z = 1 - 2 * (i + 0.5) / points, radius = sqrt(1 - z * z), angle = 2.399963229728653 * i;
        double scale = 1 + 0.02 * (noise(&state) + noise(&state) + noise(&state));
        xyz[3 * i] = (float)(scale * radius * cos(angle));
        xyz[3 * i + 1] = (float)(scale * radius * sin(angle));
        xyz[3 * i + 2] = (float)(scale * z);
    }
    return xyz;
}

double roughness(const float *xyz, size_t points) {
    double sum = 0;
    size_t i;
    for (i = 0; i < points; ++i) {
        double x = xyz[3 * i], y = xyz[3 * i + 1], z = xyz[3 * i + 2];
        double off = sqrt(x * x + y * y + z * z) - 1;
        sum += off * off;
    }
    return sqrt(sum / points);
}

double now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

double setting(const char *name, double otherwise) {
    const char *text = getenv(name);
    return text && *text ? atof(text) : otherwise;
}
