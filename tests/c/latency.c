/* How long a caller waits: for the built-in model to open, and for a run of half a million points to be cancelled.
 * Prints the milliseconds; an idle machine stays below 300 and 200. A busy one may take several times as long, so only
 * ten times that fails: a run that goes on to its end takes far longer still. */
#include "check.h"

enum { POINTS = 500000, LOADED = 3000, CANCELLED = 2000 };

typedef struct {
    double cancel_at, started, asked;
} listener_t;

static int32_t hear(void *user, double done) {
    listener_t *listener = user;
    double now = now_ms();
    (void)done;
    if (now - listener->started < listener->cancel_at) return 0;
    if (listener->asked == 0) listener->asked = now;
    return 1;
}

/* How long a run takes to return after it was cancelled; less than nothing where it was over before. */
static double latency(quietcloud_filter_t *filter, float *xyz, listener_t *listener, double cancel_at) {
    int32_t status;
    listener->cancel_at = cancel_at;
    listener->asked = 0;
    listener->started = now_ms();
    status = quietcloud_filter_run_f32(filter, xyz, POINTS, 0, xyz, 0);
    if (status == QUIETCLOUD_OK) return -1;
    EXPECT(QUIETCLOUD_E_CANCELLED, status);
    return now_ms() - listener->asked;
}

int main(int count, char **arguments) {
    /* Milliseconds after the start; together they hit every stage of a run. */
    static const double moments[] = {0, 20, 50, 100, 150, 300, 500, 800, 1200, 1600, 2500};
    double start = now_ms();
    quietcloud_model_t *model = open_model();
    double loaded = now_ms() - start;
    quietcloud_filter_t *filter;
    listener_t listener;
    float *xyz = noisy_sphere(POINTS);
    size_t i;

    printf("built-in model open after %.0f ms\n", loaded);
    CHECK(loaded < LOADED);
    if (count > 1) { /* the same with another model */
        quietcloud_model_free(model);
        model = NULL;
        EXPECT(QUIETCLOUD_OK, quietcloud_model_open(arguments[1], "cpu", &model));
    }
    filter = new_filter(model);
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_set_string(filter, "quality", "high"));
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_set_progress(filter, hear, &listener));
    for (i = 0; i < sizeof moments / sizeof *moments; ++i) {
        double waited = latency(filter, xyz, &listener, moments[i]);
        int tries;
        /* A busy machine only ever makes it longer: what it really takes is the shortest of a few. */
        for (tries = 1; waited >= CANCELLED / 10 && tries < 5; ++tries)
            waited = fmin(waited, latency(filter, xyz, &listener, moments[i]));
        if (waited < 0) break;
        printf("cancelled after %4.0f ms: returned within %.0f ms\n", moments[i], waited);
        CHECK(waited < CANCELLED);
    }
    free(xyz);
    quietcloud_filter_free(filter);
    quietcloud_model_free(model);
    return failures > 0;
}
