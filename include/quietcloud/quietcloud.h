/* quietcloud: removes the noise from point clouds, and makes new ones.
 *
 * Generated from src/capi by `cargo xtask headers`; edit there.
 *
 *     quietcloud_model_t *model = NULL;
 *     quietcloud_filter_t *filter = NULL;
 *     if (quietcloud_model_open(NULL, NULL, &model) != QUIETCLOUD_OK ||
 *         quietcloud_filter_new(model, &filter) != QUIETCLOUD_OK ||
 *         quietcloud_filter_run_f32(filter, xyz, points, 0, xyz, 0) != QUIETCLOUD_OK)
 *         fprintf(stderr, "%s\n", quietcloud_last_error());
 *     quietcloud_filter_free(filter);
 *     quietcloud_model_free(model);
 *
 * Fallible calls return QUIETCLOUD_OK or a QUIETCLOUD_E_* code. Outputs are written only on QUIETCLOUD_OK. Pointers are
 * checked for NULL. quietcloud_last_error() says what went wrong on this thread and what to do about it.
 *
 * A model may be used by any number of threads at once; a filter or a generator belongs to one thread
 * at a time.
 *
 * There are no public structs: options are set by name, and the library describes them itself, so that a new option
 * breaks no program. Strings are UTF-8; on Unix, paths may be any bytes.
 */

#ifndef QUIETCLOUD_QUIETCLOUD_H
#define QUIETCLOUD_QUIETCLOUD_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32) && !defined(QUIETCLOUD_STATIC)
#define QUIETCLOUD_API __declspec(dllimport)
#elif defined(__GNUC__)
#define QUIETCLOUD_API __attribute__((visibility("default")))
#else
#define QUIETCLOUD_API
#endif

/**
 * Version of this header: a change of the major number breaks programs.
 */
#define QUIETCLOUD_VERSION_MAJOR 0

/**
 * Version of this header: a change of the minor number adds functions or options.
 */
#define QUIETCLOUD_VERSION_MINOR 1

/**
 * Version of this header: a change of the patch number changes no interface.
 */
#define QUIETCLOUD_VERSION_PATCH 0

/**
 * Success.
 */
#define QUIETCLOUD_OK 0

/**
 * An argument is wrong: a NULL pointer, an unknown name, a value out of its bounds, a filter that is at work already.
 */
#define QUIETCLOUD_E_ARGUMENT 1

/**
 * The cloud can't be worked on: stride smaller than a point, overlapping buffers, an extent beyond all numbers.
 */
#define QUIETCLOUD_E_CLOUD 2

/**
 * The operating system refused to read or write a file.
 */
#define QUIETCLOUD_E_IO 3

/**
 * A file breaks its format.
 */
#define QUIETCLOUD_E_FORMAT 4

/**
 * A model is incomplete, altered or of an unknown kind.
 */
#define QUIETCLOUD_E_BUNDLE 5

/**
 * ONNX Runtime's shared library was not found or can't be used.
 */
#define QUIETCLOUD_E_RUNTIME 6

/**
 * A network failed while it ran.
 */
#define QUIETCLOUD_E_NETWORK 7

/**
 * The device asked for is not there.
 */
#define QUIETCLOUD_E_DEVICE 8

/**
 * The progress callback asked to stop.
 */
#define QUIETCLOUD_E_CANCELLED 9

/**
 * The memory bound is too small for this cloud.
 */
#define QUIETCLOUD_E_MEMORY 10

/**
 * A defect of the library, caught before it could reach the host.
 */
#define QUIETCLOUD_E_INTERNAL 11

/**
 * The model can't do what was asked of it, such as denoise with a generator.
 */
#define QUIETCLOUD_E_UNSUPPORTED 12

/**
 * Kind of option: a real number.
 */
#define QUIETCLOUD_KIND_NUMBER 0

/**
 * Kind of option: a whole number.
 */
#define QUIETCLOUD_KIND_INTEGER 1

/**
 * Kind of option: one of several words; as a number, the word's position.
 */
#define QUIETCLOUD_KIND_CHOICE 2

/**
 * Log level: something failed that the caller may not have been told otherwise.
 */
#define QUIETCLOUD_LOG_ERROR 1

/**
 * Log level: it works, but not as well as it might.
 */
#define QUIETCLOUD_LOG_WARNING 2

/**
 * Log level: what was loaded from where.
 */
#define QUIETCLOUD_LOG_INFO 3

/**
 * A diffusion system.
 */
struct Method;

/**
 * The options of a run and the report of the last one. Belongs to one thread at a time.
 */
