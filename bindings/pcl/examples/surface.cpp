// From a scan to a surface in PCL: VoxelGrid, our filter, NormalEstimation, GreedyProjectionTriangulation; and the same
// without our filter, to compare.
//
//     surface OUT_FOLDER [IN.pcd [VOXEL [MODEL]]]        writes OUT_FOLDER/with.ply and OUT_FOLDER/without.ply
//
// Without a scan it takes a noisy ball. VOXEL is the edge of VoxelGrid's cells in the scan's unit (0.02).
// MODEL is a model folder; the built-in model without it.
#include <pcl/features/normal_3d.h>
#include <pcl/filters/voxel_grid.h>
#include <pcl/io/pcd_io.h>
#include <pcl/io/ply_io.h>
#include <pcl/surface/gp3.h>
#include <quietcloud/pcl/denoise.hpp>

#include <cmath>
#include <iostream>
#include <random>

using Cloud = pcl::PointCloud<pcl::PointXYZ>;

static Cloud::Ptr ball() {
    std::mt19937 random(1);
    std::normal_distribution<float> noise(0, 0.01f);
    auto cloud = pcl::make_shared<Cloud>();
    for (int i = 0; i < 20000; ++i) {
        const float z = 1 - (2 * float(i) + 1) / 20000, r = std::sqrt(1 - z * z), a = 2.3999632f * float(i);
        cloud->emplace_back(r * std::cos(a) + noise(random), r * std::sin(a) + noise(random), z + noise(random));
    }
    return cloud;
}

static pcl::PolygonMesh surface(const Cloud::Ptr &cloud, double voxel) {
    auto normals = pcl::make_shared<pcl::PointCloud<pcl::PointNormal>>();
    pcl::copyPointCloud(*cloud, *normals);
    pcl::NormalEstimation<pcl::PointXYZ, pcl::PointNormal> estimation;
    estimation.setInputCloud(cloud);
    estimation.setKSearch(16);
    estimation.setViewPoint(cloud->sensor_origin_[0], cloud->sensor_origin_[1], cloud->sensor_origin_[2]);
    estimation.compute(*normals);

    pcl::GreedyProjectionTriangulation<pcl::PointNormal> projection;
    projection.setInputCloud(normals);
    projection.setSearchRadius(4 * voxel);
    projection.setMu(2.5);
    projection.setMaximumNearestNeighbors(60);
    projection.setMaximumSurfaceAngle(M_PI / 4);
    projection.setMinimumAngle(M_PI / 18);
    projection.setMaximumAngle(2 * M_PI / 3);
    projection.setNormalConsistency(false);
    pcl::PolygonMesh mesh;
    projection.reconstruct(mesh);
    return mesh;
}

int main(int argc, char **argv) try {
    if (argc < 2 || argc > 5) {
        std::cerr << "usage: surface OUT_FOLDER [IN.pcd [VOXEL [MODEL]]]\n";
        return 2;
    }
    const std::string folder = argv[1];
    const double voxel = argc > 3 ? std::stod(argv[3]) : 0.02;
    auto scan = pcl::make_shared<Cloud>();
    if (argc == 2)
        scan = ball();
    else if (pcl::io::loadPCDFile(argv[2], *scan) < 0)
        return 1;

    auto thinned = pcl::make_shared<Cloud>();
    pcl::VoxelGrid<pcl::PointXYZ> grid;
    grid.setInputCloud(scan);
    grid.setLeafSize(float(voxel), float(voxel), float(voxel));
    grid.filter(*thinned);
    const auto without = surface(thinned, voxel);

    quietcloud::pcl::Denoise<pcl::PointXYZ> denoise;
    if (argc > 4) denoise.setModel(argv[4]);
    denoise.setInputCloud(thinned);
    denoise.filter(*thinned);
    const auto with = surface(thinned, voxel);

    std::cout << thinned->size() << " points, noise " << denoise.getReport("noise") << "; " << without.polygons.size()
              << " triangles without, " << with.polygons.size() << " with\n";
    return pcl::io::savePLYFileBinary(folder + "/without.ply", without) < 0 ||
           pcl::io::savePLYFileBinary(folder + "/with.ply", with) < 0;
} catch (const std::exception &error) {
    std::cerr << error.what() << '\n';
    return 1;
}
