/* A process forks after the library was loaded and used: parent and child both go on, with the same results. */
#include "check.h"

#include <sys/wait.h>
#include <unistd.h>

enum { POINTS = 2000 };

int main(void) {
    float *noisy = noisy_sphere(POINTS), *reference = malloc(POINTS * 12), *xyz = malloc(POINTS * 12);
    quietcloud_model_t *model = open_model();
    quietcloud_filter_t *filter = new_filter(model);
    int round;
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_set_number(filter, "threads", 2));
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, noisy, POINTS, 0, reference, 0));
    for (round = 0; round < 5; ++round) {
        int status = 1;
        pid_t child = fork();
        if (child == 0) alarm(120); /* a child that hangs is a failure, too */
        memcpy(xyz, noisy, POINTS * 12);
        EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, xyz, POINTS, 0, xyz, 0));
        CHECK(memcmp(xyz, reference, POINTS * 12) == 0);
        if (child == 0) {
            quietcloud_model_t *own = open_model();
            quietcloud_model_free(own);
            quietcloud_filter_free(filter);
            quietcloud_model_free(model);
            _exit(failures > 0);
        }
        CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    quietcloud_filter_free(filter);
    quietcloud_model_free(model);
    free(noisy);
    free(reference);
    free(xyz);
    return failures > 0;
}
