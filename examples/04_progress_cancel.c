/* Watches a run, and cancels another one: Ctrl-C in a terminal, a button in a window, or here half of the way.
 *
 *     cc 04_progress_cancel.c $(pkg-config --cflags --libs quietcloud) -lm
 */
#include <quietcloud/quietcloud.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { POINTS = 20000 };

typedef struct {
    double cancel_at; /* more than 1: never */
} watch_t;

/* Called on the thread that called run, a few dozen times a second; any result but 0 cancels. */
static int32_t watch(void *user, double done) {
    const watch_t *watch = user;
    printf("\r%3.0f %%", 100 * done);
    fflush(stdout);
    return done >= watch->cancel_at;
}

int main(void) {
    quietcloud_model_t *model = NULL;
    quietcloud_filter_t *filter = NULL;
    float *xyz = malloc(POINTS * 3 * sizeof *xyz);
    watch_t watched = {2};
    int32_t status;
    int i;
    for (i = 0; i < POINTS; ++i) { /* a noisy cylinder */
        double angle = 0.9 * i, radius = 1 + 0.02 * ((double)rand() / RAND_MAX - 0.5);
        xyz[3 * i] = (float)(radius * cos(angle));
        xyz[3 * i + 1] = (float)(radius * sin(angle));
        xyz[3 * i + 2] = (float)(2e-4 * i);
    }

    if (quietcloud_model_open(NULL, NULL, &model) || quietcloud_filter_new(model, &filter) ||
        quietcloud_filter_set_progress(filter, watch, &watched) ||
        quietcloud_filter_run_f32(filter, xyz, POINTS, 0, xyz, 0)) {
        fprintf(stderr, "%s\n", quietcloud_last_error());
        return 1;
    }
    puts(" done");

    watched.cancel_at = 0.5;
    status = quietcloud_filter_run_f32(filter, xyz, POINTS, 0, xyz, 0);
    printf(" %s\n", quietcloud_status_text(status)); /* the points are as they were */

    quietcloud_filter_free(filter);
    quietcloud_model_free(model);
    free(xyz);
    return status != QUIETCLOUD_E_CANCELLED;
}
