/* The table of options: what the library says of an option is what it accepts. */
#include "check.h"

static void accepts_what_it_says(quietcloud_filter_t *filter, size_t index) {
    const char *name = quietcloud_filter_option_name(index);
    int32_t kind = quietcloud_filter_option_kind(index);
    double low, high, initial, value, other[3];
    char text[64];
    size_t choice, needed;

    CHECK(strlen(name) > 0 && strlen(quietcloud_filter_option_help(index)) > 5);
    CHECK(quietcloud_filter_option_unit(index) != NULL);
    CHECK(kind == QUIETCLOUD_KIND_NUMBER || kind == QUIETCLOUD_KIND_INTEGER || kind == QUIETCLOUD_KIND_CHOICE);
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_option_bounds(index, &low, &high, &initial));
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_bounds(filter, name, &other[0], &other[1], &other[2]));
    CHECK(low == other[0] && high == other[1] && initial == other[2]);
    CHECK(low <= initial && initial <= high);

    EXPECT(QUIETCLOUD_OK, quietcloud_filter_get_number(filter, name, &value));
    CHECK(value == initial);
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_set_number(filter, name, high));
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_get_number(filter, name, &value));
    CHECK(value == high);
    REFUSED(QUIETCLOUD_E_ARGUMENT, name, quietcloud_filter_set_number(filter, name, low - 1));
    REFUSED(QUIETCLOUD_E_ARGUMENT, name, quietcloud_filter_set_number(filter, name, high * 2 + 1));
    REFUSED(QUIETCLOUD_E_ARGUMENT, name, quietcloud_filter_set_number(filter, name, (double)NAN));
    REFUSED(QUIETCLOUD_E_ARGUMENT, name, quietcloud_filter_set_number(filter, name, (double)INFINITY));
    if (kind != QUIETCLOUD_KIND_NUMBER)
        REFUSED(QUIETCLOUD_E_ARGUMENT, name, quietcloud_filter_set_number(filter, name, low + 0.5));
    REFUSED(QUIETCLOUD_E_ARGUMENT, name, quietcloud_filter_set_string(filter, name, "no such word"));
    REFUSED(QUIETCLOUD_E_ARGUMENT, name, quietcloud_filter_set_string(filter, name, ""));
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_get_number(filter, name, &value));
    CHECK(value == high);

    for (choice = 0; quietcloud_filter_option_choice(index, choice); ++choice) {
        const char *word = quietcloud_filter_option_choice(index, choice);
        EXPECT(QUIETCLOUD_OK, quietcloud_filter_set_string(filter, name, word));
        EXPECT(QUIETCLOUD_OK, quietcloud_filter_get_number(filter, name, &value));
        CHECK(value == (double)choice);
        EXPECT(QUIETCLOUD_OK, quietcloud_filter_get_string(filter, name, text, sizeof text, &needed));
        CHECK(strcmp(text, word) == 0 && needed == strlen(word) + 1);
    }
    CHECK(kind != QUIETCLOUD_KIND_CHOICE || choice == (size_t)high + 1);
    EXPECT(QUIETCLOUD_OK, quietcloud_filter_set_number(filter, name, initial));
}

void test_options(void) {
    quietcloud_model_t *model = open_model();
    quietcloud_filter_t *filter = new_filter(model);
    size_t count = quietcloud_filter_option_count(), i;
    double value = 7, low, high, initial;

    CHECK(count >= 4);
    for (i = 0; i < count; ++i) accepts_what_it_says(filter, i);

    CHECK(!quietcloud_filter_option_name(count) && !quietcloud_filter_option_name(SIZE_MAX));
    CHECK(!quietcloud_filter_option_help(count) && !quietcloud_filter_option_unit(count));
    CHECK(!quietcloud_filter_option_choice(count, 0) && !quietcloud_filter_option_choice(0, SIZE_MAX));
    CHECK(quietcloud_filter_option_kind(count) == -1);
    REFUSED(QUIETCLOUD_E_ARGUMENT, "no option", quietcloud_filter_option_bounds(count, &low, &high, &initial));

    REFUSED(QUIETCLOUD_E_ARGUMENT, "noise, steps", quietcloud_filter_set_number(filter, "nois", 1));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "noise, steps", quietcloud_filter_set_string(filter, "", "1"));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "noise, steps", quietcloud_filter_get_number(filter, "NOISE", &value));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "noise, steps", quietcloud_filter_bounds(filter, "x", &low, &high, &initial));
    REFUSED(QUIETCLOUD_E_ARGUMENT, "not UTF-8", quietcloud_filter_set_number(filter, "\xc3", 1));
    CHECK(value == 7);

    quietcloud_filter_free(filter);
    quietcloud_model_free(model);
}
