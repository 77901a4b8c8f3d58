/* A defect inside the library becomes a status, is told to the log and not to the terminal, and the process lives.
 * Linked with a library that was built for this test. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"

#include <unistd.h>

int32_t quietcloud_provoke_panic(void);

static char logged[512];

static void hear(void *user, int32_t level, const char *message) {
    (void)user;
    if (level == QUIETCLOUD_LOG_ERROR) snprintf(logged, sizeof logged, "%s", message);
}

int main(void) {
    int terminal = dup(2), i;
    long written;
    FILE *captured = tmpfile();
    quietcloud_model_t *model;
    EXPECT(QUIETCLOUD_OK, quietcloud_set_log(hear, NULL));

    dup2(fileno(captured), 2);
    for (i = 0; i < 100; ++i) quietcloud_provoke_panic();
    written = ftell(captured);
    dup2(terminal, 2);
    CHECK(written == 0);

    REFUSED(QUIETCLOUD_E_INTERNAL, "provoked", quietcloud_provoke_panic());
    CHECK(strstr(quietcloud_last_error(), "report it") != NULL);
    CHECK(strstr(logged, "provoked") && strstr(logged, "guard.rs"));

    model = open_model();
    quietcloud_model_free(model);
    return failures > 0;
}
