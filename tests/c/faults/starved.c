/* A process that may not have much memory: a cloud too large for it is refused before anything is done, and smaller ones
 * still work. */
#include "check.h"

#include <sys/resource.h>

enum { LARGE = 4000000, SMALL = 2000, ROOM = 512 }; /* points, points, MiB */

static rlim_t in_use(void) {
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file && fscanf(file, "%lu", &pages) == 1);
    if (file) fclose(file);
    return (rlim_t)pages * 4096;
}

int main(void) {
    float *noisy = noisy_sphere(LARGE), *xyz = malloc(LARGE * 12);
    quietcloud_model_t *model = open_model();
    quietcloud_filter_t *filter = new_filter(model);
    struct rlimit limit;
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_set_number(filter, "threads", 1));
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, noisy, SMALL, 0, xyz, 0));
    memcpy(xyz, noisy, LARGE * 12);
    getrlimit(RLIMIT_AS, &limit);
    limit.rlim_cur = in_use() + ((rlim_t)ROOM << 20);
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
    REFUSED(QUIETCLOUD_E_MEMORY, "the system refuses", quietcloud_filter_run_f32(filter, xyz, LARGE, 0, xyz, 0));
    CHECK(memcmp(xyz, noisy, LARGE * 12) == 0);
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, xyz, SMALL, 0, xyz, 0));
    CHECK(memcmp(xyz, noisy, SMALL * 12) != 0);
    quietcloud_filter_free(filter);
    quietcloud_model_free(model);
    free(noisy);
    free(xyz);
    return failures > 0;
}
