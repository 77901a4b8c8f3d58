/* How long a caller waits: for the built-in model to open, and for a run of half a million points to be cancelled. */
#include "check.h"

enum { POINTS = 500000 };

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

int main(int count, char **arguments) {
    /* Milliseconds after the start; together they hit every stage of a run. */
    static const double moments[] = {0, 50, 150, 300, 500, 800, 1200, 1600, 2500};
    /* A busy machine takes longer to do anything; the bounds are for one that is not. */
    double slack = setting("QUIETCLOUD_TEST_SLACK", 1), start = now_ms(), worst = 0;
    quietcloud_model_t *model = open_model();
    double loaded = now_ms() - start;
    quietcloud_filter_t *filter;
    listener_t listener;
    float *xyz = noisy_sphere(POINTS);
    size_t i;

    printf("built-in model open after %.0f ms\n", loaded);
    CHECK(loaded < 300 * slack);
    if (count > 1) { /* the same with another model */
        quietcloud_model_free(model);
        model = NULL;
        EXPECT(QUIETCLOUD_OK, quietcloud_model_open(arguments[1], "cpu", &model));
    }
    filter = new_filter(model);
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_set_string(filter, "quality", "high"));
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_set_progress(filter, hear, &listener));
    for (i = 0; i < sizeof moments / sizeof *moments; ++i) {
        double latency;
        int32_t status;
        listener.cancel_at = moments[i];
        listener.asked = 0;
        listener.started = now_ms();
        status = quietcloud_filter_run_f32(filter, xyz, POINTS, 0, xyz, 0);
        if (status == QUIETCLOUD_OK) break; /* it was over before */
        latency = now_ms() - listener.asked;
        EXPECT(QUIETCLOUD_E_CANCELLED, status);
        printf("cancelled after %4.0f ms: returned within %.0f ms\n", moments[i], latency);
        worst = fmax(worst, latency);
    }
    CHECK(worst < 200 * slack);
    free(xyz);
    quietcloud_filter_free(filter);
    quietcloud_model_free(model);
    return failures > 0;
}
