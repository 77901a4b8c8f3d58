// CGAL::jet_smooth_point_set: projection on a quadric fitted to the k nearest neighbours.
#include <CGAL/Simple_cartesian.h>
#include <CGAL/jet_smooth_point_set.h>

#include "peer.hpp"

using Kernel = CGAL::Simple_cartesian<double>;

int main(int argc, char** argv) {
  return peer::run("cgal_jet IN.xyz OUT.xyz K   (K neighbours)", [&] {
    const auto values = peer::numbers(argc, argv, 1);
    auto points = peer::read_xyz(argv[1]);
    std::vector<Kernel::Point_3> cloud;
    for (const auto& p : points) cloud.emplace_back(p[0], p[1], p[2]);

    const peer::Clock clock;
    CGAL::jet_smooth_point_set<CGAL::Sequential_tag>(cloud, static_cast<unsigned>(values[0]));
    std::printf("smooth %.4f s\n", clock.seconds());

    for (std::size_t i = 0; i < cloud.size(); ++i) points[i] = {cloud[i].x(), cloud[i].y(), cloud[i].z()};
    peer::write_xyz(argv[2], points);
  });
}
