/* What holds for the whole process: the log, the number of threads, one ONNX Runtime. */
#include "check.h"

typedef struct {
    int messages, refused;
    char loaded[512];
} log_t;

static void hear(void *user, int32_t level, const char *message) {
    log_t *log = user;
    ++log->messages;
    CHECK(level >= QUIETCLOUD_LOG_ERROR && level <= QUIETCLOUD_LOG_INFO);
    CHECK(strlen(message) > 0 && !strchr(message, '\n'));
    if (level == QUIETCLOUD_LOG_INFO) snprintf(log->loaded, sizeof log->loaded, "%s", message);
    log->refused += quietcloud_set_log(NULL, NULL) == QUIETCLOUD_E_ARGUMENT;
}

void test_process(void) {
    log_t log = {0, 0, ""};
    quietcloud_model_t *model;
    quietcloud_filter_t *filter;
    double value = 0;
    int heard;

    EXPECT(QUIETCLOUD_OK, quietcloud_set_log(hear, &log));
    model = open_model();
    CHECK(strstr(log.loaded, "on cpu") && strstr(log.loaded, "ONNX Runtime"));
    CHECK(log.messages > 0 && log.refused == log.messages);
    EXPECT(QUIETCLOUD_OK, quietcloud_set_log(NULL, NULL));
    heard = log.messages;
    quietcloud_model_free(model);
    model = open_model();
    CHECK(log.messages == heard);

    EXPECT(QUIETCLOUD_OK, quietcloud_set_threads(2));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "threads", quietcloud_set_threads(1025));
    filter = new_filter(model);
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_get_number(filter, "threads", &value));
    CHECK(value == 2);
    quietcloud_filter_free(filter);
    EXPECT(QUIETCLOUD_OK, quietcloud_set_threads(0));
    filter = new_filter(model);
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_get_number(filter, "threads", &value));
    CHECK(value == 0);
    quietcloud_filter_free(filter);

    REFUSED(QUIETCLOUD_E_RUNTIME, "in use already", quietcloud_set_runtime("/another/libonnxruntime.so"));
    quietcloud_model_free(model);
}
