/* Cleans points that lie in memory, in place: here structs with more fields than x, y, z, as PCL and LiDAR drivers have.
 *
 *     cc 02_memory.c $(pkg-config --cflags --libs quietcloud) -lm
 */
#include <quietcloud/quietcloud.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    float x, y, z;
    float intensity; /* stays as it is, like all bytes between the points */
} point_t;

/* A wavy square of 100 x 100 points with some noise. */
static point_t *scan(size_t *count) {
    point_t *points = malloc(10000 * sizeof *points);
    size_t i;
    for (i = 0; i < 10000; ++i) {
        points[i].x = (float)(i % 100) * 0.01f;
        points[i].y = (float)(i / 100) * 0.01f;
        points[i].z = 0.1f * sinf(6 * points[i].x) + 0.006f * ((float)rand() / (float)RAND_MAX - 0.5f);
        points[i].intensity = (float)i;
    }
    *count = 10000;
    return points;
}

int main(void) {
    quietcloud_model_t *model = NULL;
    quietcloud_filter_t *filter = NULL;
    size_t count;
    point_t *points = scan(&count);
    double noise = 0, took = 0;
    int failed;

    /* NULL, NULL: the built-in model on the best device. Each call returns 0 or a QUIETCLOUD_E_* code. */
    failed = quietcloud_model_open(NULL, NULL, &model) || quietcloud_filter_new(model, &filter) ||
             quietcloud_filter_set_string(filter, "quality", "fast") ||
             /* input and output are the same memory, one point every sizeof(point_t) bytes */
             quietcloud_filter_run_f32(filter, &points->x, count, sizeof *points, &points->x, sizeof *points) ||
             quietcloud_filter_report_number(filter, "noise", &noise) ||
             quietcloud_filter_report_number(filter, "total_ms", &took);
    if (failed)
        fprintf(stderr, "%s\n", quietcloud_last_error());
    else
        printf("%zu points, noise of %.4f removed in %.0f ms\n", count, noise, took);

    quietcloud_filter_free(filter); /* NULL is fine */
    quietcloud_model_free(model);
    free(points);
    return failed != 0;
}