struct quietcloud_filter;

/**
 * The options of a generative model's runs and the report of the last one. Belongs to one thread at a time.
 */
struct quietcloud_generator;

/**
 * An opened model: networks, schedule, and the ONNX Runtime sessions that run them. Immutable.
 */
struct quietcloud_model;

typedef struct quietcloud_model quietcloud_model_t;

typedef struct quietcloud_filter quietcloud_filter_t;

/**
 * Hears how far a run is, from 0 to 1; any result but 0 cancels it. Called on the thread that called run, a few dozen
 * times a second; must not throw. `user` is what quietcloud_filter_set_progress was given.
 */
typedef int32_t (*quietcloud_progress_fn)(void *user, double done);

typedef struct quietcloud_generator quietcloud_generator_t;

/**
 * Hears one message: QUIETCLOUD_LOG_ERROR, _WARNING or _INFO, and one line of UTF-8 that is valid during the call.
 * Must not throw, and may be called from several threads at once.
 */
typedef void (*quietcloud_log_fn)(void *user, int32_t level, const char *message);





#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The version of the library that runs, such as "0.1.0"; static text.
 *
 * Thread safety: any thread.
 */
QUIETCLOUD_API const char *quietcloud_version(void);

/**
 * The version of the library that runs, as major * 10000 + minor * 100 + patch.
 *
 * Thread safety: any thread.
 */
QUIETCLOUD_API int32_t quietcloud_version_number(void);

/**
 * What went wrong in the last call that failed on this thread, and what to do about it: one line in English, UTF-8.
 *
 * Never NULL; empty if no call has failed on this thread. A call that succeeds leaves it alone.
 * The text belongs to the library and is valid until the next call that fails on this thread.
 *
 * Thread safety: any thread; each has its own.
 */
QUIETCLOUD_API
const char *quietcloud_last_error(void);

/**
 * A few words for a status code, such as "cancelled".
 *
 * Never NULL; "unknown status" for a number that is no code of this version. The text is static.
 *
 * Thread safety: any thread.
 */
QUIETCLOUD_API const char *quietcloud_status_text(int32_t status);

/**
 * Opens a model.
 *
 * `folder`: a model folder or a zip archive of one; NULL opens the model that is compiled into the library.
 * `device`: "auto", "cpu", "cuda", "tensorrt" or "tensorrt-fp16" (half precision); NULL is "auto", which takes the best
 * that works. "cuda:1" is the second GPU, and so on. A device asked for by name that is not there is an error.
 * `out` receives the model; free it with quietcloud_model_free.
 *
 * The first model opened in a process loads ONNX Runtime; see quietcloud_set_runtime.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (out is NULL, unknown device), QUIETCLOUD_E_BUNDLE (broken model),
 * QUIETCLOUD_E_RUNTIME (no ONNX Runtime), QUIETCLOUD_E_DEVICE (no such device here). `out` is untouched then.
 *
 * Thread safety: any thread, any number at once.
 */
QUIETCLOUD_API
int32_t quietcloud_model_open(const char *folder,
                              const char *device,
                              quietcloud_model_t **out);

/**
 * Opens a model that lies in memory: a zip archive of a model folder whose files are stored uncompressed.
 *
 * `bytes`, `length`: the archive; it is copied, the memory may go when the call returns.
 * `device`, `out`: as for quietcloud_model_open.
 *
 * Errors: as quietcloud_model_open, and QUIETCLOUD_E_ARGUMENT where `bytes` is NULL.
 *
 * Thread safety: any thread, any number at once.
 */
QUIETCLOUD_API
int32_t quietcloud_model_open_memory(const uint8_t *bytes,
                                     size_t length,
                                     const char *device,
                                     quietcloud_model_t **out);

/**
 * Frees a model; NULL is allowed and does nothing.
 *
 * Filters and generators made from it keep what they need: they go on working.
 *
 * Thread safety: any thread, once, and not while another thread passes the same handle to a function.
 */
QUIETCLOUD_API void quietcloud_model_free(quietcloud_model_t *model);

/**
 * The device that the networks really run on: "cpu", "cuda", "tensorrt:1" ..., as it is asked for; never "auto".
 *
 * `buffer`, `size`: where the text goes, with its NUL; NULL only asks for the size.
 * `needed` receives the bytes that the text takes with its NUL; may be NULL where `buffer` is not.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (model is NULL, buffer and needed are NULL, buffer too small: nothing is written).
 *
 * Thread safety: any thread, any number at once on one model.
 */
QUIETCLOUD_API
int32_t quietcloud_model_device(const quietcloud_model_t *model,
                                char *buffer,
                                size_t size,
                                size_t *needed);

