/* Header, library and package have one version; every status has its words. */
#include "check.h"

void test_version(void) {
    char text[32];
    int32_t status;
    sprintf(text, "%d.%d.%d", QUIETCLOUD_VERSION_MAJOR, QUIETCLOUD_VERSION_MINOR, QUIETCLOUD_VERSION_PATCH);
    CHECK(strcmp(text, PACKAGE_VERSION) == 0);
    CHECK(strcmp(text, quietcloud_version()) == 0);
    CHECK(quietcloud_version_number() ==
          QUIETCLOUD_VERSION_MAJOR * 10000 + QUIETCLOUD_VERSION_MINOR * 100 + QUIETCLOUD_VERSION_PATCH);

    CHECK(strcmp(quietcloud_last_error(), "") == 0);
    for (status = QUIETCLOUD_OK; status <= QUIETCLOUD_E_UNSUPPORTED; ++status) {
        CHECK(strlen(quietcloud_status_text(status)) > 3);
        CHECK(strcmp(quietcloud_status_text(status), "unknown status") != 0);
    }
    CHECK(strcmp(quietcloud_status_text(QUIETCLOUD_E_UNSUPPORTED + 1), "unknown status") == 0);
    CHECK(strcmp(quietcloud_status_text(-1), "unknown status") == 0);
}
