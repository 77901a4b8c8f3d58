// The finite points of a PCD file, for the programs of benches/peers.
#include <pcl/common/point_tests.h>
#include <pcl/io/pcd_io.h>
#include <pcl/point_types.h>

#include "peer.hpp"

int main(int argc, char **argv) {
    return peer::run("pcd_to_xyz IN.pcd OUT.xyz", [&] {
        if (argc != 3) throw std::invalid_argument("");
        pcl::PointCloud<pcl::PointXYZ> cloud;
        if (pcl::io::loadPCDFile(argv[1], cloud) < 0) throw std::runtime_error(std::string("can't read ") + argv[1]);
        std::vector<peer::Point> points;
        for (const auto &p : cloud)
            if (pcl::isFinite(p)) points.push_back({p.x, p.y, p.z});
        peer::write_xyz(argv[2], points);
    });
}
