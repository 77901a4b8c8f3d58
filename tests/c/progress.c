/* Progress rises, cancelling cancels, and a callback that misbehaves is refused. */
#include "check.h"

enum { POINTS = 3000 };

typedef struct {
    quietcloud_filter_t *filter;
    double last, cancel_at;
    int calls;
} listener_t;

static int32_t hear(void *user, double done) {
    listener_t *listener = user;
    CHECK(done >= listener->last && done >= 0 && done <= 1);
    listener->last = done;
    ++listener->calls;
    return done >= listener->cancel_at;
}

/* Everything that a callback must not do with the filter at work. */
static int32_t meddle(void *user, double done) {
    listener_t *listener = user;
    double value = 7;
    float xyz[3] = {0, 0, 0};
    (void)done;
    REFUSED(QUIETCLOUD_E_ARGUMENT, "at work", quietcloud_filter_set_number(listener->filter, "steps", 3));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "at work", quietcloud_filter_get_number(listener->filter, "steps", &value));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "at work", quietcloud_filter_report_number(listener->filter, "noise", &value));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "at work", quietcloud_filter_set_progress(listener->filter, NULL, NULL));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "at work", quietcloud_filter_run_f32(listener->filter, xyz, 1, 0, xyz, 0));
    CHECK(value == 7);
    ++listener->calls;
    return 0;
}

/* Not what a callback should do, but no harm may come of it: the run holds on to what it needs. */
static int32_t free_it(void *user, double done) {
    listener_t *listener = user;
    (void)done;
    quietcloud_filter_free(listener->filter);
    listener->filter = NULL;
    return 0;
}

void test_progress(void) {
    quietcloud_model_t *model = open_model();
    quietcloud_filter_t *filter = new_filter(model);
    float *noisy = noisy_sphere(POINTS), *xyz = malloc(POINTS * 12);
    listener_t listener = {NULL, 0, 2, 0};
    double value;
    memcpy(xyz, noisy, POINTS * 12);

    EXPECT(QUIETCLOUD_OK, quietcloud_filter_set_progress(filter, hear, &listener));
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, xyz, POINTS, 0, xyz, 0));
    CHECK(listener.calls >= 2 && listener.last == 1);
    CHECK(memcmp(xyz, noisy, POINTS * 12) != 0);

    /* At once, on the way, and at the very end. */
    memcpy(xyz, noisy, POINTS * 12);
    for (listener.cancel_at = 0; listener.cancel_at <= 1; listener.cancel_at += 0.25) {
        listener.last = 0;
        listener.calls = 0;
        REFUSED(QUIETCLOUD_E_CANCELLED, "cancelled", quietcloud_filter_run_f32(filter, xyz, POINTS, 0, xyz, 0));
        CHECK(listener.calls >= 1);
        CHECK(memcmp(xyz, noisy, POINTS * 12) == 0);
    }
    /* The report is still the successful run's. */
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_report_number(filter, "points", &value));
    CHECK(value == POINTS);

    listener.filter = filter;
    listener.calls = 0;
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_set_progress(filter, meddle, &listener));
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, xyz, POINTS, 0, xyz, 0));
    CHECK(listener.calls >= 2);

    /* NULL ends it. */
    listener.calls = 0;
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_set_progress(filter, NULL, NULL));
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, xyz, POINTS, 0, xyz, 0));
    CHECK(listener.calls == 0);

    EXPECT(QUIETCLOUD_OK, quietcloud_filter_set_progress(filter, free_it, &listener));
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, xyz, POINTS, 0, xyz, 0));
    CHECK(listener.filter == NULL);

    free(noisy);
    free(xyz);
    quietcloud_model_free(model);
}
