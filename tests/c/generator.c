/* Generators: what they make, every misuse, and that nothing is written where a call fails. */
#include "check.h"

enum { POINTS = 64 };

static quietcloud_model_t *open_generator(const char *folder) {
    quietcloud_model_t *model = NULL;
    EXPECT(QUIETCLOUD_OK, quietcloud_model_open(folder, "cpu", &model));
    if (!model) exit(1);
    return model;
}

static quietcloud_generator_t *new_generator(const char *folder) {
    quietcloud_model_t *model = open_generator(folder);
    quietcloud_generator_t *generator = NULL;
    EXPECT(QUIETCLOUD_OK, quietcloud_generator_new(model, &generator));
    quietcloud_model_free(model); /* the generator keeps what it needs */
    if (!generator) exit(1);
    return generator;
}

static int32_t cancel(void *user, double done) {
    (void)done;
    ++*(int *)user;
    return 1;
}

/* A callback that uses the generator it is called by. */
static int32_t meddle(void *user, double done) {
    quietcloud_generator_t *generator = user;
    float xyz[3 * POINTS];
    (void)done;
    REFUSED(QUIETCLOUD_E_ARGUMENT, "generator is at work", quietcloud_generator_set_number(generator, "seed", 3));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "generator is at work", quietcloud_generator_run_f32(generator, 1, POINTS, xyz, 0));
    return 0;
}

static void runs(void) {
    quietcloud_generator_t *generator = new_generator(GENERATORS "/ddpm-gaussian");
    float two[2 * POINTS * 3], one[POINTS * 3], wide[POINTS * 5];
    double doubles[POINTS * 3], low, high, initial, value;
    char text[64];
    int calls = 0;
    size_t i;

    EXPECT(QUIETCLOUD_OK, quietcloud_generator_bounds(generator, "points", &low, &high, &initial));
    CHECK(low == 8 && high == 131072 && initial == 512);
    EXPECT(QUIETCLOUD_OK, quietcloud_generator_bounds(generator, "steps", &low, &high, &initial));
    CHECK(low == 0 && high == 1000 && initial == 0);

    EXPECT(QUIETCLOUD_OK, quietcloud_generator_set_number(generator, "seed", 5));
    EXPECT(QUIETCLOUD_OK, quietcloud_generator_set_string(generator, "variance", "beta_tilde"));
    EXPECT(QUIETCLOUD_OK, quietcloud_generator_get_string(generator, "variance", text, sizeof text, NULL));
    CHECK(strcmp(text, "beta_tilde") == 0);
    EXPECT(QUIETCLOUD_OK, quietcloud_generator_run_f32(generator, 2, POINTS, two, 0));
    EXPECT(QUIETCLOUD_OK, quietcloud_generator_report_number(generator, "clouds", &value));
    CHECK(value == 2);
    EXPECT(QUIETCLOUD_OK, quietcloud_generator_report_string(generator, "device", text, sizeof text, NULL));
    CHECK(strcmp(text, "cpu") == 0);

    /* The second cloud by itself, at another number of threads, in doubles, and with something between the points. */
    EXPECT(QUIETCLOUD_OK, quietcloud_generator_set_number(generator, "first", 1));
    EXPECT(QUIETCLOUD_OK, quietcloud_generator_set_number(generator, "threads", 3));
    EXPECT(QUIETCLOUD_OK, quietcloud_generator_run_f32(generator, 1, POINTS, one, 12));
    CHECK(memcmp(one, two + 3 * POINTS, sizeof one) == 0);
    EXPECT(QUIETCLOUD_OK, quietcloud_generator_run_f64(generator, 1, POINTS, doubles, 0));
    memset(wide, 0x5a, sizeof wide);
    EXPECT(QUIETCLOUD_OK, quietcloud_generator_run_f32(generator, 1, POINTS, wide, 20));
    for (i = 0; i < POINTS; ++i) {
        CHECK((float)doubles[3 * i] == one[3 * i] && memcmp(wide + 5 * i, one + 3 * i, 12) == 0);
        CHECK(*(unsigned char *)(wide + 5 * i + 3) == 0x5a && *(unsigned char *)(wide + 5 * i + 4) == 0x5a);
    }
    EXPECT(QUIETCLOUD_OK, quietcloud_generator_run_f32(generator, 0, POINTS, NULL, 0));

    EXPECT(QUIETCLOUD_OK, quietcloud_generator_set_progress(generator, cancel, &calls));
    memset(wide, 0x5a, sizeof wide);
    REFUSED(QUIETCLOUD_E_CANCELLED, "cancelled", quietcloud_generator_run_f32(generator, 1, POINTS, wide, 0));
    CHECK(calls == 1 && *(unsigned char *)wide == 0x5a);
    EXPECT(QUIETCLOUD_OK, quietcloud_generator_set_progress(generator, meddle, generator));
    EXPECT(QUIETCLOUD_OK, quietcloud_generator_run_f32(generator, 1, POINTS, one, 0));
    quietcloud_generator_free(generator);
}

