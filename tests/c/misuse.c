/* Every pointer of every function as NULL, and memory that can't be worked on: a status, a word, nothing changed. */
#include "check.h"

enum { POINTS = 200 };

static void null_handles(quietcloud_filter_t *filter, const quietcloud_model_t *model) {
    quietcloud_model_t *opened = NULL;
    quietcloud_filter_t *made = NULL;
    const uint8_t byte = 0;
    double a = 7, b = 7, c = 7;
    char text[16] = "unchanged";
    size_t size = 7;

    REFUSED(QUIETCLOUD_E_ARGUMENT, "out is NULL", quietcloud_model_open(NULL, NULL, NULL));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "bytes is NULL", quietcloud_model_open_memory(NULL, 10, NULL, &opened));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "out is NULL", quietcloud_model_open_memory(&byte, 1, NULL, NULL));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "model is NULL", quietcloud_model_device(NULL, text, 16, &size));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "both NULL", quietcloud_model_device(model, NULL, 0, NULL));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "too small", quietcloud_model_device(model, text, 3, &size));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "model is NULL", quietcloud_model_describe(NULL, text, 16, &size));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "both NULL", quietcloud_model_describe(model, NULL, 0, NULL));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "too small", quietcloud_model_describe(model, text, 16, &size));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "model is NULL", quietcloud_filter_new(NULL, &made));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "out is NULL", quietcloud_filter_new(model, NULL));
    CHECK(opened == NULL && made == NULL);

    REFUSED(QUIETCLOUD_E_ARGUMENT, "filter is NULL", quietcloud_filter_set_number(NULL, "steps", 3));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "name is NULL", quietcloud_filter_set_number(filter, NULL, 3));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "filter is NULL", quietcloud_filter_set_string(NULL, "steps", "3"));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "name is NULL", quietcloud_filter_set_string(filter, NULL, "3"));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "value is NULL", quietcloud_filter_set_string(filter, "steps", NULL));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "filter is NULL", quietcloud_filter_get_number(NULL, "steps", &a));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "name is NULL", quietcloud_filter_get_number(filter, NULL, &a));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "out is NULL", quietcloud_filter_get_number(filter, "steps", NULL));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "filter is NULL", quietcloud_filter_get_string(NULL, "steps", text, 16, &size));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "name is NULL", quietcloud_filter_get_string(filter, NULL, text, 16, &size));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "both NULL", quietcloud_filter_get_string(filter, "steps", NULL, 0, NULL));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "too small", quietcloud_filter_get_string(filter, "steps", text, 0, &size));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "filter is NULL", quietcloud_filter_bounds(NULL, "steps", &a, &b, &c));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "name is NULL", quietcloud_filter_bounds(filter, NULL, &a, &b, &c));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "low is NULL", quietcloud_filter_bounds(filter, "steps", NULL, &b, &c));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "high is NULL", quietcloud_filter_bounds(filter, "steps", &a, NULL, &c));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "initial is NULL", quietcloud_filter_bounds(filter, "steps", &a, &b, NULL));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "low is NULL", quietcloud_filter_option_bounds(0, NULL, &b, &c));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "high is NULL", quietcloud_filter_option_bounds(0, &a, NULL, &c));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "initial is NULL", quietcloud_filter_option_bounds(0, &a, &b, NULL));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "filter is NULL", quietcloud_filter_set_progress(NULL, NULL, NULL));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "path is NULL", quietcloud_set_runtime(NULL));

    /* Before any run there is no report. */
    REFUSED(QUIETCLOUD_E_ARGUMENT, "no run", quietcloud_filter_report_number(filter, "noise", &a));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "no run", quietcloud_filter_report_string(filter, "device", text, 16, &size));
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, NULL, 0, 0, NULL, 0));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "filter is NULL", quietcloud_filter_report_number(NULL, "noise", &a));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "name is NULL", quietcloud_filter_report_number(filter, NULL, &a));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "out is NULL", quietcloud_filter_report_number(filter, "noise", NULL));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "points, finite", quietcloud_filter_report_number(filter, "nois", &a));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "filter is NULL", quietcloud_filter_report_string(NULL, "device", text, 16, &size));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "name is NULL", quietcloud_filter_report_string(filter, NULL, text, 16, &size));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "device, notes", quietcloud_filter_report_string(filter, "x", text, 16, &size));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "both NULL", quietcloud_filter_report_string(filter, "device", NULL, 0, NULL));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "too small", quietcloud_filter_report_string(filter, "device", text, 3, &size));

    CHECK(a == 7 && b == 7 && c == 7 && size == 7 && strcmp(text, "unchanged") == 0);
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_get_number(filter, "steps", &a));
    CHECK(a == 0);

    quietcloud_model_free(NULL);
    quietcloud_model_free(NULL);
    quietcloud_filter_free(NULL);
    quietcloud_filter_free(NULL);
    EXPECT(QUIETCLOUD_OK, quietcloud_set_log(NULL, NULL));
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_set_progress(filter, NULL, NULL));
}