/**
 * What the model is, as one JSON object: name, method, capabilities (denoise, generate ...), prediction, neighbors, steps,
 * schedule_steps (0 without a schedule), trained_noise (smallest and largest, in units of the local spacing), points (of a
 * generated cloud: trained, low, high; zeros in a denoiser), license, provenance, scores, from, device, notes, runtime (version and path of ONNX
 * Runtime). Members may be added in later versions.
 *
 * `buffer`, `size`, `needed`: as for quietcloud_model_device. UTF-8.
 *
 * Errors: as quietcloud_model_device.
 *
 * Thread safety: any thread, any number at once on one model.
 */
QUIETCLOUD_API
int32_t quietcloud_model_describe(const quietcloud_model_t *model,
                                  char *buffer,
                                  size_t size,
                                  size_t *needed);

/**
 * Makes a filter with every option at its initial value.
 *
 * `model`: stays the caller's; the filter keeps what it needs, so the model may be freed first. Any number of filters
 * may share it. `out` receives the filter; free it with quietcloud_filter_free.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (model or out is NULL), QUIETCLOUD_E_UNSUPPORTED (the model is a generator). `out` is
 * untouched then.
 *
 * Thread safety: any thread, any number at once on one model.
 */
QUIETCLOUD_API
int32_t quietcloud_filter_new(const quietcloud_model_t *model,
                              quietcloud_filter_t **out);

/**
 * Frees a filter; NULL is allowed and does nothing.
 *
 * Thread safety: once, and not while another thread passes the same handle to a function.
 */
QUIETCLOUD_API void quietcloud_filter_free(quietcloud_filter_t *filter);

/**
 * Sets an option by name to a number; quietcloud_filter_option_name lists the names.
 *
 * An option whose values are words takes a word's position, counted from 0.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (NULL, unknown name, a value out of bounds or not whole, the filter is at work).
 * Nothing is changed then.
 *
 * Thread safety: one thread at a time on one filter.
 */
QUIETCLOUD_API
int32_t quietcloud_filter_set_number(quietcloud_filter_t *filter,
                                     const char *name,
                                     double value);

/**
 * Sets an option by name to a word, such as "fast" or "auto", or to a number in digits.
 *
 * Errors: as quietcloud_filter_set_number.
 *
 * Thread safety: one thread at a time on one filter.
 */
QUIETCLOUD_API
int32_t quietcloud_filter_set_string(quietcloud_filter_t *filter,
                                     const char *name,
                                     const char *value);

/**
 * The value of an option as a number.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (NULL, unknown name, the filter is at work). `out` is untouched then.
 *
 * Thread safety: any number of threads at once on one filter, as long as none sets or runs.
 */
QUIETCLOUD_API
int32_t quietcloud_filter_get_number(const quietcloud_filter_t *filter,
                                     const char *name,
                                     double *out);

/**
 * The value of an option as text: its word where it has one, else digits.
 *
 * `buffer`, `size`, `needed`: as for quietcloud_model_device.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (NULL, unknown name, buffer too small, the filter is at work). Nothing is written then.
 *
 * Thread safety: any number of threads at once on one filter, as long as none sets or runs.
 */
QUIETCLOUD_API
int32_t quietcloud_filter_get_string(const quietcloud_filter_t *filter,
                                     const char *name,
                                     char *buffer,
                                     size_t size,
                                     size_t *needed);

/**
 * The smallest, largest and initial value of an option.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (NULL, unknown name). Nothing is written then.
 *
 * Thread safety: any number of threads at once on one filter.
 */
QUIETCLOUD_API
int32_t quietcloud_filter_bounds(const quietcloud_filter_t *filter,
                                 const char *name,
                                 double *low,
                                 double *high,
                                 double *initial);

/**
 * Sets who hears of a run's progress and may cancel it; NULL ends it.
 *
 * `user` is passed to every call and may be NULL; both are used during runs of this filter only.
 * A run calls at least once, with 0, before it does anything, and stops soon after a result that is not 0.
 * The callback must not use this filter: such calls are refused.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (filter is NULL or at work).
 *
 * Thread safety: one thread at a time on one filter.
 */
QUIETCLOUD_API
int32_t quietcloud_filter_set_progress(quietcloud_filter_t *filter,
                                       quietcloud_progress_fn callback,
                                       void *user);

