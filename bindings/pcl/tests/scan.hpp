// What the tests share: a noisy ball in any type of point, and comparisons to the byte.
#ifndef SCAN_HPP
#define SCAN_HPP

#include <pcl/point_cloud.h>
#include <pcl/point_types.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "check.hpp"

template <class Exception, class Body>
bool throws(Body body) {
    try {
        body();
    } catch (const Exception &error) {
        return error.what()[0] != '\0';
    } catch (...) {
    }
    return false;
}

/// Point `i` of a unit ball's surface with 2 % of noise along the radius.
inline std::array<float, 3> on_ball(std::size_t i, std::size_t count) {
    std::mt19937 random(static_cast<unsigned>(i));
    const float scale = 1 + 0.02f * (static_cast<float>(random() % 2001) / 1000 - 1);
    const float at = static_cast<float>(i), z = 1 - (2 * at + 1) / static_cast<float>(count), r = std::sqrt(1 - z * z);
    return {{scale * r * std::cos(2.3999632f * at), scale * r * std::sin(2.3999632f * at), scale * z}};
}

/// An organised cloud whose bytes other than x, y, z are arbitrary; every seventh point has a NaN or an infinity.
template <class PointT>
typename pcl::PointCloud<PointT>::Ptr scan(std::uint32_t width, std::uint32_t height, bool holes = true) {
    auto cloud = pcl::make_shared<pcl::PointCloud<PointT>>(width, height);
    std::mt19937 random(7);
    for (std::size_t i = 0; i < cloud->size(); ++i) {
        PointT &point = (*cloud)[i];
        auto *bytes = reinterpret_cast<unsigned char *>(&point);
        for (std::size_t b = 0; b < sizeof(PointT); ++b) bytes[b] = static_cast<unsigned char>(random());
        const auto xyz = on_ball(i, cloud->size());
        point.x = xyz[0];
        point.y = xyz[1];
        point.z = xyz[2];
        if (holes && i % 7 == 3) point.x = std::nanf("123");
        if (holes && i % 14 == 3) point.z = -std::numeric_limits<float>::infinity();
    }
    cloud->is_dense = !holes;
    cloud->header.frame_id = "lidar";
    cloud->header.stamp = 123456789012345;
    cloud->header.seq = 42;
    cloud->sensor_origin_ = {1, 2, 3, 0};
    cloud->sensor_orientation_ = Eigen::Quaternionf(0.5f, 0.5f, -0.5f, 0.5f);
    return cloud;
}

template <class PointT>
bool finite(const PointT &point) {
    return std::isfinite(point.x) && std::isfinite(point.y) && std::isfinite(point.z);
}

inline bool same_bytes(const void *a, const void *b, std::size_t size) { return std::memcmp(a, b, size) == 0; }

template <class PointT>
bool same_points(const pcl::PointCloud<PointT> &a, const pcl::PointCloud<PointT> &b) {
    return a.size() == b.size() && same_bytes(a.points.data(), b.points.data(), a.size() * sizeof(PointT));
}

/// Everything but the points.
template <class PointT>
bool same_frame(const pcl::PointCloud<PointT> &a, const pcl::PointCloud<PointT> &b) {
    return a.width == b.width && a.height == b.height && a.is_dense == b.is_dense && a.header == b.header &&
           a.sensor_origin_ == b.sensor_origin_ && a.sensor_orientation_.coeffs() == b.sensor_orientation_.coeffs();
}

#endif
