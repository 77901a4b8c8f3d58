/* Runs over every layout that the header allows give the same points, and touch nothing else. */
#include "check.h"

enum { POINTS = 1500 };

static quietcloud_filter_t *filter;

/* A point as PCL pads it, with more fields behind. */
typedef struct {
    float x, y, z, pad;
    float intensity;
    uint16_t ring;
} point_t;

static void same_points(const float *reference, const void *xyz, size_t stride) {
    const unsigned char *bytes = xyz;
    size_t i;
    for (i = 0; i < POINTS; ++i) {
        if (memcmp(bytes + i * stride, reference + 3 * i, 12) != 0) {
            CHECK(!"the points differ");
            return;
        }
    }
}

static void strided(const float *noisy, const float *reference) {
    point_t *points = calloc(POINTS, sizeof *points), *before = malloc(POINTS * sizeof *points);
    unsigned char *odd = malloc(POINTS * 13 + 1);
    float *both = malloc(POINTS * 24);
    size_t i;
    for (i = 0; i < POINTS; ++i) {
        memset(&points[i], (int)i, sizeof points[i]);
        memcpy(&points[i], noisy + 3 * i, 12);
        memcpy(odd + 1 + 13 * i, noisy + 3 * i, 12);
        odd[13 * i] = 0x5a;
        memcpy(both + 6 * i, noisy + 3 * i, 12);
    }
    odd[13 * POINTS] = 0x5a;

    memcpy(before, points, POINTS * sizeof *points);
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, &points->x, POINTS, sizeof *points, &points->x, sizeof *points));
    same_points(reference, points, sizeof *points);
    for (i = 0; i < POINTS; ++i) memcpy(&points[i], noisy + 3 * i, 12);
    CHECK(memcmp(points, before, POINTS * sizeof *points) == 0); /* nothing between the points was touched */

    /* Nothing needs to be aligned. */
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, (float *)(odd + 1), POINTS, 13, (float *)(odd + 1), 13));
    same_points(reference, odd + 1, 13);
    for (i = 0; i <= POINTS; ++i) CHECK(odd[13 * i] == 0x5a);

    /* Records that hold input and output side by side share no byte. */
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, both, POINTS, 24, both + 3, 24));
    same_points(reference, both + 3, 24);
    same_points(noisy, both, 24);
    free(points);
    free(before);
    free(odd);
    free(both);
}

static void doubles(const float *noisy, const float *reference) {
    double *xyz = malloc(POINTS * 3 * sizeof *xyz), *far = malloc(POINTS * 3 * sizeof *far), worst = 0, worst_far = 0;
    size_t i;
    for (i = 0; i < POINTS * 3; ++i) {
        xyz[i] = noisy[i];
        far[i] = noisy[i] + (i % 3 == 0 ? 500000.0 : 5400000.0); /* as UTM coordinates */
    }
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f64(filter, xyz, POINTS, 24, xyz, 0));
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f64(filter, far, POINTS, 0, far, 24));
    for (i = 0; i < POINTS * 3; ++i) {
        worst = fmax(worst, fabs(xyz[i] - reference[i]));
        worst_far = fmax(worst_far, fabs(far[i] - (i % 3 == 0 ? 500000.0 : 5400000.0) - reference[i]));
    }
    CHECK(worst < 1e-6);
    CHECK(worst_far < 1e-4);
    free(xyz);
    free(far);
}

static void not_finite(const float *noisy) {
    float *xyz = malloc(POINTS * 12), *out = malloc(POINTS * 12);
    const uint32_t payload = 0x7f812345; /* a signalling NaN, which arithmetic would change */
    double passed = 0, finite = 0, points = 0;
    memcpy(xyz, noisy, POINTS * 12);
    memcpy(xyz + 3 * 7 + 1, &payload, 4);
    xyz[3 * 90] = INFINITY;
    xyz[3 * (POINTS - 1) + 2] = -INFINITY;
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, xyz, POINTS, 0, out, 0));
    CHECK(memcmp(xyz + 3 * 7, out + 3 * 7, 12) == 0);
    CHECK(memcmp(xyz + 3 * 90, out + 3 * 90, 12) == 0);
    CHECK(memcmp(xyz + 3 * (POINTS - 1), out + 3 * (POINTS - 1), 12) == 0);
    CHECK(memcmp(xyz, out, POINTS * 12) != 0);
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_report_number(filter, "points", &points));
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_report_number(filter, "finite", &finite));
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_report_number(filter, "passed_through", &passed));
    CHECK(points == POINTS && finite == POINTS - 3 && passed == 3);
    free(xyz);
    free(out);
}

static void small(void) {
    float three[9] = {0, 0, 0, 1, 0, 0, 0, 1, 0}, copy[9];
    char notes[256];
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, NULL, 0, 0, NULL, 0));
    memcpy(copy, three, sizeof three);
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, three, 3, 0, three, 0));
    CHECK(memcmp(three, copy, sizeof three) == 0);
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_report_string(filter, "notes", notes, sizeof notes, NULL));
    CHECK(strstr(notes, "nothing was done") != NULL);
}

static void reported(void) {
    static const char *const names[] = {"spacing", "noise", "noise_spacing", "noise_low", "noise_high", "steps", "tiles",
                                        "workers", "estimated", "graph_ms", "network_ms", "total_ms"};
    double value;
    char device[8];
    size_t i, needed;
    for (i = 0; i < sizeof names / sizeof *names; ++i) {
        value = -1;
        EXPECT(QUIETCLOUD_OK, quietcloud_filter_report_number(filter, names[i], &value));
        CHECK(value > 0);
    }
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_report_string(filter, "device", device, sizeof device, &needed));
    CHECK(strcmp(device, "cpu") == 0 && needed == 4);
}

void test_run(void) {
    quietcloud_model_t *model = open_model();
    float *noisy = noisy_sphere(POINTS), *reference = malloc(POINTS * 12), *again = malloc(POINTS * 12);
    filter = new_filter(model);

    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, noisy, POINTS, 0, reference, 12));
    reported();
    CHECK(roughness(reference, POINTS) < 0.8 * roughness(noisy, POINTS));

    /* The same bytes at any number of threads, and from another filter. */
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_set_number(filter, "threads", 3));
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, noisy, POINTS, 0, again, 0));
    same_points(reference, again, 12);
    quietcloud_filter_free(filter);
    filter = new_filter(model);
    memcpy(again, noisy, POINTS * 12);
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, again, POINTS, 12, again, 0));
    same_points(reference, again, 12);

    strided(noisy, reference);
    doubles(noisy, reference);
    not_finite(noisy);
    small();

    free(noisy);
    free(reference);
    free(again);
    quietcloud_filter_free(filter);
    quietcloud_model_free(model);
}
