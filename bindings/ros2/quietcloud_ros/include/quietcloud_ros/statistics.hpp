// What the node counts, from any thread, for its diagnostics.

#ifndef QUIETCLOUD_ROS__STATISTICS_HPP_
#define QUIETCLOUD_ROS__STATISTICS_HPP_

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

namespace quietcloud_ros {

/// Frames since the start.
struct Totals {
    std::uint64_t in = 0;       ///< messages received
    std::uint64_t out = 0;      ///< clouds published
    std::uint64_t dropped = 0;  ///< pushed out of the queue by newer ones
    std::uint64_t refused = 0;  ///< messages that can't be worked on
    std::uint64_t failed = 0;   ///< runs that ended in an error
};

/// The last frame that was published.
struct LastFrame {
    std::uint64_t points = 0;
    double noise = 0;  ///< standard deviation, in the cloud's unit
    int steps = 0;
    bool reduced = false;  ///< by the frame budget
};

/// Totals, and what happened since the report before.
struct Report {
    Totals total, recent;
    double mean_ms = 0, max_ms = 0;  ///< of the work on a frame
    double max_latency_ms = 0;       ///< from arrival to publication
    LastFrame last;
    std::string refusal, failure;  ///< why, the last time
};

class Statistics {
public:
    void received() { count(&Totals::in); }
    void dropped() { count(&Totals::dropped); }
    void refused(std::string why) {
        count(&Totals::refused);
        const std::lock_guard<std::mutex> lock(mutex_);
        now_.refusal = std::move(why);
    }
    void failed(std::string why) {
        count(&Totals::failed);
        const std::lock_guard<std::mutex> lock(mutex_);
        now_.failure = std::move(why);
    }
    void published(double ms, double latency_ms, const LastFrame &frame) {
        count(&Totals::out);
        const std::lock_guard<std::mutex> lock(mutex_);
        sum_ms_ += ms;
        now_.max_ms = std::max(now_.max_ms, ms);
        now_.max_latency_ms = std::max(now_.max_latency_ms, latency_ms);
        now_.last = frame;
    }

    /// The report on the time since the last call.
    Report take() {
        const std::lock_guard<std::mutex> lock(mutex_);
        Report report = now_;
        report.mean_ms = report.recent.out ? sum_ms_ / static_cast<double>(report.recent.out) : 0;
        now_.recent = Totals();
        now_.max_ms = now_.max_latency_ms = sum_ms_ = 0;
        return report;
    }

private:
    void count(std::uint64_t Totals::*what) {
        const std::lock_guard<std::mutex> lock(mutex_);
        ++(now_.total.*what);
        ++(now_.recent.*what);
    }

    std::mutex mutex_;
    Report now_;
    double sum_ms_ = 0;
};

}  // namespace quietcloud_ros

#endif  // QUIETCLOUD_ROS__STATISTICS_HPP_