/**
 * Moves every finite point towards the surface that it was sampled from.
 *
 * `xyz`: the first point's x; y and z follow. `points`: how many. `stride_bytes`: from one point's x to the next one's, at
 * least 12; 0 means packed. Nothing needs to be aligned. Units are the caller's.
 * `out_xyz`, `out_stride_bytes`: where the cleaned points go, in the same order: the same pointer and stride as the input
 * (in place), or memory that shares no byte with the input's points. Bytes between points are never touched.
 * Points with a NaN or an infinity come out bit for bit as they went in. No points at all is fine; the pointers may be
 * NULL then.
 *
 * The same cloud, model, options and seed give the same bytes, whatever the number of threads.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (filter is NULL or at work; the noise has to be given because the model can't estimate
 * it), QUIETCLOUD_E_CLOUD (a NULL cloud, stride too small, overlapping memory), QUIETCLOUD_E_MEMORY, QUIETCLOUD_E_NETWORK,
 * QUIETCLOUD_E_CANCELLED. The output is untouched then.
 *
 * Thread safety: one thread at a time on one filter; any number of filters of one model at once.
 */
QUIETCLOUD_API
int32_t quietcloud_filter_run_f32(quietcloud_filter_t *filter,
                                  const float *xyz,
                                  size_t points,
                                  size_t stride_bytes,
                                  float *out_xyz,
                                  size_t out_stride_bytes);

/**
 * As quietcloud_filter_run_f32, for double coordinates: strides are at least 24 bytes.
 *
 * Offsets as large as UTM's cost no accuracy: positions are taken relative to their neighbours in double precision.
 *
 * Errors and thread safety: as quietcloud_filter_run_f32.
 */
QUIETCLOUD_API
int32_t quietcloud_filter_run_f64(quietcloud_filter_t *filter,
                                  const double *xyz,
                                  size_t points,
                                  size_t stride_bytes,
                                  double *out_xyz,
                                  size_t out_stride_bytes);

/**
 * A number of the last run that succeeded, by name:
 *
 * points, finite (those that were worked on), passed_through (those with a NaN or an infinity), spacing (local, the
 * median, in the cloud's unit), noise (standard deviation, given or estimated, in the cloud's unit), noise_spacing (the
 * same in units of the spacing), noise_low and noise_high (where the noise varies over the cloud, four points of five have one
 * between these), estimated (1 where the noise was estimated, else 0), steps (0 where there was nothing to
 * do), tiles, workers, and wall times in milliseconds: normalize_ms, graph_ms, noise_ms, network_ms, sampler_ms,
 * spread_ms, restore_ms, total_ms, and runtime_ms, the part inside ONNX Runtime.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (NULL, unknown name, no run has succeeded yet, the filter is at work).
 * `out` is untouched then.
 *
 * Thread safety: any number of threads at once on one filter, as long as none sets or runs.
 */
QUIETCLOUD_API
int32_t quietcloud_filter_report_number(const quietcloud_filter_t *filter,
                                        const char *name,
                                        double *out);

/**
 * A text of the last run that succeeded, by name: device (that really ran), notes (what the caller should know, one
 * sentence a line, empty where all went well).
 *
 * `buffer`, `size`, `needed`: as for quietcloud_model_device.
 *
 * Errors: as quietcloud_filter_report_number, and QUIETCLOUD_E_ARGUMENT where the buffer is too small.
 *
 * Thread safety: any number of threads at once on one filter, as long as none sets or runs.
 */
QUIETCLOUD_API
int32_t quietcloud_filter_report_string(const quietcloud_filter_t *filter,
                                        const char *name,
                                        char *buffer,
                                        size_t size,
                                        size_t *needed);

/**
 * How ordinary each point of a cleaned cloud is: close to 0 for strays that no denoiser saves, else spread over 0 to 1.
 *
 * `xyz`: the cloud that went into a run; `cleaned`: what came out, in the same order and units; both hold `points` points,
 * at strides in bytes as in quietcloud_filter_run_f32. A run in place overwrites what went in: keep a copy.
 * `noise`: the run's noise in the units of the cloud, as quietcloud_filter_report_number tells it by the name "noise".
 * `out`: one number for each point: how often noise alone moves a point as far, and leaves it as far from its neighbours.
 * Of a scan with nothing but its noise, about one point in a hundred is below 0.01; a stray six standard deviations out is
 * nearly always. Without noise only the distance from the neighbours counts. Strays in a clump, nearer to each other than to
 * anything else, are not told from a surface. 0 for points with a NaN or an infinity.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (out is NULL and there are points; noise is negative or not finite), QUIETCLOUD_E_CLOUD (a
 * NULL cloud, stride too small). The output is untouched then.
 *
 * Thread safety: any thread.
 */
