/* On a host without ONNX Runtime: an error that names the fix, each time, and no harm done. Run with an empty
 * environment; where the system has an ONNX Runtime after all there is nothing to test (77). */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

int main(void) {
    quietcloud_model_t *model = NULL;
    int32_t status = quietcloud_model_open(NULL, "cpu", &model);
    if (status == QUIETCLOUD_OK) {
        quietcloud_model_free(model);
        puts("this system has an ONNX Runtime");
        return 77;
    }
    REFUSED(QUIETCLOUD_E_RUNTIME, "cargo xtask setup", quietcloud_model_open(NULL, "cpu", &model));
    REFUSED(QUIETCLOUD_E_RUNTIME, "ORT_DYLIB_PATH", quietcloud_model_open(NULL, "cpu", &model));
    puts(quietcloud_last_error());

    setenv("ORT_DYLIB_PATH", "/nowhere/libonnxruntime.so", 1);
    REFUSED(QUIETCLOUD_E_RUNTIME, "/nowhere/libonnxruntime.so", quietcloud_model_open(NULL, "cpu", &model));
    EXPECT(QUIETCLOUD_OK, quietcloud_set_runtime("/lib/x86_64-linux-gnu/libm.so.6"));
    REFUSED(QUIETCLOUD_E_RUNTIME, "not ONNX Runtime", quietcloud_model_open(NULL, "cpu", &model));
    EXPECT(QUIETCLOUD_OK, quietcloud_set_runtime(__FILE__));
    REFUSED(QUIETCLOUD_E_RUNTIME, __FILE__, quietcloud_model_open(NULL, "cpu", &model));
    CHECK(model == NULL);

    /* A later call tries again, and a good library helps. */
    EXPECT(QUIETCLOUD_OK, quietcloud_set_runtime(RUNTIME));
    EXPECT(QUIETCLOUD_OK, quietcloud_model_open(NULL, "cpu", &model));
    quietcloud_model_free(model);
    return failures > 0;
}
