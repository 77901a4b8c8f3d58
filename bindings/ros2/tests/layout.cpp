// Messages of any layout, as a fuzzer: what is accepted is inside of the data, what is cleaned is x, y and z, and no other
// byte. The library is a stand-in that adds 1 to every coordinate, so that what must come out is known and each access
// shows where it goes.
//
//     layout [SECONDS [SEED]]         random messages, by itself
//     clang++ -fsanitize=fuzzer,address,undefined -DLIBFUZZER ...     the same target under libFuzzer
#include <quietcloud_ros/point_cloud2.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>

// The stand-in.
struct quietcloud_model {};
struct quietcloud_filter {};
extern "C" {
int32_t quietcloud_model_open(const char *, const char *, quietcloud_model_t **out) {
    *out = new quietcloud_model;
    return QUIETCLOUD_OK;
}
void quietcloud_model_free(quietcloud_model_t *model) { delete model; }
int32_t quietcloud_filter_new(const quietcloud_model_t *, quietcloud_filter_t **out) {
    *out = new quietcloud_filter;
    return QUIETCLOUD_OK;
}
void quietcloud_filter_free(quietcloud_filter_t *filter) { delete filter; }
int32_t quietcloud_filter_set_progress(quietcloud_filter_t *, quietcloud_progress_fn, void *) { return QUIETCLOUD_OK; }
const char *quietcloud_last_error(void) { return "refused"; }
int32_t quietcloud_filter_run_f32(quietcloud_filter_t *, const float *xyz, size_t points, size_t stride, float *out,
                                  size_t out_stride) {
    if (stride == 0) stride = 12;
    if (out_stride == 0) out_stride = 12;
    if (stride < 12 || out_stride != stride || xyz != out) return QUIETCLOUD_E_CLOUD;
    for (size_t i = 0; i < points; ++i) {
        float point[3];
        auto *place = reinterpret_cast<unsigned char *>(out) + i * stride;
        std::memcpy(point, place, sizeof point);
        for (float &c : point) c += 1;
        std::memcpy(place, point, sizeof point);
    }
    return QUIETCLOUD_OK;
}
}

namespace {

using Cloud = sensor_msgs::msg::PointCloud2;

[[noreturn]] void fail(const char *what) {
    std::fprintf(stderr, "layout.cpp: %s\n", what);
    std::abort();
}

/// Choices out of bytes; zeros when they run out.
struct Bytes {
    const std::uint8_t *at, *end;
    std::uint8_t byte() { return at < end ? *at++ : std::uint8_t(0); }
    std::uint32_t below(std::uint32_t limit) { return byte() % limit; }
    std::uint32_t any() {
        std::uint32_t number = byte();
        for (int i = 0; i < 3; ++i) number = number << 8 | byte();
        return number;
    }
    /// `usual` mostly; now and then a little or quite something else.
    std::uint32_t about(std::uint32_t usual) {
        switch (below(8)) {
            case 0: return any();
            case 1: return usual + below(5) - 2;
            case 2: return 0xffffffffu - below(3);
            case 3: return below(40);
            default: return usual;
        }
    }
};

Cloud message(Bytes &bytes) {
    static const char *const names[] = {"x", "y", "z", "intensity", "", "X"};
    Cloud cloud;
    cloud.width = bytes.about(bytes.below(9));
    cloud.height = bytes.about(1 + bytes.below(3));
    cloud.point_step = bytes.about(12 + bytes.below(24));
    cloud.row_step = bytes.about(cloud.width * cloud.point_step + bytes.below(9));
    cloud.is_bigendian = bytes.below(20) == 0;
    const std::uint32_t fields = bytes.below(6);
    for (std::uint32_t i = 0; i < fields; ++i) {
        sensor_msgs::msg::PointField field;
        field.name = names[bytes.below(8) ? i % 6 : bytes.below(6)];
        field.offset = bytes.about(4 * i);
        field.datatype = std::uint8_t(bytes.below(8) ? 7 : bytes.byte());
        field.count = bytes.about(1);
        cloud.fields.push_back(field);
    }
    const std::size_t wanted = std::size_t(cloud.row_step) * cloud.height;
    const std::size_t size = bytes.below(4) ? wanted : wanted + bytes.below(9) - 4;
    // Nobody sends gigabytes here; a claim of them is a lie then.
    cloud.data.resize(size <= 4096 ? size : bytes.below(255));
    for (std::uint8_t &byte : cloud.data) byte = bytes.byte();
    return cloud;
}

void target(const std::uint8_t *data, std::size_t size) {
    Bytes bytes{data, data + size};
    Cloud cloud = message(bytes);
    const Cloud before = cloud;
    quietcloud_ros::Layout layout{};
    try {
        layout = quietcloud_ros::layout(cloud);
    } catch (const quietcloud_ros::BadCloud &error) {
        if (!*error.what() || std::strchr(error.what(), '\n')) fail("a refusal is one sentence");
        return;
    }
    if (layout.points() != std::size_t(cloud.width) * cloud.height) fail("another number of points");
    if (layout.points() > cloud.data.size()) fail("more points than bytes");

    static const quietcloud::Model model;
    static quietcloud::Filter filter(model);
    quietcloud_ros::clean(cloud, layout, filter);
    std::vector<std::uint8_t> wanted = before.data;
    for (std::size_t i = 0; i < layout.points(); ++i) {
        // By hand, from the message: row, column, offset.
        const std::size_t row_step = cloud.height == 1 ? std::size_t(cloud.width) * cloud.point_step : cloud.row_step;
        const std::size_t point = i / cloud.width * row_step + i % cloud.width * cloud.point_step;
        for (const std::size_t offset : layout.offsets) {
            float number;
            if (point + offset + sizeof number > wanted.size()) fail("a coordinate lies beyond the data");
            std::memcpy(&number, &wanted[point + offset], sizeof number);
            number += 1;
            std::memcpy(&wanted[point + offset], &number, sizeof number);
        }
    }
    if (cloud.data != wanted) fail("another byte than x, y and z changed");
    cloud.data = before.data;
    if (cloud != before) fail("the message around its data changed");
}

}  // namespace

#ifdef LIBFUZZER
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    target(data, size);
    return 0;
}
#else
int main(int count, char **arguments) {
    const double seconds = count > 1 ? std::atof(arguments[1]) : 5;
    const unsigned seed = count > 2 ? unsigned(std::atol(arguments[2])) : std::random_device{}();
    std::printf("seed %u\n", seed);
    std::fflush(stdout);
    std::mt19937 random(seed);
    const auto start = std::chrono::steady_clock::now();
    long runs = 0;
    while (std::chrono::steady_clock::now() - start < std::chrono::duration<double>(seconds)) {
        std::vector<std::uint8_t> bytes(random() % 400);
        for (std::uint8_t &byte : bytes) byte = std::uint8_t(random());
        target(bytes.data(), bytes.size());
        ++runs;
    }
    std::printf("%ld messages\n", runs);
}
#endif