QUIETCLOUD_API
int32_t quietcloud_confidence_f32(const float *xyz,
                                  size_t points,
                                  size_t stride_bytes,
                                  const float *cleaned,
                                  size_t cleaned_stride_bytes,
                                  double noise,
                                  float *out);

/**
 * As quietcloud_confidence_f32, for double coordinates: strides are at least 24 bytes.
 *
 * Errors and thread safety: as quietcloud_confidence_f32.
 */
QUIETCLOUD_API
int32_t quietcloud_confidence_f64(const double *xyz,
                                  size_t points,
                                  size_t stride_bytes,
                                  const double *cleaned,
                                  size_t cleaned_stride_bytes,
                                  double noise,
                                  float *out);

/**
 * The number of options that a filter has; they are counted from 0. Later versions may have more.
 *
 * Thread safety: any thread.
 */
QUIETCLOUD_API size_t quietcloud_filter_option_count(void);

/**
 * The name of option `index`; static text, NULL where there is no such option.
 *
 * Thread safety: any thread.
 */
QUIETCLOUD_API const char *quietcloud_filter_option_name(size_t index);

/**
 * What option `index` does, one sentence; static text, NULL where there is no such option.
 *
 * Thread safety: any thread.
 */
QUIETCLOUD_API const char *quietcloud_filter_option_help(size_t index);

/**
 * The unit of option `index`, empty where it has none; static text, NULL where there is no such option.
 *
 * Thread safety: any thread.
 */
QUIETCLOUD_API const char *quietcloud_filter_option_unit(size_t index);

/**
 * The word that stands for `value` (0, 1, 2 ...) of option `index`; static text, NULL where there is none.
 *
 * Options that are no QUIETCLOUD_KIND_CHOICE may have a word too: 0 of many is "auto".
 *
 * Thread safety: any thread.
 */
QUIETCLOUD_API const char *quietcloud_filter_option_choice(size_t index, size_t value);

/**
 * The kind of option `index`: QUIETCLOUD_KIND_NUMBER, _INTEGER or _CHOICE; -1 where there is no such option.
 *
 * Thread safety: any thread.
 */
QUIETCLOUD_API int32_t quietcloud_filter_option_kind(size_t index);

/**
 * The smallest, largest and initial value of option `index`.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (NULL, no such option). Nothing is written then.
 *
 * Thread safety: any thread.
 */
QUIETCLOUD_API
int32_t quietcloud_filter_option_bounds(size_t index,
                                        double *low,
                                        double *high,
                                        double *initial);

/**
 * Encodes a cloud and decodes the mean of its code: as many points as came in, in the cloud's own unit and place. A vae gives
 * them no order.
 *
 * `xyz`, `points`, `stride_bytes`, `out_xyz`, `out_stride_bytes`: as for quietcloud_filter_run_f32; the output may be the
 * input. The model limits the number of points: quietcloud_generator_bounds(generator, "points", ...).
 *
 * Errors: QUIETCLOUD_E_UNSUPPORTED (the model has no encoder), QUIETCLOUD_E_ARGUMENT (generator is NULL or at work, an option
 * that means nothing to the method), QUIETCLOUD_E_CLOUD (NULL, stride too small, overlapping memory, too few or too many
 * points, a point with a NaN or an infinity), QUIETCLOUD_E_NETWORK, QUIETCLOUD_E_CANCELLED. The output is untouched then.
 *
 * Thread safety: one thread at a time on one generator; any number of generators of one model at once.
 */
QUIETCLOUD_API
int32_t quietcloud_generator_reconstruct_f32(quietcloud_generator_t *generator,
                                             const float *xyz,
                                             size_t points,
                                             size_t stride_bytes,
                                             float *out_xyz,
                                             size_t out_stride_bytes);

/**
 * As quietcloud_generator_reconstruct_f32, for double coordinates: strides are at least 24 bytes.
 *
 * Errors and thread safety: as quietcloud_generator_reconstruct_f32.
 */
QUIETCLOUD_API
int32_t quietcloud_generator_reconstruct_f64(quietcloud_generator_t *generator,
                                             const double *xyz,
                                             size_t points,
                                             size_t stride_bytes,
                                             double *out_xyz,
                                             size_t out_stride_bytes);

/**
 * Encodes a cloud, noises its latents for tau steps, denoises and decodes them: a cloud like the one that came in, the less
 * so the larger the option tau is. As many points as came in, in the cloud's own unit and place.
 *
 * Arguments, errors and thread safety: as quietcloud_generator_reconstruct_f32, and QUIETCLOUD_E_ARGUMENT where tau is beyond
 * the schedule or steps is beyond tau.
 */
