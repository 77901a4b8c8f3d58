// A program of somebody else.
#include <quietcloud/pcl/denoise.hpp>

#ifdef WITH_FEATURES
#include <pcl/features/normal_3d.h>
#endif
#include <pcl/filters/voxel_grid.h>
#include <pcl/point_types.h>

#include <iostream>

int main() try {
    const auto cloud = pcl::make_shared<pcl::PointCloud<pcl::PointXYZI>>();
    for (int i = 0; i < 900; ++i) {
        pcl::PointXYZI point;
        point.x = static_cast<float>(i % 30);
        point.y = static_cast<float>(i / 30);
        point.z = 0.1f * static_cast<float>((i * 7919) % 11);
        cloud->push_back(point);
    }
    quietcloud::pcl::Denoise<pcl::PointXYZI> denoise;
    denoise.setInputCloud(cloud);
    denoise.filter(*cloud);
    std::cout << cloud->size() << " points, noise " << denoise.getReport("noise") << '\n';
#ifdef WITH_FEATURES
    pcl::NormalEstimation<pcl::PointXYZI, pcl::Normal> estimation;
    estimation.setInputCloud(cloud);
    estimation.setKSearch(10);
    pcl::PointCloud<pcl::Normal> normals;
    estimation.compute(normals);
    return normals.size() != cloud->size();
#endif
} catch (const pcl::PCLException &error) {
    std::cerr << error.what() << '\n';
    return 1;
}