static void unusable_clouds(quietcloud_filter_t *filter) {
    float *xyz = noisy_sphere(4 * POINTS), *before = malloc(POINTS * 48);
    double *wide = calloc(POINTS * 8, sizeof *wide);
    size_t i;
    memcpy(before, xyz, POINTS * 48);
#define RUN(in, points, stride, out, out_stride) quietcloud_filter_run_f32(filter, in, points, stride, out, out_stride)
    REFUSED(QUIETCLOUD_E_ARGUMENT, "filter is NULL", quietcloud_filter_run_f32(NULL, xyz, 9, 0, xyz, 0));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "filter is NULL", quietcloud_filter_run_f64(NULL, wide, 9, 0, wide, 0));
    REFUSED(QUIETCLOUD_E_CLOUD, "null", RUN(NULL, POINTS, 0, xyz, 0));
    REFUSED(QUIETCLOUD_E_CLOUD, "output", RUN(xyz, POINTS, 0, NULL, 0));
    REFUSED(QUIETCLOUD_E_CLOUD, "null", quietcloud_filter_run_f64(filter, NULL, POINTS, 0, wide, 0));
    REFUSED(QUIETCLOUD_E_CLOUD, "output", quietcloud_filter_run_f64(filter, wide, POINTS, 0, NULL, 0));
    REFUSED(QUIETCLOUD_E_CLOUD, "stride of 11", RUN(xyz, POINTS, 11, xyz, 11));
    REFUSED(QUIETCLOUD_E_CLOUD, "stride of 1", RUN(xyz, POINTS, 12, xyz + 3 * POINTS, 1));
    REFUSED(QUIETCLOUD_E_CLOUD, "stride of 23", quietcloud_filter_run_f64(filter, wide, POINTS, 23, wide, 23));
    REFUSED(QUIETCLOUD_E_CLOUD, "address space", RUN(xyz, SIZE_MAX, 12, xyz, 12));
    REFUSED(QUIETCLOUD_E_CLOUD, "address space", RUN(xyz, 2, SIZE_MAX, xyz, SIZE_MAX));
    REFUSED(QUIETCLOUD_E_CLOUD, "overlap", RUN(xyz, POINTS, 12, xyz + 3, 12));
    REFUSED(QUIETCLOUD_E_CLOUD, "overlap", RUN(xyz + 3, POINTS, 12, xyz, 12));
    REFUSED(QUIETCLOUD_E_CLOUD, "overlap", RUN(xyz, POINTS, 12, xyz, 16));
    REFUSED(QUIETCLOUD_E_CLOUD, "overlap", RUN(xyz, POINTS, 16, xyz + 1, 16));
    REFUSED(QUIETCLOUD_E_CLOUD, "overlap", RUN(xyz + 1, POINTS, 16, xyz, 16));
    REFUSED(QUIETCLOUD_E_CLOUD, "overlap", RUN(xyz, POINTS, 20, xyz + 3, 20));
    REFUSED(QUIETCLOUD_E_CLOUD, "overlap", RUN(xyz, POINTS, 24, xyz + 3, 12));
    REFUSED(QUIETCLOUD_E_CLOUD, "overlap", RUN(xyz, POINTS, 12, xyz + 3 * POINTS - 1, 12));
    REFUSED(QUIETCLOUD_E_CLOUD, "overlap", quietcloud_filter_run_f64(filter, wide, POINTS, 24, wide + 1, 24));

    for (i = 0; i < POINTS * 6; i += 3) wide[i] = i % 2 ? 1.7e308 : -1.7e308;
    REFUSED(QUIETCLOUD_E_CLOUD, "extent", quietcloud_filter_run_f64(filter, wide, POINTS, 0, wide, 0));
    CHECK(wide[0] == -1.7e308 && wide[1] == 0);
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_set_number(filter, "max_memory_mb", 1));
    REFUSED(QUIETCLOUD_E_MEMORY, "max_memory_mb", RUN(xyz, POINTS, 0, xyz, 0));
    CHECK(memcmp(before, xyz, POINTS * 48) == 0);

    /* One that only just fits. */
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_set_string(filter, "max_memory_mb", "auto"));
    EXPECT(QUIETCLOUD_OK, RUN(xyz, POINTS, 12, xyz + 3 * POINTS, 12));
    CHECK(memcmp(before, xyz, POINTS * 12) == 0);
    free(xyz);
    free(before);
    free(wide);
}