QUIETCLOUD_API
int32_t quietcloud_generator_diffuse_denoise_f32(quietcloud_generator_t *generator,
                                                 const float *xyz,
                                                 size_t points,
                                                 size_t stride_bytes,
                                                 float *out_xyz,
                                                 size_t out_stride_bytes);

/**
 * As quietcloud_generator_diffuse_denoise_f32, for double coordinates: strides are at least 24 bytes.
 *
 * Errors and thread safety: as quietcloud_generator_reconstruct_f32.
 */
QUIETCLOUD_API
int32_t quietcloud_generator_diffuse_denoise_f64(quietcloud_generator_t *generator,
                                                 const double *xyz,
                                                 size_t points,
                                                 size_t stride_bytes,
                                                 double *out_xyz,
                                                 size_t out_stride_bytes);

/**
 * The cloud whose code lies between those of two clouds.
 *
 * `from`, `from_points`, `to`, `to_points`, `stride_bytes`: the two clouds, as for quietcloud_generator_reconstruct_f32.
 * `share`: 0 is the first, 1 the second. `out_xyz`, `points`, `out_stride_bytes`: where the new one goes; memory that shares
 * no byte with the clouds.
 *
 * Errors and thread safety: as quietcloud_generator_reconstruct_f32, and QUIETCLOUD_E_ARGUMENT where the share is not within 0
 * and 1 or the model does not make as many points.
 */
QUIETCLOUD_API
int32_t quietcloud_generator_interpolate_f32(quietcloud_generator_t *generator,
                                             const float *from,
                                             size_t from_points,
                                             const float *to,
                                             size_t to_points,
                                             size_t stride_bytes,
                                             double share,
                                             float *out_xyz,
                                             size_t points,
                                             size_t out_stride_bytes);

/**
 * As quietcloud_generator_interpolate_f32, for double coordinates: strides are at least 24 bytes.
 *
 * Errors and thread safety: as quietcloud_generator_interpolate_f32.
 */
QUIETCLOUD_API
int32_t quietcloud_generator_interpolate_f64(quietcloud_generator_t *generator,
                                             const double *from,
                                             size_t from_points,
                                             const double *to,
                                             size_t to_points,
                                             size_t stride_bytes,
                                             double share,
                                             double *out_xyz,
                                             size_t points,
                                             size_t out_stride_bytes);

/**
 * Bounds the negative log likelihood of a cloud under the model; densities are those of the cloud in model units (centred,
 * root mean square of all coordinates 1). Less is better; estimated with draws of the seed.
 *
 * `xyz`, `points`, `stride_bytes`: as for quietcloud_generator_reconstruct_f32. The option steps, if it is not 0, takes fewer
 * steps than the schedule has, for a looser bound.
 * `nats_per_point`, `bits_per_dimension` (a point has three) receive the bound.
 *
 * Errors: as quietcloud_generator_reconstruct_f32; QUIETCLOUD_E_UNSUPPORTED where the method gives no bound. Nothing is written
 * then.
 *
 * Thread safety: one thread at a time on one generator.
 */
QUIETCLOUD_API
int32_t quietcloud_generator_likelihood_f32(quietcloud_generator_t *generator,
                                            const float *xyz,
                                            size_t points,
                                            size_t stride_bytes,
                                            double *nats_per_point,
                                            double *bits_per_dimension);

/**
 * As quietcloud_generator_likelihood_f32, for double coordinates: the stride is at least 24 bytes.
 *
 * Errors and thread safety: as quietcloud_generator_likelihood_f32.
 */
QUIETCLOUD_API
int32_t quietcloud_generator_likelihood_f64(quietcloud_generator_t *generator,
                                            const double *xyz,
                                            size_t points,
                                            size_t stride_bytes,
                                            double *nats_per_point,
                                            double *bits_per_dimension);

/**
 * Makes a generator with every option at its initial value.
 *
 * `model`: stays the caller's; the generator keeps what it needs, so the model may be freed first. Any number of
 * generators may share it. `out` receives the generator; free it with quietcloud_generator_free.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (model or out is NULL), QUIETCLOUD_E_UNSUPPORTED (the model is a denoiser). `out` is
 * untouched then.
 *
 * Thread safety: any thread, any number at once on one model.
 */
QUIETCLOUD_API
int32_t quietcloud_generator_new(const quietcloud_model_t *model,
                                 quietcloud_generator_t **out);

/**
 * Frees a generator; NULL is allowed and does nothing.
 *
 * Thread safety: once, and not while another thread passes the same handle to a function.
 */
