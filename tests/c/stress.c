/* Every thread promise of the header at once: eight threads share a model and do everything that they may. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 8, POINTS = 600, ROOM_KB = 48 * 1024 };

static quietcloud_model_t *model;
static quietcloud_filter_t *shared; /* only read from */
static float *noisy, *reference;
static int runs_each;
static atomic_int heard, ran;

static void hear(void *user, int32_t level, const char *message) {
    (void)user;
    if (level > 0 && message[0]) ++heard;
}

static long resident_kb(void) {
    long pages = 0, all;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file && fscanf(file, "%ld %ld", &all, &pages) == 2);
    if (file) fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void *work(void *argument) {
    int number = *(int *)argument, run;
    float *xyz = malloc(POINTS * 12);
    char name[32], wanted[40];
    sprintf(name, "option-%d", number);
    sprintf(wanted, "'%s'", name);
    for (run = 0; run < runs_each; ++run) {
        quietcloud_filter_t *filter = new_filter(model);
        double value = -1;
        size_t size = 0;

        /* The last error is the thread's own, whatever the others do meanwhile. */
        EXPECT(QUIETCLOUD_E_ARGUMENT, quietcloud_filter_set_number(filter, name, 1));
        EXPECT(QUIETCLOUD_OK, quietcloud_filter_set_number(filter, "threads", 1 + run % 2));
        memcpy(xyz, noisy, POINTS * 12);
        EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, xyz, POINTS, 0, xyz, 0));
        CHECK(memcmp(xyz, reference, POINTS * 12) == 0);
        CHECK(strstr(quietcloud_last_error(), wanted) != NULL);
        ++ran;

        EXPECT(QUIETCLOUD_OK, quietcloud_filter_get_number(shared, "steps", &value));
        EXPECT(QUIETCLOUD_OK, quietcloud_filter_report_number(shared, "points", &value));
        CHECK(value == POINTS);
        EXPECT(QUIETCLOUD_OK, quietcloud_model_describe(model, NULL, 0, &size));
        CHECK(quietcloud_filter_option_name(run % quietcloud_filter_option_count()) != NULL);
        EXPECT(QUIETCLOUD_OK, quietcloud_set_log(run % 2 ? hear : NULL, NULL));
        EXPECT(QUIETCLOUD_OK, quietcloud_set_threads((uint32_t)number));
        if (run % 16 == 0) {
            quietcloud_model_t *own = open_model();
            quietcloud_filter_free(filter);
            filter = new_filter(own);
            quietcloud_model_free(own);
            memcpy(xyz, noisy, POINTS * 12);
            EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, xyz, POINTS, 0, xyz, 0));
            CHECK(memcmp(xyz, reference, POINTS * 12) == 0);
        }
        quietcloud_filter_free(filter);
    }
    free(xyz);
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    int numbers[THREADS], t;
    double start = now_ms();
    long warm, end;
    runs_each = ((int)setting("QUIETCLOUD_STRESS_RUNS", 200) + THREADS - 1) / THREADS;
    model = open_model();
    shared = new_filter(model);
    noisy = noisy_sphere(POINTS);
    reference = malloc(POINTS * 12);
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(shared, noisy, POINTS, 0, reference, 0));
    for (t = 0; t < THREADS; ++t) {
        numbers[t] = t;
        CHECK(pthread_create(&threads[t], NULL, work, &numbers[t]) == 0);
    }
    /* A third of the runs warms everything up; what is held after that is held for good. */
    while (ran < THREADS * runs_each / 3) nanosleep(&(struct timespec){0, 10000000}, NULL);
    warm = resident_kb();
    for (t = 0; t < THREADS; ++t) pthread_join(threads[t], NULL);
    end = resident_kb();
    CHECK(end - warm < ROOM_KB);
    CHECK(ran == THREADS * runs_each);
    EXPECT(QUIETCLOUD_OK, quietcloud_set_log(NULL, NULL));
    printf("%d runs on %d threads in %.0f ms, %d messages; %ld KB resident after a third, %ld at the end\n", (int)ran, THREADS,
           now_ms() - start, (int)heard, warm, end);
    quietcloud_filter_free(shared);
    quietcloud_model_free(model);
    free(noisy);
    free(reference);
    return failures > 0;
}
