/* Runs the tests named on the command line, or all of them. */
#include "check.h"

void test_version(void);
void test_model(void);
void test_options(void);
void test_run(void);
void test_misuse(void);
void test_progress(void);
void test_process(void);
void test_generator(void);

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
    {"version", test_version}, {"model", test_model},       {"options", test_options}, {"run", test_run},
    {"misuse", test_misuse},   {"progress", test_progress}, {"process", test_process},
    {"generator", test_generator},
};

int main(int count, char **names) {
    size_t t;
    int ran = 0, i;
    for (t = 0; t < sizeof tests / sizeof *tests; ++t) {
        int wanted = count == 1;
        for (i = 1; i < count; ++i) wanted |= strcmp(names[i], tests[t].name) == 0;
        if (wanted) {
            tests[t].run();
            ++ran;
        }
    }
    if (!ran) fprintf(stderr, "no such test\n");
    return failures > 0 || !ran;
}