QUIETCLOUD_API void quietcloud_generator_free(quietcloud_generator_t *generator);

/**
 * Sets an option by name to a number; quietcloud_generator_option_name lists the names.
 *
 * An option whose values are words takes a word's position, counted from 0. What a model allows may be less than the
 * option does, as of its steps: that shows in a run, and quietcloud_generator_bounds tells before.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (NULL, unknown name, a value out of bounds or not whole, the generator is at work).
 * Nothing is changed then.
 *
 * Thread safety: one thread at a time on one generator.
 */
QUIETCLOUD_API
int32_t quietcloud_generator_set_number(quietcloud_generator_t *generator,
                                        const char *name,
                                        double value);

/**
 * Sets an option by name to a word, such as "fast" or "auto", or to a number in digits.
 *
 * Errors: as quietcloud_generator_set_number.
 *
 * Thread safety: one thread at a time on one generator.
 */
QUIETCLOUD_API
int32_t quietcloud_generator_set_string(quietcloud_generator_t *generator,
                                        const char *name,
                                        const char *value);

/**
 * The value of an option as a number.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (NULL, unknown name, the generator is at work). `out` is untouched then.
 *
 * Thread safety: any number of threads at once on one generator, as long as none sets or runs.
 */
QUIETCLOUD_API
int32_t quietcloud_generator_get_number(const quietcloud_generator_t *generator,
                                        const char *name,
                                        double *out);

/**
 * The value of an option as text: its word where it has one, else digits.
 *
 * `buffer`, `size`, `needed`: as for quietcloud_model_device.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (NULL, unknown name, buffer too small, the generator is at work). Nothing is written then.
 *
 * Thread safety: any number of threads at once on one generator, as long as none sets or runs.
 */
QUIETCLOUD_API
int32_t quietcloud_generator_get_string(const quietcloud_generator_t *generator,
                                        const char *name,
                                        char *buffer,
                                        size_t size,
                                        size_t *needed);

/**
 * The smallest, largest and initial value that an option has with this model: its steps and tau go up to the length of
 * the model's schedule. The name "points" asks for a cloud's number of points; initial is that of training.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (NULL, unknown name). Nothing is written then.
 *
 * Thread safety: any number of threads at once on one generator.
 */
QUIETCLOUD_API
int32_t quietcloud_generator_bounds(const quietcloud_generator_t *generator,
                                    const char *name,
                                    double *low,
                                    double *high,
                                    double *initial);

/**
 * Sets who hears of a run's progress and may cancel it; NULL ends it.
 *
 * `user` is passed to every call and may be NULL; both are used during runs of this generator only.
 * A run calls at least once, with 0, before it does anything, and stops soon after a result that is not 0.
 * The callback must not use this generator: such calls are refused.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (generator is NULL or at work).
 *
 * Thread safety: one thread at a time on one generator.
 */
QUIETCLOUD_API
int32_t quietcloud_generator_set_progress(quietcloud_generator_t *generator,
                                          quietcloud_progress_fn callback,
                                          void *user);

/**
 * The number of options that a generator has; they are counted from 0. Later versions may have more.
 *
 * Thread safety: any thread.
 */
QUIETCLOUD_API size_t quietcloud_generator_option_count(void);

/**
 * The name of option `index`; static text, NULL where there is no such option.
 *
 * Thread safety: any thread.
 */
QUIETCLOUD_API const char *quietcloud_generator_option_name(size_t index);

/**
 * What option `index` does, one sentence; static text, NULL where there is no such option.
 *
 * Thread safety: any thread.
 */
QUIETCLOUD_API const char *quietcloud_generator_option_help(size_t index);

/**
 * The unit of option `index`, empty where it has none; static text, NULL where there is no such option.
 *
 * Thread safety: any thread.
 */
QUIETCLOUD_API const char *quietcloud_generator_option_unit(size_t index);

/**
 * The word that stands for `value` (0, 1, 2 ...) of option `index`; static text, NULL where there is none.
 *
 * Thread safety: any thread.
 */
QUIETCLOUD_API const char *quietcloud_generator_option_choice(size_t index, size_t value);

/**
 * The kind of option `index`: QUIETCLOUD_KIND_NUMBER, _INTEGER or _CHOICE; -1 where there is no such option.
 *
 * Thread safety: any thread.
 */
QUIETCLOUD_API int32_t quietcloud_generator_option_kind(size_t index);

