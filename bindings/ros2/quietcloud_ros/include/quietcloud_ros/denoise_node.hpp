// quietcloud_ros::DenoiseNode: clouds in on `input`, the same clouds on the surface they were measured from out on `output`.

#ifndef QUIETCLOUD_ROS__DENOISE_NODE_HPP_
#define QUIETCLOUD_ROS__DENOISE_NODE_HPP_

#include <diagnostic_updater/diagnostic_updater.hpp>
#include <quietcloud/quietcloud.hpp>
#include <quietcloud_ros/budget.hpp>
#include <quietcloud_ros/point_cloud2.hpp>
#include <quietcloud_ros/queue.hpp>
#include <quietcloud_ros/statistics.hpp>
#include <rclcpp/rclcpp.hpp>
#include <sensor_msgs/msg/point_cloud2.hpp>

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace quietcloud_ros {

/// Three threads of work: the executor's checks a message and queues it, one of our own cleans and publishes, and any
/// other may set parameters. The node subscribes to its input only while somebody listens to its output.
class DenoiseNode : public rclcpp::Node {
public:
    /// Throws quietcloud::Error where the model, ONNX Runtime or the device is not there.
    explicit DenoiseNode(const rclcpp::NodeOptions &options);
    ~DenoiseNode() override;

private:
    using Cloud = sensor_msgs::msg::PointCloud2;
    using Clock = std::chrono::steady_clock;
    struct Frame {
        Cloud::UniquePtr cloud;
        Layout layout;
        Clock::time_point arrival;
    };

    std::string declare_at_start(const char *name, const char *initial, const char *help);
    std::size_t declare_queue_depth();
    void declare_options();
    void make_publisher();
    void listen(bool somebody_listens);

    rcl_interfaces::msg::SetParametersResult judge(const std::vector<rclcpp::Parameter> &parameters);
    void note(const std::vector<rclcpp::Parameter> &parameters);

    void receive(Cloud::UniquePtr cloud);
    void work();
    void process(Frame frame);
    void take_over_parameters();
    void diagnose(diagnostic_updater::DiagnosticStatusWrapper &status);

    const std::size_t depth_;
    const quietcloud::Model model_;
    quietcloud::Filter judge_;   // never runs: says whether a value is allowed
    quietcloud::Filter filter_;  // the worker's
    Budget budget_;              // the worker's

    std::mutex parameters_mutex_;
    std::map<std::string, rclcpp::Parameter> news_;  // set, but not yet taken over by the worker
    Effort wished_;
    double max_latency_ms_ = 0;

    Statistics statistics_;
    Queue<Frame> queue_;
    std::atomic<bool> stopping_{false};
    rclcpp::Publisher<Cloud>::SharedPtr publisher_;
    rclcpp::Subscription<Cloud>::SharedPtr subscription_;
    OnSetParametersCallbackHandle::SharedPtr judge_handle_;
    PostSetParametersCallbackHandle::SharedPtr note_handle_;
    diagnostic_updater::Updater updater_;
    std::thread worker_;
};

}  // namespace quietcloud_ros

#endif  // QUIETCLOUD_ROS__DENOISE_NODE_HPP_