static void confidence(void) {
    float *xyz = noisy_sphere(POINTS), out[POINTS + 1];
    double wide[3] = {1, 2, 3};
    size_t i;
    for (i = 0; i <= POINTS; ++i) out[i] = 7;
#define RATE(xyz, points, stride, cleaned, cleaned_stride, noise, out) \
    quietcloud_confidence_f32(xyz, points, stride, cleaned, cleaned_stride, noise, out)
    REFUSED(QUIETCLOUD_E_CLOUD, "null", RATE(NULL, POINTS, 0, xyz, 0, 0.02, out));
    REFUSED(QUIETCLOUD_E_CLOUD, "null", RATE(xyz, POINTS, 0, NULL, 0, 0.02, out));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "out is NULL", RATE(xyz, POINTS, 0, xyz, 0, 0.02, NULL));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "noise is -1", RATE(xyz, POINTS, 0, xyz, 0, -1, out));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "noise is NaN", RATE(xyz, POINTS, 0, xyz, 0, NAN, out));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "noise is inf", RATE(xyz, POINTS, 0, xyz, 0, INFINITY, out));
    REFUSED(QUIETCLOUD_E_CLOUD, "stride of 11", RATE(xyz, POINTS, 11, xyz, 0, 0.02, out));
    REFUSED(QUIETCLOUD_E_CLOUD, "stride of 1", RATE(xyz, POINTS, 0, xyz, 1, 0.02, out));
    REFUSED(QUIETCLOUD_E_CLOUD, "address space", RATE(xyz, SIZE_MAX, 0, xyz, 0, 0.02, out));
    REFUSED(QUIETCLOUD_E_CLOUD, "null", quietcloud_confidence_f64(NULL, 1, 0, wide, 0, 0.02, out));
    REFUSED(QUIETCLOUD_E_CLOUD, "stride of 23", quietcloud_confidence_f64(wide, 1, 0, wide, 23, 0.02, out));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "noise is -1", quietcloud_confidence_f64(wide, 1, 0, wide, 0, -1, out));
    for (i = 0; i <= POINTS; ++i) CHECK(out[i] == 7);

    EXPECT(QUIETCLOUD_OK, RATE(NULL, 0, 0, NULL, 0, 0.02, NULL));
    EXPECT(QUIETCLOUD_OK, RATE(xyz, POINTS, 0, xyz, 0, 0.02, out));
    for (i = 0; i < POINTS; ++i) CHECK(out[i] >= 0 && out[i] <= 1);
    CHECK(out[POINTS] == 7);
    free(xyz);
}

void test_misuse(void) {
    quietcloud_model_t *model = open_model();
    quietcloud_filter_t *filter = new_filter(model);
    null_handles(filter, model);
    unusable_clouds(filter);
    confidence();
    quietcloud_filter_free(filter);
    quietcloud_model_free(model);
}