/**
 * A number of the last run that succeeded and made clouds, by name:
 *
 * points (of each cloud), clouds, steps (0 where the method takes none), calls (of networks), and times in milliseconds:
 * total_ms, on the wall, and runtime_ms, inside ONNX Runtime, over all threads.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (NULL, unknown name, no run has succeeded yet, the generator is at work).
 * `out` is untouched then.
 *
 * Thread safety: any number of threads at once on one generator, as long as none sets or runs.
 */
QUIETCLOUD_API
int32_t quietcloud_generator_report_number(const quietcloud_generator_t *generator,
                                           const char *name,
                                           double *out);

/**
 * A text of the last run that succeeded, by name: device (that really ran), notes (what the caller should know, one
 * sentence a line, empty where all went well).
 *
 * `buffer`, `size`, `needed`: as for quietcloud_model_device.
 *
 * Errors: as quietcloud_generator_report_number, and QUIETCLOUD_E_ARGUMENT where the buffer is too small.
 *
 * Thread safety: any number of threads at once on one generator, as long as none sets or runs.
 */
QUIETCLOUD_API
int32_t quietcloud_generator_report_string(const quietcloud_generator_t *generator,
                                           const char *name,
                                           char *buffer,
                                           size_t size,
                                           size_t *needed);

/**
 * Makes `clouds` new clouds of `points` points each, in model units: about centred, with a root mean square of about 1
 * over all coordinates.
 *
 * `points`: how many the model makes; quietcloud_generator_bounds(generator, "points", ...) tells. No clouds at all is
 * fine; the pointer may be NULL then.
 * `out_xyz`: where the first cloud's first x goes; y and z follow, and the clouds lie one after the other.
 * `out_stride_bytes`: from one point's x to the next one's, at least 12; 0 means packed. Nothing needs to be aligned, and
 * bytes between points are never touched.
 *
 * Cloud i of a run is cloud first + i of the seed's sequence, and depends on nothing else: the same model, options and
 * seed give the same bytes, whatever the number of threads and of clouds made at once.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (generator is NULL or at work, a number of points that the model does not make, more steps
 * than its schedule has, too many clouds, an option that means nothing to the method), QUIETCLOUD_E_CLOUD (a NULL output,
 * stride too small), QUIETCLOUD_E_NETWORK, QUIETCLOUD_E_CANCELLED. The output is untouched then.
 *
 * Thread safety: one thread at a time on one generator; any number of generators of one model at once.
 */
QUIETCLOUD_API
int32_t quietcloud_generator_run_f32(quietcloud_generator_t *generator,
                                     size_t clouds,
                                     size_t points,
                                     float *out_xyz,
                                     size_t out_stride_bytes);

/**
 * As quietcloud_generator_run_f32, for double coordinates: the stride is at least 24 bytes.
 *
 * Errors and thread safety: as quietcloud_generator_run_f32.
 */
QUIETCLOUD_API
int32_t quietcloud_generator_run_f64(quietcloud_generator_t *generator,
                                     size_t clouds,
                                     size_t points,
                                     double *out_xyz,
                                     size_t out_stride_bytes);

/**
 * Names the ONNX Runtime library to use, before the first model is opened.
 *
 * `path`: the shared library (1.20 or later, libonnxruntime.so.1 or alike). Without this call it is looked for in
 * ORT_DYLIB_PATH, beside this library, in the cache folder, in installed Python packages and in the system's folders.
 * It is loaded privately: another ONNX Runtime that the host uses is neither disturbed nor used.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (path is NULL), QUIETCLOUD_E_RUNTIME (another one is in use already; a process keeps
 * the first for its whole life). Whether the file can be used shows when a model is opened.
 *
 * Thread safety: any thread.
 */
QUIETCLOUD_API
int32_t quietcloud_set_runtime(const char *path);

/**
 * Sets who hears the library's messages; nobody does before, and nothing is ever written to the terminal.
 *
 * `callback`: NULL ends it. `user` is passed to every call and may be NULL. When this function returns, the callback that
 * was set before is not running and is never called again.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (called from inside a log callback).
 *
 * Thread safety: any thread.
 */
QUIETCLOUD_API
int32_t quietcloud_set_log(quietcloud_log_fn callback,
                           void *user);

/**
 * Sets how many working threads filters made from now on use; 0, as before the first call, is one for each core.
 *
 * The option "threads" of a filter overrides it. What a run computes does not depend on it, bit for bit.
 *
 * Errors: QUIETCLOUD_E_ARGUMENT (more than 1024).
 *
 * Thread safety: any thread.
 */
QUIETCLOUD_API
int32_t quietcloud_set_threads(uint32_t threads);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* QUIETCLOUD_QUIETCLOUD_H */
