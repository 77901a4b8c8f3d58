// Both kinds of cloud: cleaner, of the same make, and the input as it was.
#include <quietcloud/open3d.hpp>

#include "check.hpp"

#include <cstring>
#include <limits>
#include <random>

using open3d::core::Device;
using open3d::core::Float32;
using open3d::core::Float64;
using open3d::core::Tensor;
using quietcloud::open3d::RemoveNoise;

namespace {

/// 3000 points of the unit sphere with 2 % of noise and all attributes; one of them is no point.
open3d::geometry::PointCloud scan() {
    std::mt19937 random(1);
    std::normal_distribution<double> normal;
    const auto vector = [&] { return Eigen::Vector3d(normal(random), normal(random), normal(random)); };
    open3d::geometry::PointCloud cloud;
    for (int i = 0; i < 3000; ++i) {
        const Eigen::Vector3d direction = vector().normalized();
        cloud.points_.push_back(direction + 0.02 * vector());
        cloud.normals_.push_back(direction);
        cloud.colors_.push_back(direction.cwiseAbs());
        cloud.covariances_.push_back(direction * direction.transpose());
    }
    cloud.points_[5].y() = std::numeric_limits<double>::quiet_NaN();
    return cloud;
}

double roughness(const std::vector<Eigen::Vector3d> &points) {
    double sum = 0;
    for (const auto &point : points)
        if (point.allFinite()) sum += (point.norm() - 1) * (point.norm() - 1);
    return std::sqrt(sum / static_cast<double>(points.size()));
}

template <class T>
bool same(const std::vector<T> &a, const std::vector<T> &b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

void legacy() {
    const auto before = scan();
    const auto input = before;
    const auto result = RemoveNoise(input);
    const auto &clean = *std::get<0>(result);
    const auto &offset = std::get<1>(result);
    CHECK(same(input.points_, before.points_));
    CHECK(clean.points_.size() == before.points_.size() && offset.size() == before.points_.size());
    CHECK(same(clean.normals_, before.normals_) && same(clean.colors_, before.colors_));
    CHECK(same(clean.covariances_, before.covariances_));
    CHECK(roughness(clean.points_) < 0.8 * roughness(before.points_));
    CHECK(offset[5].isZero() && std::memcmp(&clean.points_[5], &before.points_[5], sizeof(Eigen::Vector3d)) == 0);
    CHECK((before.points_[7] + offset[7] - clean.points_[7]).norm() < 1e-12 && !offset[7].isZero());
    CHECK(same(std::get<0>(RemoveNoise(input))->points_, clean.points_));
    CHECK(std::get<0>(RemoveNoise(open3d::geometry::PointCloud()))->IsEmpty());
}

void tensors() {
    const auto doubles = scan();
    for (const auto &dtype : {Float32, Float64}) {
        auto cloud = open3d::t::geometry::PointCloud::FromLegacy(doubles, dtype, Device("CPU:0"));
        cloud.SetPointAttr("ring", Tensor::Arange(0, 3000, 1, open3d::core::Int64, Device("CPU:0")));
        const Tensor before = cloud.GetPointPositions().Clone();
        const auto result = RemoveNoise(cloud);
        const auto &clean = std::get<0>(result);
        const Tensor &offset = std::get<1>(result);
        CHECK(clean.GetPointPositions().GetDtype() == dtype && offset.GetDtype() == dtype);
        CHECK(clean.GetPointPositions().GetShape() == before.GetShape() && offset.GetShape() == before.GetShape());
        CHECK(std::memcmp(cloud.GetPointPositions().GetDataPtr(), before.GetDataPtr(),
                          static_cast<std::size_t>(before.NumElements() * dtype.ByteSize())) == 0);
        CHECK(clean.GetPointAttr("ring").AllEqual(cloud.GetPointAttr("ring")));
        CHECK(clean.GetPointNormals().AllEqual(cloud.GetPointNormals()));
        CHECK(roughness(clean.ToLegacy().points_) < 0.8 * roughness(doubles.points_));
        const Tensor rest = before.Slice(0, 6, 3000), moved = offset.Slice(0, 6, 3000);
        CHECK((rest + moved).AllClose(clean.GetPointPositions().Slice(0, 6, 3000), 1e-5, 1e-6));
        CHECK(offset[5].AllEqual(Tensor::Zeros({3}, dtype)));
        if (dtype == Float64) CHECK(same(clean.ToLegacy().points_, std::get<0>(RemoveNoise(doubles))->points_));

        // Columns of a wider tensor, then columns that lie apart: the same points, the same result.
        const Tensor wide = Tensor::Zeros({3000, 5}, dtype);
        wide.Slice(1, 1, 4).AsRvalue() = before;
        const Tensor apart = before.T().Contiguous().T();
        for (const Tensor &positions : {wide.Slice(1, 1, 4), apart}) {
            const auto again = std::get<0>(RemoveNoise(open3d::t::geometry::PointCloud(positions)));
            CHECK(again.GetPointPositions().Slice(0, 6, 3000).AllEqual(clean.GetPointPositions().Slice(0, 6, 3000)));
        }
    }
    CHECK(std::get<0>(RemoveNoise(open3d::t::geometry::PointCloud())).IsEmpty());
}

void options_and_failures() {
    quietcloud::Filter filter{quietcloud::Model(MODEL_FOLDER)};
    filter.set("noise", 0.02).set("quality", "fast");
    const auto cloud = scan();
    CHECK(roughness(std::get<0>(RemoveNoise(cloud, filter))->points_) < roughness(cloud.points_));
    CHECK(filter.report("finite") == 2999);

    const auto tensor = open3d::t::geometry::PointCloud::FromLegacy(cloud);
    filter.on_progress([](double) { return false; });
    CHECK_THROWS(RemoveNoise(cloud, filter), QUIETCLOUD_E_CANCELLED);
    CHECK_THROWS(RemoveNoise(tensor, filter), QUIETCLOUD_E_CANCELLED);
    const open3d::t::geometry::PointCloud whole(Tensor::Zeros({30, 3}, open3d::core::Int32));
    CHECK_THROWS(RemoveNoise(whole), QUIETCLOUD_E_CLOUD);
}

}  // namespace

int main() {
    legacy();
    tensors();
    options_and_failures();
    return failures() != 0;
}
