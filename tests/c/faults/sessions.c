/* ONNX Runtime fails in the middle of a run, at the second session or at any call: a status, no point lost, and the next
 * run is as if nothing had been. */
#include "check.h"

#include <dlfcn.h>

enum { POINTS = 20000 }; /* three tiles */

int main(void) {
    void *shim = dlopen(SHIM, RTLD_NOW);
    void (*allow)(int, int) = shim ? (void (*)(int, int))dlsym(shim, "shim_allow") : NULL;
    float *noisy = noisy_sphere(POINTS), *reference = malloc(POINTS * 12), *xyz = malloc(POINTS * 12);
    quietcloud_model_t *model = NULL;
    quietcloud_filter_t *filter;
    int faults = 0, allowed;
    if (!allow) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    EXPECT(QUIETCLOUD_OK, quietcloud_set_runtime(SHIM));
    allow(0, 0);
    REFUSED(QUIETCLOUD_E_BUNDLE, "provoked", quietcloud_model_open(test_model_folder(), "cpu", &model));
    CHECK(model == NULL);
    allow(1 << 30, 1 << 30);
    model = open_model();
    filter = new_filter(model);
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_set_number(filter, "threads", 1));
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, noisy, POINTS, 0, reference, 0));

    /* The first worker takes the session that is there, the second one needs another: it can't have one. */
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_set_number(filter, "threads", 3));
    memcpy(xyz, noisy, POINTS * 12);
    allow(0, 1 << 30);
    REFUSED(QUIETCLOUD_E_NETWORK, "provoked", quietcloud_filter_run_f32(filter, xyz, POINTS, 0, xyz, 0));
    CHECK(memcmp(xyz, noisy, POINTS * 12) == 0);
    allow(1 << 30, 1 << 30);
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, xyz, POINTS, 0, xyz, 0));
    CHECK(memcmp(xyz, reference, POINTS * 12) == 0);

    /* The first, second ... call of a network fails, until none does. */
    for (allowed = 0; allowed < 200; ++allowed) {
        int32_t status;
        memcpy(xyz, noisy, POINTS * 12);
        allow(1 << 30, allowed);
        status = quietcloud_filter_run_f32(filter, xyz, POINTS, 0, xyz, 0);
        if (status == QUIETCLOUD_OK) break;
        CHECK(status == QUIETCLOUD_E_NETWORK);
        CHECK(memcmp(xyz, noisy, POINTS * 12) == 0);
        ++faults;
    }
    CHECK(faults > 3 && memcmp(xyz, reference, POINTS * 12) == 0);
    printf("%d calls failed, one after the other\n", faults);
    quietcloud_filter_free(filter);
    quietcloud_model_free(model);
    free(noisy);
    free(reference);
    free(xyz);
    return failures > 0;
}
