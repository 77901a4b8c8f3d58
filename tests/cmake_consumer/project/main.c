/* A program of somebody else: cleans a few points and says with which library. */
#include <quietcloud/quietcloud.h>

#include <stdio.h>

int main(void) {
    quietcloud_model_t *model = NULL;
    quietcloud_filter_t *filter = NULL;
    float xyz[300];
    int i;
    for (i = 0; i < 300; ++i) xyz[i] = (float)((i * 7919) % 997) / 997;
    if (quietcloud_model_open(NULL, "cpu", &model) || quietcloud_filter_new(model, &filter) ||
        quietcloud_filter_run_f32(filter, xyz, 100, 0, xyz, 0)) {
        fprintf(stderr, "%s\n", quietcloud_last_error());
        return 1;
    }
    quietcloud_filter_free(filter);
    quietcloud_model_free(model);
    printf("quietcloud %s\n", quietcloud_version());
    return 0;
}
