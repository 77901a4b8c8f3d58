// quietcloud for Open3D, in one header; C++14, Open3D 0.16 and later.
//
//     auto scan = open3d::io::CreatePointCloudFromFile("scan.ply");
//     auto [clean, offset] = quietcloud::open3d::RemoveNoise(*scan);
//
//     quietcloud::Filter filter(quietcloud::Model("my-model"));      // for options, a model of your own, the report
//     filter.set("quality", "high").set("noise", 0.004);
//     auto result = quietcloud::open3d::RemoveNoise(*scan, filter);
//
// Both kinds of cloud: open3d::geometry::PointCloud and open3d::t::geometry::PointCloud. The input is not changed; the
// result has as many points in the same order, with all their other attributes as they were. Normals are carried over, not
// turned: estimate them again where they matter.
//
// The offset is how far each point moved, clean = cloud + offset; 0 for points with a NaN or an infinity, which stay.
//
// Failures throw quietcloud::Error, a std::runtime_error as Open3D's own. One thread at a time for each filter.

#ifndef QUIETCLOUD_OPEN3D_HPP
#define QUIETCLOUD_OPEN3D_HPP

#include <open3d/core/Tensor.h>
#include <open3d/geometry/PointCloud.h>
#include <open3d/t/geometry/PointCloud.h>
#include <quietcloud/quietcloud.hpp>

#include <cmath>
#include <cstdint>
#include <memory>
#include <tuple>
#include <vector>

namespace quietcloud {
namespace open3d {

namespace detail {

/// The built-in model on the best device, opened by the first call that needs it.
inline Filter default_filter() {
    static const Model model;
    return Filter(model);
}

/// after - before for `count` packed points, 0 where a point is not finite.
template <class Real>
void subtract(Points<const Real> before, const Real *after, Real *offset) {
    const std::size_t step = before.stride_bytes / sizeof(Real);
    for (std::size_t i = 0; i < before.count; ++i) {
        const Real *from = before.xyz + i * step;
        const bool finite = std::isfinite(from[0]) && std::isfinite(from[1]) && std::isfinite(from[2]);
        for (std::size_t axis = 0; axis < 3; ++axis)
            offset[3 * i + axis] = finite ? after[3 * i + axis] - from[axis] : Real(0);
    }
}

/// Cleaned positions and offsets of a tensor on the CPU whose rows are x, y, z side by side.
template <class Real>
std::tuple<::open3d::core::Tensor, ::open3d::core::Tensor> clean(const ::open3d::core::Tensor &positions, Filter &filter) {
    using ::open3d::core::Tensor;
    const Points<const Real> before(positions.GetDataPtr<Real>(), static_cast<std::size_t>(positions.GetLength()),
                                    static_cast<std::size_t>(positions.GetStride(0)) * sizeof(Real));
    Tensor after = Tensor::Empty(positions.GetShape(), positions.GetDtype());
    Tensor offset = Tensor::Empty(positions.GetShape(), positions.GetDtype());
    filter.run(before, Points<Real>(after.GetDataPtr<Real>(), before.count));
    subtract(before, after.GetDataPtr<Real>(), offset.GetDataPtr<Real>());
    return std::make_tuple(after, offset);
}

}  // namespace detail

/// A cleaned copy of the cloud, and how far each point moved.
inline std::tuple<std::shared_ptr<::open3d::geometry::PointCloud>, std::vector<Eigen::Vector3d>> RemoveNoise(
    const ::open3d::geometry::PointCloud &cloud, Filter &filter) {
    auto clean = std::make_shared<::open3d::geometry::PointCloud>(cloud);
    std::vector<Eigen::Vector3d> offset(cloud.points_.size());
    if (!offset.empty()) {
        filter.run(cloud.points_, clean->points_);
        const Points<const double> before(cloud.points_.front().data(), offset.size(), sizeof(Eigen::Vector3d));
        detail::subtract(before, clean->points_.front().data(), offset.front().data());
    }
    return std::make_tuple(clean, offset);
}

/// The same for tensors, on any device: positions are Float32 or Float64, and the offset is a tensor like them.
inline std::tuple<::open3d::t::geometry::PointCloud, ::open3d::core::Tensor> RemoveNoise(
    const ::open3d::t::geometry::PointCloud &cloud, Filter &filter) {
    using namespace ::open3d::core;
    auto clean = cloud.Clone();
    if (cloud.IsEmpty()) return std::make_tuple(clean, Tensor::Zeros({0, 3}, Float32, cloud.GetDevice()));

    Tensor positions = cloud.GetPointPositions().To(Device("CPU:0"));
    if (positions.GetStride(1) != 1 || positions.GetStride(0) < 3) positions = positions.Contiguous();
    const bool single = positions.GetDtype() == Float32;
    if (!single && positions.GetDtype() != Float64)
        throw Error(Status(QUIETCLOUD_E_CLOUD,
                           "positions are " + positions.GetDtype().ToString() + ", expected Float32 or Float64"));
    Tensor after, offset;
    std::tie(after, offset) =
        single ? detail::clean<float>(positions, filter) : detail::clean<double>(positions, filter);
    clean.SetPointPositions(after.To(cloud.GetDevice()));
    return std::make_tuple(clean, offset.To(cloud.GetDevice()));
}

/// With the built-in model and every option at its initial value.
template <class Cloud>
auto RemoveNoise(const Cloud &cloud) {
    Filter filter = detail::default_filter();
    return RemoveNoise(cloud, filter);
}

}  // namespace open3d
}  // namespace quietcloud

#endif
