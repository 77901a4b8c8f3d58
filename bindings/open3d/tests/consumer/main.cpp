// A program of somebody else.
#include <quietcloud/open3d.hpp>

#include <iostream>

int main() {
    open3d::geometry::PointCloud scan;
    for (int i = 0; i < 900; ++i) scan.points_.emplace_back(i % 30, i / 30, 0.1 * ((i * 7919) % 11));
    const auto [clean, offset] = quietcloud::open3d::RemoveNoise(scan);
    std::cout << clean->points_.size() << " points, the first moved by " << offset.front().norm() << '\n';
    return clean->points_.size() != 900;
}
