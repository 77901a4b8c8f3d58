// Denoise<pcl::PCLPointCloud2>: fields that no type knows, odd layouts, and clouds that lie about themselves.
#include <pcl/conversions.h>
#include <quietcloud/pcl/denoise.hpp>

#include "scan.hpp"

namespace {

using Cloud = pcl::PCLPointCloud2;
using Field = pcl::PCLPointField;
using Denoise = quietcloud::pcl::Denoise<Cloud>;

constexpr std::uint32_t width = 50, height = 20;

/// Fields: a label of 5 bytes, x y z of Real (not aligned), a spectrum of 7 numbers, an unnamed hole; and padded rows.
template <class Real>
Cloud::Ptr odd(pcl::uindex_t padding) {
    auto cloud = pcl::make_shared<Cloud>();
    const auto type = static_cast<std::uint8_t>(sizeof(Real) == 4 ? Field::FLOAT32 : Field::FLOAT64);
    const auto add = [&](const char *name, std::size_t offset, int datatype, pcl::uindex_t count) {
        Field field;
        field.name = name;
        field.offset = static_cast<pcl::uindex_t>(offset);
        field.datatype = static_cast<std::uint8_t>(datatype);
        field.count = count;
        cloud->fields.push_back(field);
    };
    add("tag", 0, Field::UINT8, 5);
    add("x", 5, type, 1);
    add("y", 5 + sizeof(Real), type, 1);
    add("z", 5 + 2 * sizeof(Real), type, 1);
    add("spectrum", 5 + 3 * sizeof(Real), Field::UINT16, 7);
    add("_", 19 + 3 * sizeof(Real), Field::UINT8, 2);
    cloud->point_step = static_cast<pcl::uindex_t>(21 + 3 * sizeof(Real));
    cloud->width = width;
    cloud->height = height;
    cloud->row_step = width * cloud->point_step + padding;
    cloud->data.resize(std::size_t(height) * cloud->row_step);
    std::mt19937 random(3);
    for (auto &byte : cloud->data) byte = static_cast<std::uint8_t>(random());
    for (std::size_t i = 0; i < width * height; ++i) {
        const auto xyz = on_ball(i, width * height);
        Real point[3] = {xyz[0], xyz[1], xyz[2]};
        if (i % 9 == 4) point[1] = std::numeric_limits<Real>::quiet_NaN();
        std::memcpy(&cloud->data[i / width * cloud->row_step + i % width * cloud->point_step + 5], point, sizeof point);
    }
    cloud->header.frame_id = "camera";
    cloud->header.stamp = 99;
    return cloud;
}

bool same_but_data(const Cloud &a, const Cloud &b) {
    bool same = a.header == b.header && a.width == b.width && a.height == b.height && a.point_step == b.point_step &&
                a.row_step == b.row_step && a.is_dense == b.is_dense && a.is_bigendian == b.is_bigendian &&
                a.fields.size() == b.fields.size() && a.data.size() == b.data.size();
    for (std::size_t i = 0; same && i < a.fields.size(); ++i)
        same = a.fields[i].name == b.fields[i].name && a.fields[i].offset == b.fields[i].offset &&
               a.fields[i].datatype == b.fields[i].datatype && a.fields[i].count == b.fields[i].count;
    return same;
}

template <class Real>
void layouts(const quietcloud::Model &model, pcl::uindex_t padding) {
    const auto noisy = odd<Real>(padding);
    std::vector<std::array<Real, 3>> xyz(width * height);
    const auto at = [&](std::size_t i) { return i / width * noisy->row_step + i % width * noisy->point_step + 5; };
    for (std::size_t i = 0; i < xyz.size(); ++i) std::memcpy(xyz[i].data(), &noisy->data[at(i)], sizeof xyz[i]);
    quietcloud::Filter(model).set("noise", 0.02).run(xyz);
    Cloud right = *noisy, some = *noisy;
    for (std::size_t i = 0; i < xyz.size(); ++i) std::memcpy(&right.data[at(i)], xyz[i].data(), sizeof xyz[i]);
    std::memcpy(&some.data[at(777)], xyz[777].data(), sizeof xyz[777]);
    CHECK(right.data != noisy->data);

    Denoise denoise;
    denoise.setModel(model);
    denoise.setNoise(0.02);
    denoise.setInputCloud(noisy);
    Cloud clean;
    denoise.filter(clean);
    CHECK(clean.data == right.data);
    CHECK(same_but_data(clean, *noisy));
    CHECK(denoise.getConfidence().empty());

    // Rated as the coordinates alone are, whatever lies between them.
    auto before = xyz;
    for (std::size_t i = 0; i < before.size(); ++i) std::memcpy(before[i].data(), &noisy->data[at(i)], sizeof before[i]);
    denoise.setComputeConfidence(true);
    denoise.filter(clean);
    CHECK(clean.data == right.data);
    CHECK(denoise.getConfidence() == quietcloud::confidence(before, xyz, 0.02));
    CHECK(denoise.getConfidence().size() == width * height && denoise.getConfidence()[4] == 0);

    denoise.setIndices(pcl::make_shared<pcl::Indices>(pcl::Indices{777}));
    denoise.filter(clean);
    CHECK(clean.data == some.data);
    CHECK(same_but_data(clean, *noisy));
    denoise.setIndices(pcl::make_shared<pcl::Indices>(pcl::Indices{1000}));
    CHECK(throws<pcl::BadArgumentException>([&] { denoise.filter(clean); }));

    denoise.setIndices(pcl::IndicesPtr());
    denoise.filter(*noisy);
    CHECK(noisy->data == right.data);
    CHECK(same_but_data(*noisy, right));
    CHECK(denoise.getConfidence() == quietcloud::confidence(before, xyz, 0.02));
    denoise.setInputCloud(pcl::make_shared<Cloud>());
    denoise.filter(clean);
    CHECK(denoise.getConfidence().empty());
}

void same_as_template(const quietcloud::Model &model) {
    const auto typed = scan<pcl::PointXYZRGBNormal>(30, 30);
    auto blob = pcl::make_shared<Cloud>();
    pcl::toPCLPointCloud2(*typed, *blob);
    quietcloud::pcl::Denoise<pcl::PointXYZRGBNormal> a;
    Denoise b;
    a.setModel(model);
    b.setModel(model);
    a.setInputCloud(typed);
    b.setInputCloud(blob);
    pcl::PointCloud<pcl::PointXYZRGBNormal> clean;
    Cloud cleaned;
    a.filter(clean);
    b.filter(cleaned);
    pcl::toPCLPointCloud2(clean, *blob);
    CHECK(cleaned.data == blob->data);
    CHECK(a.getReport("noise") == b.getReport("noise"));
}

/// Every cloud that lies is refused; with a sanitizer or valgrind, without a byte read beyond the data.
void lies(const quietcloud::Model &model) {
    const auto refused = [&](void (*spoil)(Cloud &)) {
        const auto cloud = odd<float>(0);
        spoil(*cloud);
        Denoise denoise;
        denoise.setModel(model);
        denoise.setInputCloud(cloud);
        Cloud clean;
        return throws<pcl::BadArgumentException>([&] { denoise.filter(clean); });
    };
    CHECK(!refused([](Cloud &) {}));
    CHECK(refused([](Cloud &c) { c.fields[2].name = "why"; }));
    CHECK(refused([](Cloud &c) { c.fields[2].datatype = Field::INT32; }));
    CHECK(refused([](Cloud &c) { c.fields[1].datatype = c.fields[2].datatype = c.fields[3].datatype = Field::INT16; }));
    CHECK(refused([](Cloud &c) { std::swap(c.fields[1].name, c.fields[2].name); }));
    CHECK(refused([](Cloud &c) { c.fields[1].offset = 4294967295u; }));
    CHECK(refused([](Cloud &c) { c.is_bigendian = !c.is_bigendian; }));
    CHECK(refused([](Cloud &c) { c.data.pop_back(); }));
    CHECK(refused([](Cloud &c) { c.data.clear(); }));
    CHECK(refused([](Cloud &c) { c.height = 4000; }));
    CHECK(refused([](Cloud &c) { c.row_step = 0; }));
    CHECK(refused([](Cloud &c) { c.row_step -= 1; }));
    CHECK(refused([](Cloud &c) { c.point_step = 16; }));
    CHECK(refused([](Cloud &c) { c.point_step = 0; }));
    // The last row may end without its padding; a single row needs no row_step.
    CHECK(!refused([](Cloud &c) {
        c = *odd<float>(6);
        c.data.resize(c.data.size() - 6);
    }));
    CHECK(!refused([](Cloud &c) {
        c.width = width * height;
        c.height = 1;
        c.row_step = 0;
    }));
    CHECK(!refused([](Cloud &c) { c = Cloud(); }));
}

}  // namespace

int main() {
    const quietcloud::Model model;
    for (const pcl::uindex_t padding : {0u, 6u}) {
        layouts<float>(model, padding);
        layouts<double>(model, padding);
    }
    same_as_template(model);
    lies(model);
    return failures() != 0;
}
