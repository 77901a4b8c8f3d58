// quietcloud::pcl::Denoise as one of benches/peers: the same files, the same clock, one thread, nothing told about the noise.
#include <pcl/point_types.h>
#include <quietcloud/pcl/denoise.hpp>

#include "peer.hpp"

int main(int argc, char **argv) {
    return peer::run("pcl_quietcloud IN.xyz OUT.xyz MODEL   (a model folder, or - for the built-in model)", [&] {
        if (argc != 4) throw std::invalid_argument("");
        auto points = peer::read_xyz(argv[1]);
        const peer::Point origin = points.front();
        auto cloud = pcl::make_shared<pcl::PointCloud<pcl::PointXYZ>>();
        for (const auto &p : points)
            cloud->emplace_back(float(p[0] - origin[0]), float(p[1] - origin[1]), float(p[2] - origin[2]));

        quietcloud::pcl::Denoise<pcl::PointXYZ> denoise;
        const std::string model = argv[3];
        if (model != "-") denoise.setModel(model);
        denoise.getModel();
        denoise.setThreads(1);
        denoise.setInputCloud(cloud);
        pcl::PointCloud<pcl::PointXYZ> clean;
        const peer::Clock clock;
        denoise.filter(clean);
        std::printf("noise %.6g\nsmooth %.4f s\n", denoise.getReport("noise"), clock.seconds());

        for (std::size_t i = 0; i < points.size(); ++i) {
            const auto &p = clean[i];
            points[i] = {p.x + origin[0], p.y + origin[1], p.z + origin[2]};
        }
        peer::write_xyz(argv[2], points);
    });
}
