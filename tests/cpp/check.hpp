// Checks that go on after a failure and say where it was.
#ifndef CHECK_HPP
#define CHECK_HPP

#include <cstdio>

inline int &failures() {
    static int count = 0;
    return count;
}

#define CHECK(condition)                                                                \
    do {                                                                                \
        if (!(condition)) {                                                             \
            std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);        \
            ++failures();                                                               \
        }                                                                               \
    } while (0)

#define CHECK_THROWS(expression, expected)                                              \
    do {                                                                                \
        try {                                                                           \
            (void)(expression);                                                         \
            std::fprintf(stderr, "%s:%d: nothing thrown\n", __FILE__, __LINE__);        \
            ++failures();                                                               \
        } catch (const quietcloud::Error &error) {                                      \
            CHECK(error.code() == (expected));                                          \
            CHECK(error.what()[0] != '\0');                                             \
        }                                                                               \
    } while (0)

#endif
