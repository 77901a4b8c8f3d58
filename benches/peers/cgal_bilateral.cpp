// CGAL::bilateral_smooth_point_set: the edge-preserving one. It needs oriented normals, estimated here as its manual does.
#include <CGAL/Simple_cartesian.h>
#include <CGAL/bilateral_smooth_point_set.h>
#include <CGAL/mst_orient_normals.h>
#include <CGAL/pca_estimate_normals.h>
#include <CGAL/property_map.h>

#include <tuple>

#include "peer.hpp"

using Kernel = CGAL::Simple_cartesian<double>;
// Orientation reorders the points: each carries the place that it came from.
using Item = std::tuple<Kernel::Point_3, Kernel::Vector_3, std::size_t>;

int main(int argc, char** argv) {
  return peer::run("cgal_bilateral IN.xyz OUT.xyz K SHARPNESS ITERATIONS   (SHARPNESS in degrees, 0 to 90)", [&] {
    const auto values = peer::numbers(argc, argv, 3);
    const auto k = static_cast<unsigned>(values[0]);
    auto points = peer::read_xyz(argv[1]);
    std::vector<Item> cloud;
    for (const auto& p : points) {
      cloud.emplace_back(Kernel::Point_3(p[0], p[1], p[2]), Kernel::Vector_3(0, 0, 0), cloud.size());
    }
    const auto maps = CGAL::parameters::point_map(CGAL::Nth_of_tuple_property_map<0, Item>())
                          .normal_map(CGAL::Nth_of_tuple_property_map<1, Item>());

    const peer::Clock normals;
    CGAL::pca_estimate_normals<CGAL::Sequential_tag>(cloud, k, maps);
    CGAL::mst_orient_normals(cloud, k, maps);
    std::printf("normals %.4f s\n", normals.seconds());

    const peer::Clock clock;
    for (int i = 0; i < static_cast<int>(values[2]); ++i) {
      CGAL::bilateral_smooth_point_set<CGAL::Sequential_tag>(cloud, k, maps.sharpness_angle(values[1]));
    }
    std::printf("smooth %.4f s\n", clock.seconds());

    for (const auto& [p, normal, place] : cloud) points[place] = {p.x(), p.y(), p.z()};
    peer::write_xyz(argv[2], points);
  });
}
