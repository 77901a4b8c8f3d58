/* An ONNX Runtime that fails when told to: the real one, with two entries of its table exchanged.
 *
 * OrtApi is a table of functions that only grows: the places of its first entries are the same in every release. */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    const void *(*get_api)(uint32_t version);
    const char *(*get_version)(void);
} base_t;
typedef void *(*create_status_t)(int code, const char *message);
typedef void *(*create_session_t)(const void *env, const void *bytes, size_t length, const void *options, void **out);
typedef void *(*run_t)(void *session, const void *options, const char *const *names, const void *const *inputs, size_t count,
                       const char *const *output_names, size_t output_count, void **outputs);

/* In version 20 of the table there are fewer. */
enum { CREATE_STATUS = 0, CREATE_SESSION_FROM_ARRAY = 8, RUN = 9, ENTRIES = 288 };

static void *table[ENTRIES];
static base_t base;
static const base_t *real;
static create_session_t create_session;
static run_t run;
static atomic_int sessions = 1 << 30, runs = 1 << 30;

/* From now on so many sessions can be made, and so many runs succeed. */
void shim_allow(int more_sessions, int more_runs) {
    sessions = more_sessions;
    runs = more_runs;
}

static void *fail(void) { return ((create_status_t)table[CREATE_STATUS])(1, "provoked by the test"); }

static void *limited_session(const void *env, const void *bytes, size_t length, const void *options, void **out) {
    return atomic_fetch_sub(&sessions, 1) > 0 ? create_session(env, bytes, length, options, out) : fail();
}

static void *limited_run(void *session, const void *options, const char *const *names, const void *const *inputs, size_t count,
                         const char *const *output_names, size_t output_count, void **outputs) {
    if (atomic_fetch_sub(&runs, 1) <= 0) return fail();
    return run(session, options, names, inputs, count, output_names, output_count, outputs);
}

static const void *get_api(uint32_t version) {
    const void *api = real->get_api(version);
    if (!api) return NULL;
    memcpy(table, api, sizeof table);
    create_session = (create_session_t)table[CREATE_SESSION_FROM_ARRAY];
    run = (run_t)table[RUN];
    table[CREATE_SESSION_FROM_ARRAY] = (void *)limited_session;
    table[RUN] = (void *)limited_run;
    return table;
}

const base_t *OrtGetApiBase(void) {
    void *library = dlopen(RUNTIME, RTLD_NOW | RTLD_LOCAL);
    const base_t *(*entry)(void) = library ? (const base_t *(*)(void))dlsym(library, "OrtGetApiBase") : NULL;
    if (!entry) return NULL;
    real = entry();
    base.get_api = get_api;
    base.get_version = real->get_version;
    return &base;
}
