// The frame budget: less effort a frame where frames come out late, more again when there is time. Knows no clock.

#ifndef QUIETCLOUD_ROS__BUDGET_HPP_
#define QUIETCLOUD_ROS__BUDGET_HPP_

#include <algorithm>
#include <cstddef>
#include <vector>

namespace quietcloud_ros {

/// The options `quality` (0 fast, 1 balanced, 2 high) and `steps` (0: what the model gives for the quality).
struct Effort {
    int quality = 0;
    int steps = 0;

    bool operator==(const Effort &other) const { return quality == other.quality && steps == other.steps; }
};

/// From what was asked for down to a single step, each cheaper than the one before.
inline std::vector<Effort> ladder(Effort wished) {
    std::vector<Effort> rungs{wished};
    if (wished.steps == 0) {
        while (rungs.back().quality > 0) rungs.push_back({rungs.back().quality - 1, 0});
        rungs.push_back({0, 1});
    } else {
        while (rungs.back().steps > 1) rungs.push_back({wished.quality, rungs.back().steps / 2});
    }
    return rungs;
}

/// Chooses the effort of the next frame from how late the last ones were. One thread at a time.
///
/// Down: at once where the queue was full when a frame was done (the next arrival would be dropped), or after two late
/// frames in a row (one alone may be a hiccup of the machine). Up: after `patience` frames in a row that took no more
/// than `roomy` of the limit; a step up that does not hold for as long doubles the patience, as TCP backs off, so that a
/// machine on the edge does not swing between two qualities.
class Budget {
public:
    static constexpr double roomy = 0.6;
    static constexpr int shortest_patience = 20;
    static constexpr int longest_patience = 1280;

    /// `limit_ms`: what a frame may take from its arrival to its publication; 0: no limit, always what is wished.
    /// Starts again at the wished effort where anything differs from before.
    void configure(double limit_ms, Effort wished) {
        if (!rungs_.empty() && limit_ms == limit_ms_ && wished == rungs_.front()) return;
        limit_ms_ = limit_ms;
        rungs_ = ladder(wished);
        patience_ = shortest_patience;
        change(0, false);
    }

    Effort effort() const { return rungs_.empty() ? Effort() : rungs_[rung_]; }
    bool is_reduced() const { return rung_ > 0; }

    /// One frame is done: what it took, and whether the queue is full.
    void frame(double latency_ms, bool queue_is_full) {
        if (limit_ms_ <= 0) return;
        ++since_change_;
        const bool late = latency_ms > limit_ms_;
        late_ = late ? late_ + 1 : 0;
        calm_ = latency_ms <= roomy * limit_ms_ ? calm_ + 1 : 0;
        if (queue_is_full || late_ >= 2) {
            down();
        } else if (rung_ > 0 && calm_ >= patience_) {
            change(rung_ - 1, true);
        }
    }

private:
    void down() {
        if (rung_ + 1 == rungs_.size()) return;
        if (went_up_) patience_ = since_change_ < patience_ ? std::min(2 * patience_, longest_patience) : shortest_patience;
        change(rung_ + 1, false);
    }
    void change(std::size_t rung, bool up) {
        rung_ = rung;
        went_up_ = up;
        late_ = calm_ = since_change_ = 0;
    }

    double limit_ms_ = 0;
    std::vector<Effort> rungs_;
    std::size_t rung_ = 0;
    int late_ = 0, calm_ = 0;  // frames in a row
    int since_change_ = 0;     // frames
    int patience_ = shortest_patience;
    bool went_up_ = false;  // at the last change
};

}  // namespace quietcloud_ros

#endif  // QUIETCLOUD_ROS__BUDGET_HPP_
