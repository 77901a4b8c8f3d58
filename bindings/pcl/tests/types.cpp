// Denoise<PointT> for PCL's types of point and for a user's own.
#include <pcl/register_point_struct.h>
#include <quietcloud/pcl/denoise.hpp>

#include <algorithm>

#include "scan.hpp"

/// As lidar drivers have it. PCL_NO_PRECOMPILE is left out on purpose.
struct PointXYZIRT {
    PCL_ADD_POINT4D;
    float intensity;
    std::uint16_t ring;
    double time;
    PCL_MAKE_ALIGNED_OPERATOR_NEW
};
POINT_CLOUD_REGISTER_POINT_STRUCT(PointXYZIRT, (float, x, x)(float, y, y)(float, z, z)(float, intensity, intensity)(
                                                   std::uint16_t, ring, ring)(double, time, time))

/// Coordinates in double precision, not at the start, and no PCL macro at all.
struct Wide {
    std::int32_t label;
    double x, y, z;
};

namespace {

template <class PointT>
pcl::PointCloud<PointT> expected(const pcl::PointCloud<PointT> &noisy, const quietcloud::Model &model) {
    using Real = decltype(PointT::x);
    std::vector<std::array<Real, 3>> xyz;
    for (const auto &point : noisy) xyz.push_back({{point.x, point.y, point.z}});
    quietcloud::Filter(model).set("noise", 0.02).set("seed", 5).run(xyz);
    pcl::PointCloud<PointT> clean = noisy;
    for (std::size_t i = 0; i < xyz.size(); ++i) std::memcpy(&clean[i].x, xyz[i].data(), sizeof xyz[i]);
    return clean;
}

template <class PointT>
void type(const quietcloud::Model &model) {
    const auto noisy = scan<PointT>(60, 40);
    const auto untouched = *noisy;
    const auto right = expected(*noisy, model);
    CHECK(!same_points(right, *noisy));

    quietcloud::pcl::Denoise<PointT> denoise;
    denoise.setModel(model);
    denoise.setNoise(0.02);
    denoise.setSeed(5);
    denoise.setInputCloud(noisy);
    pcl::PointCloud<PointT> clean;
    denoise.filter(clean);
    // Every byte: coordinates as the library gives them, all others as they were, NaN included.
    CHECK(same_points(clean, right));
    CHECK(same_frame(clean, *noisy));
    CHECK(same_points(*noisy, untouched));
    std::size_t passed = 0;
    for (std::size_t i = 0; i < clean.size(); ++i)
        passed += !finite(clean[i]) && same_bytes(&clean[i], &(*noisy)[i], sizeof(PointT));
    CHECK(static_cast<double>(passed) == denoise.getReport("passed_through"));
    CHECK(passed == 343);

    // Only the points that the indices name move, and they move as without indices.
    const auto indices = pcl::make_shared<pcl::Indices>(pcl::Indices{2399, 0, 17, 17, 3});
    denoise.setIndices(indices);
    denoise.filter(clean);
    auto some = *noisy;
    for (const auto index : *indices) some[static_cast<std::size_t>(index)] = right[static_cast<std::size_t>(index)];
    CHECK(same_points(clean, some));
    CHECK(same_frame(clean, *noisy));
    CHECK(denoise.getRemovedIndices()->empty());

    denoise.setIndices(pcl::make_shared<pcl::Indices>());
    denoise.filter(clean);
    CHECK(same_points(clean, *noisy));
    for (const int wrong : {-1, 2400}) {
        denoise.setIndices(pcl::make_shared<pcl::Indices>(pcl::Indices{0, wrong}));
        CHECK(throws<pcl::BadArgumentException>([&] { denoise.filter(clean); }));
    }

    // Through the base class, as a pipeline does; the output is the input.
    denoise.setIndices(pcl::IndicesPtr());
    pcl::Filter<PointT> &filter = denoise;
    filter.filter(*noisy);
    CHECK(same_points(*noisy, right));
    CHECK(same_frame(*noisy, untouched));
}

/// Ratings of every point, only where they are asked for, and never of an earlier cloud.
template <class PointT>
void confidence(const quietcloud::Model &model) {
    const auto noisy = scan<PointT>(60, 40);
    (*noisy)[40].z *= 1.4f;  // twenty standard deviations
    quietcloud::pcl::Denoise<PointT> denoise;
    denoise.setModel(model);
    denoise.setInputCloud(noisy);
    pcl::PointCloud<PointT> clean, rated;
    denoise.filter(clean);
    CHECK(!denoise.getComputeConfidence() && denoise.getConfidence().empty());

    denoise.setComputeConfidence(true);
    CHECK(denoise.getConfidence().empty());
    denoise.filter(rated);
    CHECK(same_points(clean, rated));
    const std::vector<float> all = denoise.getConfidence();
    CHECK(all == quietcloud::confidence(noisy->points, clean.points, denoise.getReport("noise")));
    CHECK(all.size() == noisy->size() && all[40] < 0.01f && all[3] == 0);
    CHECK(std::count_if(all.begin(), all.end(), [](float c) { return c > 0.01f; }) > 1800);

    // With indices the ratings are the same; in place they are, too.
    denoise.setIndices(pcl::make_shared<pcl::Indices>(pcl::Indices{17, 3}));
    denoise.filter(clean);
    CHECK(denoise.getConfidence() == all);
    denoise.setIndices(pcl::make_shared<pcl::Indices>());
    denoise.filter(clean);
    CHECK(denoise.getConfidence().empty());
    denoise.setIndices(pcl::IndicesPtr());
    const auto untouched = *noisy;
    denoise.filter(*noisy);
    CHECK(denoise.getConfidence() == all);
    CHECK(quietcloud::pcl::Denoise<PointT>(denoise).getConfidence() == all);

    // A run that fails leaves nothing of the one before; nor does one that does not ask.
    denoise.setInputCloud(pcl::make_shared<pcl::PointCloud<PointT>>(untouched));
    denoise.setProgressCallback([](double) { return false; });
    CHECK(throws<quietcloud::pcl::CancelledException>([&] { denoise.filter(clean); }));
    CHECK(denoise.getConfidence().empty());
    denoise.setProgressCallback(nullptr);
    denoise.filter(clean);
    CHECK(denoise.getConfidence() == all);
    denoise.setComputeConfidence(false);
    denoise.filter(clean);
    CHECK(denoise.getConfidence().empty());
}

void empty(const quietcloud::Model &model) {
    quietcloud::pcl::Denoise<pcl::PointXYZ> denoise;
    denoise.setModel(model);
    denoise.setComputeConfidence(true);
    pcl::PointCloud<pcl::PointXYZ> clean(3, 1);
    denoise.filter(clean);  // no input: PCL says so and leaves the output alone
    CHECK(clean.size() == 3);
    denoise.setInputCloud(scan<pcl::PointXYZ>(0, 0));
    denoise.filter(clean);
    CHECK(clean.empty() && clean.width == 0 && clean.header.frame_id == "lidar");
    CHECK(denoise.getConfidence().empty());
    denoise.setInputCloud(scan<pcl::PointXYZ>(1, 1, false));
    denoise.filter(clean);
    CHECK(clean.size() == 1 && denoise.getConfidence().size() == 1);
}

}  // namespace

int main() {
    const quietcloud::Model model;
    type<pcl::PointXYZ>(model);
    type<pcl::PointXYZI>(model);
    type<pcl::PointXYZRGBNormal>(model);
    type<PointXYZIRT>(model);
    type<Wide>(model);
    confidence<pcl::PointXYZI>(model);
    confidence<Wide>(model);
    empty(model);
    return failures() != 0;
}
