#include "quietcloud_ros/denoise_node.hpp"

#include <rclcpp_components/register_node_macro.hpp>

#include <algorithm>
#include <memory>
#include <utility>

#include "quietcloud_ros/parameters.hpp"

namespace quietcloud_ros {

namespace {

constexpr int log_period_ms = 5000;  // a broken driver may repeat itself a hundred times a second

double milliseconds(std::chrono::steady_clock::duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
}

quietcloud::Model open(const std::string &folder, const std::string &device) {
    return folder.empty() ? quietcloud::Model::builtin(device) : quietcloud::Model(folder, device);
}

}  // namespace

DenoiseNode::DenoiseNode(const rclcpp::NodeOptions &options)
    : Node("denoise", options),
      depth_(declare_queue_depth()),
      model_(open(declare_at_start("model", "", "model folder, or a zip archive of one; empty: the built-in model"),
                  declare_at_start("device", "auto", "auto, cpu, cuda or tensorrt"))),
      judge_(model_),
      filter_(model_),
      queue_(depth_),
      updater_(this) {
    filter_.on_progress([this](double) { return !stopping_; });
    declare_options();
    make_publisher();
    updater_.setHardwareID(model_.device());
    updater_.add("denoise", this, &DenoiseNode::diagnose);
    worker_ = std::thread(&DenoiseNode::work, this);
    RCLCPP_INFO(get_logger(), "quietcloud %s on %s", quietcloud::version().c_str(), model_.device().c_str());
}

DenoiseNode::~DenoiseNode() {
    stopping_ = true;
    queue_.close();
    worker_.join();
}

std::string DenoiseNode::declare_at_start(const char *name, const char *initial, const char *help) {
    rcl_interfaces::msg::ParameterDescriptor descriptor;
    descriptor.description = help;
    descriptor.read_only = true;
    return declare_parameter<std::string>(name, initial, descriptor);
}

std::size_t DenoiseNode::declare_queue_depth() {
    rcl_interfaces::msg::ParameterDescriptor descriptor;
    descriptor.description = "number of frames that may wait; the oldest is dropped when one more arrives";
    descriptor.read_only = true;
    rcl_interfaces::msg::IntegerRange range;
    range.from_value = 1;
    range.to_value = 1000;
    range.step = 1;
    descriptor.integer_range.push_back(range);
    return static_cast<std::size_t>(declare_parameter<std::int64_t>("queue_depth", 2, descriptor));
}

void DenoiseNode::declare_options() {
    // Before the parameters, so that it judges what a file or the command line says, too.
    judge_handle_ = add_on_set_parameters_callback([this](const auto &parameters) { return judge(parameters); });

    rcl_interfaces::msg::ParameterDescriptor descriptor;
    descriptor.description =
        "what a frame may take from its arrival to its publication in ms; frames later than that lower the quality until "
        "they are in time; 0: no limit";
    rcl_interfaces::msg::FloatingPointRange range;
    range.from_value = 0;
    range.to_value = 3600000;
    descriptor.floating_point_range.push_back(range);
    std::vector<rclcpp::Parameter> declared{{"max_latency_ms", declare_parameter("max_latency_ms", 0.0, descriptor)}};
    for (const auto &option : quietcloud::options())
        declared.emplace_back(option.name, declare_parameter(option.name, initial(option), describe(option)));
    note(declared);
    note_handle_ = add_post_set_parameters_callback([this](const auto &parameters) { note(parameters); });
}

void DenoiseNode::make_publisher() {
    rclcpp::PublisherOptions options;
    options.qos_overriding_options = rclcpp::QosOverridingOptions::with_default_policies();
    options.event_callbacks.matched_callback = [this](rclcpp::MatchedInfo &info) { listen(info.current_count > 0); };
    // Reliable serves both kinds of listener; a best-effort one costs nothing.
    publisher_ = create_publisher<Cloud>("output", rclcpp::QoS(rclcpp::KeepLast(depth_)).reliable(), options);
}

void DenoiseNode::listen(bool somebody_listens) {
    if (!somebody_listens) {
        subscription_.reset();
    } else if (!subscription_) {
        rclcpp::SubscriptionOptions options;
        options.qos_overriding_options = rclcpp::QosOverridingOptions::with_default_policies();
        subscription_ = create_subscription<Cloud>(
            "input", rclcpp::SensorDataQoS().keep_last(depth_),
            [this](Cloud::UniquePtr cloud) { receive(std::move(cloud)); }, options);
    }
}

/// Whether all of these values are allowed; nothing is changed yet.
rcl_interfaces::msg::SetParametersResult DenoiseNode::judge(const std::vector<rclcpp::Parameter> &parameters) {
    rcl_interfaces::msg::SetParametersResult result;
    result.successful = true;
    const auto options = quietcloud::options();
    for (const auto &parameter : parameters) {
        const auto same_name = [&](const auto &option) { return option.name == parameter.get_name(); };
        if (std::none_of(options.begin(), options.end(), same_name)) continue;
        try {
            apply(parameter, judge_);
        } catch (const quietcloud::Error &error) {
            result.successful = false;
            result.reason = error.what();
        }
    }
    return result;
}

/// Keeps values that were judged for the worker, which takes them over between two frames.
void DenoiseNode::note(const std::vector<rclcpp::Parameter> &parameters) {
    const std::lock_guard<std::mutex> lock(parameters_mutex_);
    for (const auto &parameter : parameters) {
        const auto &name = parameter.get_name();
        if (name == "max_latency_ms")
            max_latency_ms_ = parameter.as_double();
        else if (name == "quality")
            wished_.quality = position(name, parameter.as_string());
        else if (name == "steps")
            wished_.steps = static_cast<int>(parameter.as_int());
        else
            news_[name] = parameter;
    }
}

void DenoiseNode::take_over_parameters() {
    const std::lock_guard<std::mutex> lock(parameters_mutex_);
    budget_.configure(max_latency_ms_, wished_);
    for (const auto &option : quietcloud::options()) {
        const auto parameter = news_.find(option.name);
        if (parameter != news_.end()) apply(parameter->second, filter_);
    }
    news_.clear();
    filter_.set("quality", budget_.effort().quality);
    filter_.set("steps", budget_.effort().steps);
}

void DenoiseNode::receive(Cloud::UniquePtr cloud) {
    statistics_.received();
    try {
        const Layout found = layout(*cloud);
        if (queue_.push({std::move(cloud), found, Clock::now()})) statistics_.dropped();
    } catch (const BadCloud &error) {
        statistics_.refused(error.what());
        RCLCPP_WARN_THROTTLE(get_logger(), *get_clock(), log_period_ms, "message dropped: %s", error.what());
    }
}

void DenoiseNode::work() {
    while (auto frame = queue_.pop()) {
        try {
            process(std::move(*frame));
        } catch (const std::exception &error) {
            if (stopping_ || !rclcpp::ok()) return;
            statistics_.failed(error.what());
            RCLCPP_ERROR_THROTTLE(get_logger(), *get_clock(), log_period_ms, "frame dropped: %s", error.what());
        }
    }
}

void DenoiseNode::process(Frame frame) {
    take_over_parameters();
    const auto start = Clock::now();
    clean(*frame.cloud, frame.layout, filter_);
    LastFrame last;
    last.points = frame.layout.points();
    last.reduced = budget_.is_reduced();
    if (last.points > 0) {
        last.noise = filter_.report("noise");
        last.steps = static_cast<int>(filter_.report("steps"));
    }
    publisher_->publish(std::move(frame.cloud));
    const auto end = Clock::now();
    const double latency_ms = milliseconds(end - frame.arrival);
    statistics_.published(milliseconds(end - start), latency_ms, last);
    budget_.frame(latency_ms, queue_.is_full());
}

void DenoiseNode::diagnose(diagnostic_updater::DiagnosticStatusWrapper &status) {
    using diagnostic_msgs::msg::DiagnosticStatus;
    const Report report = statistics_.take();
    const Totals &total = report.total, &recent = report.recent;
    const bool reduced = report.last.reduced && subscription_;
    if (!subscription_)
        status.summary(DiagnosticStatus::OK, "idle: nobody listens to the output");
    else if (recent.out > 0)
        status.summaryf(DiagnosticStatus::OK, "%.1f ms per frame", report.mean_ms);
    else
        status.summary(DiagnosticStatus::OK, "listening: no frame was finished since the last report");
    if (reduced) status.mergeSummary(DiagnosticStatus::WARN, "quality reduced to keep max_latency_ms");
    if (recent.dropped) status.mergeSummary(DiagnosticStatus::WARN, "frames dropped: they come faster than they are cleaned");
    if (recent.refused) status.mergeSummary(DiagnosticStatus::WARN, "messages refused: " + report.refusal);
    if (recent.failed) status.mergeSummary(DiagnosticStatus::ERROR, "frames failed: " + report.failure);

    status.add("frames in", total.in);
    status.add("frames out", total.out);
    status.add("frames dropped", total.dropped);
    status.add("messages refused", total.refused);
    status.add("frames failed", total.failed);
    status.addf("ms per frame", "%.2f", report.mean_ms);
    status.addf("largest ms per frame", "%.2f", report.max_ms);
    status.addf("largest latency ms", "%.2f", report.max_latency_ms);
    status.add("points of the last frame", report.last.points);
    status.addf("noise of the last frame", "%.6g", report.last.noise);
    status.add("steps of the last frame", report.last.steps);
    status.add("quality", reduced ? "reduced" : "as set");
    status.add("device", model_.device());
    status.add("last refusal", report.refusal);
    status.add("last failure", report.failure);
}

}  // namespace quietcloud_ros

RCLCPP_COMPONENTS_REGISTER_NODE(quietcloud_ros::DenoiseNode)