static void codes(void) {
    quietcloud_generator_t *vae = new_generator(GENERATORS "/vae"), *lion = new_generator(GENERATORS "/lion");
    quietcloud_generator_t *ddpm = new_generator(GENERATORS "/ddpm-gaussian");
    float *cloud = noisy_sphere(POINTS), out[3 * POINTS], before[3 * POINTS];
    double nats = 7, bits = 7, worst = 0;
    size_t i;
    memcpy(before, cloud, sizeof before);

    EXPECT(QUIETCLOUD_OK, quietcloud_generator_reconstruct_f32(lion, cloud, POINTS, 0, out, 0));
    for (i = 0; i < 3 * POINTS; ++i) worst = fmax(worst, fabs(out[i] - cloud[i]));
    CHECK(worst < 1e-4);
    EXPECT(QUIETCLOUD_OK, quietcloud_generator_diffuse_denoise_f32(lion, cloud, POINTS, 0, out, 0));
    EXPECT(QUIETCLOUD_OK, quietcloud_generator_interpolate_f32(vae, cloud, POINTS, cloud, POINTS - 9, 0, 0.5, out, POINTS, 12));
    EXPECT(QUIETCLOUD_OK, quietcloud_generator_likelihood_f32(ddpm, cloud, POINTS, 0, &nats, &bits));
    CHECK(nats > 0 && fabs(nats / 3 / log(2) - bits) < 1e-9);

    REFUSED(QUIETCLOUD_E_UNSUPPORTED, "can't reconstruct", quietcloud_generator_reconstruct_f32(ddpm, cloud, POINTS, 0, out, 0));
    REFUSED(QUIETCLOUD_E_UNSUPPORTED, "can't give a likelihood",
            quietcloud_generator_likelihood_f32(vae, cloud, POINTS, 0, &nats, &bits));
    REFUSED(QUIETCLOUD_E_UNSUPPORTED, "can't diffuse", quietcloud_generator_diffuse_denoise_f32(vae, cloud, POINTS, 0, out, 0));
    REFUSED(QUIETCLOUD_E_UNSUPPORTED, "can't interpolate",
            quietcloud_generator_interpolate_f32(lion, cloud, POINTS, cloud, POINTS, 0, 0.5, out, POINTS, 0));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "share", quietcloud_generator_interpolate_f32(vae, cloud, 9, cloud, 9, 0, 1.5, out, 9, 0));
    REFUSED(QUIETCLOUD_E_CLOUD, "7 points", quietcloud_generator_reconstruct_f32(vae, cloud, 7, 0, out, 0));
    REFUSED(QUIETCLOUD_E_CLOUD, "null", quietcloud_generator_reconstruct_f32(vae, NULL, POINTS, 0, out, 0));
    REFUSED(QUIETCLOUD_E_CLOUD, "output", quietcloud_generator_reconstruct_f32(vae, cloud, POINTS, 0, NULL, 0));
    REFUSED(QUIETCLOUD_E_CLOUD, "overlap", quietcloud_generator_reconstruct_f32(vae, cloud, POINTS - 1, 0, cloud + 1, 0));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "nats_per_point is NULL",
            quietcloud_generator_likelihood_f32(ddpm, cloud, POINTS, 0, NULL, &bits));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "bits_per_dimension is NULL",
            quietcloud_generator_likelihood_f32(ddpm, cloud, POINTS, 0, &nats, NULL));
    EXPECT(QUIETCLOUD_OK, quietcloud_generator_set_number(lion, "tau", 1001));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "tau can't be 1001", quietcloud_generator_diffuse_denoise_f32(lion, cloud, POINTS, 0, out, 0));
    cloud[10] = NAN;
    REFUSED(QUIETCLOUD_E_CLOUD, "point 3 is not finite", quietcloud_generator_reconstruct_f32(vae, cloud, POINTS, 0, out, 0));
    cloud[10] = before[10];
    CHECK(memcmp(before, cloud, sizeof before) == 0);
    EXPECT(QUIETCLOUD_OK, quietcloud_generator_reconstruct_f32(vae, cloud, POINTS, 0, cloud, 0));
    CHECK(memcmp(before, cloud, sizeof before) != 0);
    free(cloud);
    quietcloud_generator_free(vae);
    quietcloud_generator_free(lion);
    quietcloud_generator_free(ddpm);
}

