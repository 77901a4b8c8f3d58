/* Checks that go on after a failure and say where it was; a cloud to work on. */
#ifndef CHECK_H
#define CHECK_H

#include <quietcloud/quietcloud.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern int failures;

#define CHECK(condition)                                                         \
    do {                                                                         \
        if (!(condition)) {                                                      \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);      \
            ++failures;                                                          \
        }                                                                        \
    } while (0)

/* The call has to return this status, and a failure has to say something. */
#define EXPECT(status, call) expect(__FILE__, __LINE__, #call, (status), (call))

void expect(const char *file, int line, const char *call, int32_t wanted, int32_t found);

/* The call has to fail with this status and an error that contains `words`. */
#define REFUSED(status, words, call)                                             \
    do {                                                                         \
        EXPECT(status, call);                                                    \
        if (!strstr(quietcloud_last_error(), words)) {                           \
            fprintf(stderr, "%s:%d: the error says: %s\n", __FILE__, __LINE__,   \
                    quietcloud_last_error());                                    \
            ++failures;                                                          \
        }                                                                        \
    } while (0)

/* The folder of QUIETCLOUD_TEST_MODEL, or NULL: the built-in model. */
const char *test_model_folder(void);
quietcloud_model_t *open_model(void);
quietcloud_filter_t *new_filter(const quietcloud_model_t *model);

/* A unit sphere with a noise of 0.02 across it, packed. Free it. */
float *noisy_sphere(size_t points);
/* Root mean square distance from the unit sphere. */
double roughness(const float *xyz, size_t points);

double now_ms(void);
/* The number in the environment variable, or `otherwise`. */
double setting(const char *name, double otherwise);

#endif
