// latency [ROUNDS [THREADS]]: milliseconds from publication to receipt of one cloud, in one process without copies, for
// DenoiseNode with the preset `fast` and for the same node with PCL's filters inside; and the processor's time in between,
// of all threads. All nodes take turns, so that a machine that is busy is busy for each. Medians of ROUNDS (9); THREADS (1)
// for each of them.
#include <quietcloud_ros/denoise_node.hpp>

#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <random>

#include "pcl_node.hpp"

namespace {

/// Two walls and a floor of 4 m with noise of half a spacing.
struct Room {
    std::size_t points;
    double spacing;
    Message message;

    explicit Room(std::size_t count) : points(count), spacing(std::sqrt(48.0 / static_cast<double>(count))) {
        std::mt19937 random(1);
        std::uniform_real_distribution<float> along(0, 4);
        std::normal_distribution<float> off(0, static_cast<float>(spacing / 2));
        message.width = static_cast<std::uint32_t>(count);
        message.height = 1;
        message.point_step = 16;
        message.row_step = 16 * message.width;
        message.data.resize(16 * count);
        for (std::uint32_t axis = 0; axis < 3; ++axis) {
            sensor_msgs::msg::PointField field;
            field.name = std::string(1, "xyz"[axis]);
            field.offset = 4 * axis;
            field.datatype = sensor_msgs::msg::PointField::FLOAT32;
            field.count = 1;
            message.fields.push_back(field);
        }
        for (std::size_t i = 0; i < count; ++i) {
            float xyz[3] = {along(random), along(random), along(random)};
            xyz[random() % 3] = off(random);
            std::memcpy(&message.data[16 * i], xyz, sizeof xyz);
        }
    }
};

struct Time {
    double ms, cpu_ms;
};

class Peer : public rclcpp::Node {
public:
    Peer(const rclcpp::NodeOptions &options, const std::string &name) : Node(name + "_peer", options) {
        publisher_ = create_publisher<Message>(name + "/input", rclcpp::QoS(2).reliable());
        subscription_ = create_subscription<Message>(name + "/output", rclcpp::QoS(2).reliable(), [this](Message::UniquePtr) {
            const std::lock_guard<std::mutex> lock(mutex_);
            arrived_ = true;
            changed_.notify_one();
        });
    }
    /// Until the node on the other side has subscribed.
    void connect() const {
        while (publisher_->get_subscription_count() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    Time echo(const Message &cloud) {
        auto message = std::make_unique<Message>(cloud);
        arrived_ = false;
        const auto start = std::chrono::steady_clock::now();
        const auto cpu = std::clock();
        publisher_->publish(std::move(message));
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [this] { return arrived_; });
        const std::chrono::duration<double, std::milli> passed = std::chrono::steady_clock::now() - start;
        return {passed.count(), 1e3 * static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC};
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool arrived_ = false;
    rclcpp::Publisher<Message>::SharedPtr publisher_;
    rclcpp::Subscription<Message>::SharedPtr subscription_;
};

rclcpp::NodeOptions options(const std::string &name) {
    rclcpp::NodeOptions options;
    options.use_intra_process_comms(true).arguments(
        {"--ros-args", "-r", "__node:=" + name, "-r", "input:=" + name + "/input", "-r", "output:=" + name + "/output"});
    return options;
}

void measure(std::size_t points, unsigned rounds, unsigned threads) {
    const Room room(points);
    const auto one_of_ours = [&](const std::string &name, double noise) {
        auto ours = options(name);
        ours.append_parameter_override("quality", "fast")
            .append_parameter_override("threads", static_cast<std::int64_t>(threads))
            .append_parameter_override("noise", noise);
        return std::make_shared<quietcloud_ros::DenoiseNode>(ours);
    };
    const auto moving = [&](const auto &cloud, double spacing) { return mls(cloud, spacing, threads); };
    const std::vector<std::pair<std::string, rclcpp::Node::SharedPtr>> nodes{
        {"quietcloud", one_of_ours("quietcloud", 0)},
        {"noise_given", one_of_ours("noise_given", room.spacing / 2)},
        {"mls", std::make_shared<PclNode>(options("mls"), room.spacing, moving)},
        {"voxel_grid_sor", std::make_shared<PclNode>(options("voxel_grid_sor"), room.spacing, voxels_and_outliers)},
    };
    rclcpp::executors::MultiThreadedExecutor executor(rclcpp::ExecutorOptions(), 2);
    std::vector<std::shared_ptr<Peer>> peers;
    for (const auto &[name, node] : nodes) {
        rclcpp::NodeOptions plain;
        peers.push_back(std::make_shared<Peer>(plain.use_intra_process_comms(true), name));
        executor.add_node(node);
        executor.add_node(peers.back());
    }
    std::thread spinning([&] { executor.spin(); });
    for (const auto &peer : peers) peer->connect();

    std::vector<std::vector<Time>> times(peers.size());
    for (unsigned round = 0; round <= rounds; ++round) {
        for (std::size_t i = 0; i < peers.size(); ++i) {
            const Time time = peers[i]->echo(room.message);
            if (round > 0) times[i].push_back(time);  // the first one opens networks and caches
        }
    }
    executor.cancel();
    spinning.join();
    const auto median = [&](std::size_t which, double Time::*what) {
        auto &all = times[which];
        std::sort(all.begin(), all.end(), [&](const Time &a, const Time &b) { return a.*what < b.*what; });
        return all[all.size() / 2].*what;
    };
    for (std::size_t i = 0; i < peers.size(); ++i) {
        std::printf("%7zu points  %-15s %8.1f ms %6.2f x quietcloud;  processor %8.1f ms %6.2f x\n", points,
                    nodes[i].first.c_str(), median(i, &Time::ms), median(i, &Time::ms) / median(0, &Time::ms),
                    median(i, &Time::cpu_ms), median(i, &Time::cpu_ms) / median(0, &Time::cpu_ms));
    }
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char **argv) {
    const auto words = rclcpp::init_and_remove_ros_arguments(argc, argv);
    const auto number = [&](std::size_t at, unsigned otherwise) {
        return words.size() > at ? static_cast<unsigned>(std::strtoul(words[at].c_str(), nullptr, 10)) : otherwise;
    };
    const unsigned rounds = std::max(1u, number(1, 9)), threads = number(2, 1);
    for (const std::size_t points : {20000, 130000}) measure(points, rounds, threads);
    rclcpp::shutdown();
}
