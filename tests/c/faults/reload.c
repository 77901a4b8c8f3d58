/* A plugin host loads and unloads the library a hundred times: each time it works, and memory stays what it was. */
#include <quietcloud/quietcloud.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { POINTS = 200, TIMES = 100, WARM = 20 };

#define FUNCTION(name) __typeof__(&quietcloud_##name) name = (__typeof__(&quietcloud_##name))dlsym(library, "quietcloud_" #name)

static long resident_kb(void) {
    long pages = 0, all;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld %ld", &all, &pages) != 2) abort();
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static int use(const float *noisy, float *xyz) {
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    quietcloud_model_t *model = NULL;
    quietcloud_filter_t *filter = NULL;
    int status;
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    {
        FUNCTION(model_open);
        FUNCTION(model_free);
        FUNCTION(filter_new);
        FUNCTION(filter_free);
        FUNCTION(filter_set_number);
        FUNCTION(filter_run_f32);
        FUNCTION(last_error);
        memcpy(xyz, noisy, POINTS * 12);
        status = model_open(getenv("QUIETCLOUD_TEST_MODEL"), "cpu", &model);
        if (status == 0) status = filter_new(model, &filter);
        if (status == 0) status = filter_set_number(filter, "noise", 0.05);
        if (status == 0) status = filter_run_f32(filter, xyz, POINTS, 0, xyz, 0);
        if (status != 0) fprintf(stderr, "%s\n", last_error());
        filter_free(filter);
        model_free(model);
    }
    return dlclose(library) != 0 || status != 0;
}

int main(void) {
    float noisy[3 * POINTS], xyz[3 * POINTS], reference[3 * POINTS];
    long warm = 0, end;
    int i;
    for (i = 0; i < 3 * POINTS; ++i) noisy[i] = (float)((i * 7919) % 1009) / 1009;
    for (i = 0; i < TIMES; ++i) {
        if (use(noisy, xyz)) return 1;
        if (i == 0) memcpy(reference, xyz, sizeof xyz);
        if (memcmp(reference, xyz, sizeof xyz) != 0) {
            fprintf(stderr, "time %d gave other points\n", i);
            return 1;
        }
        if (i == WARM) warm = resident_kb();
    }
    end = resident_kb();
    printf("%d times; %ld KB resident after %d, %ld at the end\n", TIMES, warm, WARM, end);
    if (end - warm > 32 * 1024) {
        fprintf(stderr, "memory grows\n");
        return 1;
    }
    return 0;
}