static void misuse(void) {
    quietcloud_model_t *denoiser = open_model(), *model = open_generator(GENERATORS "/vdm-gaussian");
    quietcloud_generator_t *generator = NULL, *none = NULL;
    quietcloud_filter_t *filter = NULL;
    float out[3 * POINTS];
    double a = 7, b = 7, c = 7;
    char text[16] = "unchanged";
    size_t size = 7, i;

    REFUSED(QUIETCLOUD_E_UNSUPPORTED, "can't generate", quietcloud_generator_new(denoiser, &generator));
    REFUSED(QUIETCLOUD_E_UNSUPPORTED, "can't denoise", quietcloud_filter_new(model, &filter));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "model is NULL", quietcloud_generator_new(NULL, &generator));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "out is NULL", quietcloud_generator_new(model, NULL));
    CHECK(!generator && !filter);
    EXPECT(QUIETCLOUD_OK, quietcloud_generator_new(model, &generator));

    REFUSED(QUIETCLOUD_E_ARGUMENT, "no run", quietcloud_generator_report_number(generator, "points", &a));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "generator is NULL", quietcloud_generator_set_number(none, "steps", 3));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "name is NULL", quietcloud_generator_set_number(generator, NULL, 3));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "value is NULL", quietcloud_generator_set_string(generator, "steps", NULL));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "no option 'noise'", quietcloud_generator_set_number(generator, "noise", 3));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "steps can't be -1", quietcloud_generator_set_number(generator, "steps", -1));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "eta", quietcloud_generator_set_number(generator, "eta", NAN));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "out is NULL", quietcloud_generator_get_number(generator, "steps", NULL));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "both NULL", quietcloud_generator_get_string(generator, "steps", NULL, 0, NULL));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "too small", quietcloud_generator_get_string(generator, "steps", text, 1, &size));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "low is NULL", quietcloud_generator_bounds(generator, "steps", NULL, &b, &c));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "high is NULL", quietcloud_generator_bounds(generator, "steps", &a, NULL, &c));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "initial is NULL", quietcloud_generator_bounds(generator, "steps", &a, &b, NULL));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "no option", quietcloud_generator_bounds(generator, "sides", &a, &b, &c));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "generator is NULL", quietcloud_generator_set_progress(none, NULL, NULL));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "generator is NULL", quietcloud_generator_run_f32(none, 1, POINTS, out, 0));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "points can't be 0", quietcloud_generator_run_f32(generator, 1, 0, out, 0));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "8 to 131072", quietcloud_generator_run_f32(generator, 1, 7, out, 0));
    REFUSED(QUIETCLOUD_E_CLOUD, "output", quietcloud_generator_run_f32(generator, 1, POINTS, NULL, 0));
    REFUSED(QUIETCLOUD_E_CLOUD, "stride of 11", quietcloud_generator_run_f32(generator, 1, POINTS, out, 11));
    REFUSED(QUIETCLOUD_E_CLOUD, "address space", quietcloud_generator_run_f32(generator, SIZE_MAX, POINTS, out, 0));
    REFUSED(QUIETCLOUD_E_CLOUD, "address space", quietcloud_generator_run_f64(generator, 1, SIZE_MAX, (double *)out, 0));
    EXPECT(QUIETCLOUD_OK, quietcloud_generator_set_number(generator, "steps", 401));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "400 steps", quietcloud_generator_run_f32(generator, 1, POINTS, out, 0));
    CHECK(a == 7 && b == 7 && c == 7 && size == 7 && strcmp(text, "unchanged") == 0);

    for (i = 0; i < quietcloud_generator_option_count(); ++i) {
        const char *name = quietcloud_generator_option_name(i);
        CHECK(name && quietcloud_generator_option_help(i) && quietcloud_generator_option_unit(i));
        CHECK(quietcloud_generator_option_kind(i) >= QUIETCLOUD_KIND_NUMBER);
        EXPECT(QUIETCLOUD_OK, quietcloud_generator_bounds(generator, name, &a, &b, &c));
        CHECK(a <= c && c <= b);
    }
    CHECK(!quietcloud_generator_option_name(i) && quietcloud_generator_option_kind(i) == -1);
    CHECK(!quietcloud_generator_option_help(i) && !quietcloud_generator_option_choice(0, 9));
    quietcloud_generator_free(NULL);
    quietcloud_generator_free(generator);
    quietcloud_model_free(model);
    quietcloud_model_free(denoiser);
}

void test_generator(void) {
    runs();
    codes();
    misuse();
}
