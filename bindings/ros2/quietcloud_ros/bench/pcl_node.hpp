// The same surroundings as DenoiseNode's (check, queue, worker thread, publication) around one of PCL's filters.

#ifndef PCL_NODE_HPP
#define PCL_NODE_HPP

#include <pcl/filters/statistical_outlier_removal.h>
#include <pcl/filters/voxel_grid.h>
#include <pcl/point_cloud.h>
#include <pcl/point_types.h>
#include <pcl/search/kdtree.h>
#include <pcl/surface/mls.h>
#include <quietcloud_ros/point_cloud2.hpp>
#include <quietcloud_ros/queue.hpp>
#include <rclcpp/rclcpp.hpp>

#include <functional>
#include <thread>

using Message = sensor_msgs::msg::PointCloud2;
using Points = pcl::PointCloud<pcl::PointXYZ>;
/// A cloud and its spacing.
using Smoother = std::function<Points::Ptr(const Points::Ptr &, double)>;

/// Radius of five spacings and second order: what suits it at this noise (see benches/peers).
inline Points::Ptr mls(const Points::Ptr &cloud, double spacing, unsigned threads) {
    pcl::MovingLeastSquares<pcl::PointXYZ, pcl::PointXYZ> filter;
    filter.setInputCloud(cloud);
    filter.setSearchMethod(pcl::make_shared<pcl::search::KdTree<pcl::PointXYZ>>());
    filter.setSearchRadius(5 * spacing);
    filter.setPolynomialOrder(2);
    filter.setNumberOfThreads(threads);
    auto result = pcl::make_shared<Points>();
    filter.process(*result);
    return result;
}

/// Leaves of two spacings, outliers by 20 neighbours: fewer points come out than went in.
inline Points::Ptr voxels_and_outliers(const Points::Ptr &cloud, double spacing) {
    pcl::VoxelGrid<pcl::PointXYZ> grid;
    grid.setInputCloud(cloud);
    const auto leaf = static_cast<float>(2 * spacing);
    grid.setLeafSize(leaf, leaf, leaf);
    auto thinned = pcl::make_shared<Points>();
    grid.filter(*thinned);
    pcl::StatisticalOutlierRemoval<pcl::PointXYZ> outliers;
    outliers.setInputCloud(thinned);
    outliers.setMeanK(20);
    outliers.setStddevMulThresh(2);
    auto result = pcl::make_shared<Points>();
    outliers.filter(*result);
    return result;
}

class PclNode : public rclcpp::Node {
public:
    PclNode(const rclcpp::NodeOptions &options, double spacing, Smoother smooth)
        : Node("pcl", options), spacing_(spacing), smooth_(std::move(smooth)), queue_(2) {
        publisher_ = create_publisher<Message>("output", rclcpp::QoS(2).reliable());
        subscription_ = create_subscription<Message>("input", rclcpp::SensorDataQoS().keep_last(2),
                                                     [this](Message::UniquePtr cloud) { queue_.push(std::move(cloud)); });
        worker_ = std::thread([this] {
            while (auto cloud = queue_.pop()) process(std::move(*cloud));
        });
    }
    ~PclNode() override {
        queue_.close();
        worker_.join();
    }

private:
    void process(Message::UniquePtr message) {
        const auto layout = quietcloud_ros::layout(*message);
        auto cloud = pcl::make_shared<Points>(layout.points(), 1);
        for (std::size_t i = 0; i < layout.points(); ++i)
            std::memcpy((*cloud)[i].data, &message->data[layout.place(i) + layout.offsets[0]], 3 * sizeof(float));
        const auto clean = smooth_(cloud, spacing_);
        message->width = static_cast<std::uint32_t>(clean->size());
        message->data.resize(clean->size() * layout.point_step);
        for (std::size_t i = 0; i < clean->size(); ++i)
            std::memcpy(&message->data[i * layout.point_step + layout.offsets[0]], (*clean)[i].data, 3 * sizeof(float));
        publisher_->publish(std::move(message));
    }

    const double spacing_;
    const Smoother smooth_;
    quietcloud_ros::Queue<Message::UniquePtr> queue_;
    rclcpp::Publisher<Message>::SharedPtr publisher_;
    rclcpp::Subscription<Message>::SharedPtr subscription_;
    std::thread worker_;
};

#endif
