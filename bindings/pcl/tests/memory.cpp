// No copy of the cloud but the output. Points are fat here (1 KiB), so that what the library itself works with, which
// depends on their number alone, is small beside one copy of the cloud.
#include <pcl/conversions.h>
#include <quietcloud/pcl/denoise.hpp>

#include <atomic>

#include "scan.hpp"

namespace {

constexpr std::uint32_t points = 20000;

struct Fat {
    float x, y, z;
    std::uint8_t histogram[1012];
};
constexpr std::size_t cloud_bytes = points * sizeof(Fat);

std::atomic<std::size_t> copies{0};

void *counted(void *memory, std::size_t bytes) {
    if (bytes >= cloud_bytes / 2) ++copies;
    return memory;
}

}  // namespace

// Every allocation of the process, those of operator new, Eigen and the library's among them, comes through here.
extern "C" {
void *__libc_malloc(std::size_t);
void *__libc_calloc(std::size_t, std::size_t);
void *__libc_realloc(void *, std::size_t);
void *__libc_memalign(std::size_t, std::size_t);
void *malloc(std::size_t bytes) { return counted(__libc_malloc(bytes), bytes); }
void *calloc(std::size_t count, std::size_t bytes) { return counted(__libc_calloc(count, bytes), count * bytes); }
void *realloc(void *memory, std::size_t bytes) { return counted(__libc_realloc(memory, bytes), bytes); }
void *aligned_alloc(std::size_t to, std::size_t bytes) { return counted(__libc_memalign(to, bytes), bytes); }
int posix_memalign(void **memory, std::size_t to, std::size_t bytes) {
    *memory = counted(__libc_memalign(to, bytes), bytes);
    return *memory ? 0 : 12;
}
}

namespace {

template <class Body>
std::size_t copies_in(Body body) {
    const std::size_t before = copies;
    body();
    return copies - before;
}

}  // namespace

int main() {
    const auto noisy = scan<Fat>(points, 1);
    const auto blob = pcl::make_shared<pcl::PCLPointCloud2>();
    for (const char *name : {"x", "y", "z"}) {
        pcl::PCLPointField field;
        field.name = name;
        field.offset = static_cast<pcl::uindex_t>(4 * blob->fields.size());
        field.datatype = pcl::PCLPointField::FLOAT32;
        field.count = 1;
        blob->fields.push_back(field);
    }
    blob->width = points;
    blob->height = 1;
    blob->point_step = sizeof(Fat);
    blob->row_step = cloud_bytes;
    blob->data.resize(cloud_bytes);
    std::memcpy(blob->data.data(), noisy->points.data(), cloud_bytes);
    CHECK(copies >= 2);  // the counter sees both kinds of allocation

    quietcloud::pcl::Denoise<Fat> typed;
    typed.setQuality("fast");
    typed.setThreads(1);
    typed.setInputCloud(noisy);
    {
        // The first run gives ONNX Runtime the memory of its networks, which it keeps.
        pcl::PointCloud<Fat> first;
        typed.filter(first);
    }
    pcl::PointCloud<Fat> clean;
    CHECK(copies_in([&] { typed.filter(clean); }) == 1);   // the output
    CHECK(copies_in([&] { typed.filter(clean); }) == 0);   // the output's memory again
    typed.setComputeConfidence(true);
    CHECK(copies_in([&] { typed.filter(clean); }) == 0);  // the input is still there to compare with
    CHECK(typed.getConfidence().size() == points);
    typed.setComputeConfidence(false);
    CHECK(copies_in([&] { typed.filter(*noisy); }) == 1);  // PCL keeps the input until the filter is done

    quietcloud::pcl::Denoise<pcl::PCLPointCloud2> untyped;
    untyped.setQuality("fast");
    untyped.setThreads(1);
    untyped.setModel(typed.getModel());
    untyped.setInputCloud(blob);
    pcl::PCLPointCloud2 cleaned;
    CHECK(copies_in([&] { untyped.filter(cleaned); }) == 1);
    CHECK(copies_in([&] { untyped.filter(cleaned); }) == 0);
    untyped.setComputeConfidence(true);
    CHECK(copies_in([&] { untyped.filter(cleaned); }) == 0);
    CHECK(untyped.getConfidence().size() == points);
    CHECK(same_bytes(cleaned.data.data(), clean.points.data(), cloud_bytes));
    return failures() != 0;
}
