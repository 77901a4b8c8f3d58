/* Models from everywhere that a model can come from, and what is said of them. */
#include "check.h"
#include "zip.h"

static const char *const files[] = {"bundle.json", "score.onnx", "score_high.onnx", "noise.onnx", "golden.npz", NULL};

static float *clean(const quietcloud_model_t *model) {
    float *xyz = noisy_sphere(1000);
    quietcloud_filter_t *filter = new_filter(model);
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, xyz, 1000, 0, xyz, 0));
    quietcloud_filter_free(filter);
    return xyz;
}

static void same_result(const quietcloud_model_t *a, const quietcloud_model_t *b) {
    float *x = clean(a), *y = clean(b);
    CHECK(memcmp(x, y, 1000 * 12) == 0);
    free(x);
    free(y);
}

void test_model(void) {
    const char *from = test_model_folder() ? test_model_folder() : MODEL_FOLDER;
    quietcloud_model_t *model = open_model(), *builtin = NULL, *folder = NULL, *memory = NULL, *any = NULL;
    quietcloud_filter_t *filter;
    unsigned char *archive;
    char text[8], *described;
    size_t length = 0, needed = 0;

    EXPECT(QUIETCLOUD_OK, quietcloud_model_open(NULL, NULL, &builtin));
    quietcloud_model_free(builtin);
    EXPECT(QUIETCLOUD_OK, quietcloud_model_open(from, NULL, &folder));
    archive = zip_folder(from, files, &length);
    CHECK(archive != NULL);
    EXPECT(QUIETCLOUD_OK, quietcloud_model_open_memory(archive, length, "cpu", &memory));
    memset(archive, 0, length); /* it was copied */
    same_result(model, folder);
    same_result(model, memory);

    EXPECT(QUIETCLOUD_OK, quietcloud_model_device(model, text, sizeof text, &needed));
    CHECK(strcmp(text, "cpu") == 0 && needed == 4);
    EXPECT(QUIETCLOUD_OK, quietcloud_model_device(model, text, 4, NULL));
    EXPECT(QUIETCLOUD_OK, quietcloud_model_describe(model, NULL, 0, &needed));
    described = malloc(needed);
    EXPECT(QUIETCLOUD_OK, quietcloud_model_describe(model, described, needed, &needed));
    CHECK(strlen(described) + 1 == needed);
    CHECK(strstr(described, "\"method\":\"sbd\"") && strstr(described, "\"device\":\"cpu\""));
    CHECK(strstr(described, "\"runtime\":{") && strstr(described, "\"license\":"));
    free(described);

    REFUSED(QUIETCLOUD_E_ARGUMENT, "auto, cpu, cuda", quietcloud_model_open(NULL, "gpu", &any));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "not UTF-8", quietcloud_model_open(NULL, "\xff", &any));
    REFUSED(QUIETCLOUD_E_BUNDLE, "/nowhere", quietcloud_model_open("/nowhere", "cpu", &any));
    REFUSED(QUIETCLOUD_E_BUNDLE, "\xef\xbf\xbd", quietcloud_model_open("/\xff", "cpu", &any)); /* a path may be any bytes */
    REFUSED(QUIETCLOUD_E_BUNDLE, "bundle.json", quietcloud_model_open("/", "cpu", &any));
    REFUSED(QUIETCLOUD_E_BUNDLE, "zip", quietcloud_model_open_memory(archive, length, "cpu", &any));
    REFUSED(QUIETCLOUD_E_BUNDLE, "zip", quietcloud_model_open_memory(archive, 0, "cpu", &any));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "address space", quietcloud_model_open_memory(archive, SIZE_MAX, "cpu", &any));
    CHECK(any == NULL);
    free(archive);

    /* A filter outlives its model. */
    filter = new_filter(folder);
    quietcloud_model_free(folder);
    {
        float *xyz = noisy_sphere(1000);
        EXPECT(QUIETCLOUD_OK, quietcloud_filter_run_f32(filter, xyz, 1000, 0, xyz, 0));
        free(xyz);
    }
    quietcloud_filter_free(filter);
    quietcloud_model_free(memory);
    quietcloud_model_free(model);
}
