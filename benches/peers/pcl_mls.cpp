// pcl::MovingLeastSquares, the smoother that PCL's users reach for.
#include <pcl/point_cloud.h>
#include <pcl/point_types.h>
#include <pcl/search/kdtree.h>
#include <pcl/surface/mls.h>

#include <cmath>

#include "peer.hpp"

using Cloud = pcl::PointCloud<pcl::PointXYZ>;
using Tree = pcl::search::KdTree<pcl::PointXYZ>;

// Mean distance to the six nearest neighbours: what CGAL::compute_average_spacing calls the spacing.
static double mean_spacing(const Cloud::Ptr& cloud, const Tree::Ptr& tree) {
  constexpr int neighbors = 6;
  pcl::Indices found(neighbors + 1);
  std::vector<float> squared(neighbors + 1);
  double sum = 0;
  std::size_t count = 0;
  for (const auto& point : *cloud) {
    const int n = tree->nearestKSearch(point, neighbors + 1, found, squared);
    for (int j = 1; j < n; ++j, ++count) sum += std::sqrt(squared[j]);
  }
  return count ? sum / count : 1;
}

int main(int argc, char** argv) {
  return peer::run("pcl_mls IN.xyz OUT.xyz RADIUS ORDER   (RADIUS in mean spacings, ORDER 1 or 2)", [&] {
    const auto values = peer::numbers(argc, argv, 2);
    auto points = peer::read_xyz(argv[1]);
    // PCL works in single precision: a cloud far from the origin is brought home first.
    const peer::Point origin = points.front();
    auto cloud = pcl::make_shared<Cloud>();
    for (const auto& p : points) cloud->emplace_back(p[0] - origin[0], p[1] - origin[1], p[2] - origin[2]);
    auto tree = pcl::make_shared<Tree>();
    tree->setInputCloud(cloud);
    const double spacing = mean_spacing(cloud, tree);

    Cloud smooth;
    pcl::MovingLeastSquares<pcl::PointXYZ, pcl::PointXYZ> mls;
    mls.setInputCloud(cloud);
    mls.setSearchMethod(tree);
    mls.setSearchRadius(values[0] * spacing);
    mls.setPolynomialOrder(static_cast<int>(values[1]));
    mls.setNumberOfThreads(1);
    const peer::Clock clock;
    mls.process(smooth);
    std::printf("spacing %.6g\nsmooth %.4f s\n", spacing, clock.seconds());

    // Points with fewer than three neighbours are dropped by PCL; here they stay where they were.
    const pcl::Indices& kept = mls.getCorrespondingIndices()->indices;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const auto& p = smooth[i];
      points[kept[i]] = {p.x + origin[0], p.y + origin[1], p.z + origin[2]};
    }
    peer::write_xyz(argv[2], points);
  });
}
