// The frame budget on made-up machines: a frame takes `ms` a step.
#include <quietcloud_ros/budget.hpp>

#include "check.hpp"

using quietcloud_ros::Budget;
using quietcloud_ros::Effort;
using quietcloud_ros::ladder;

namespace {

/// What the default model takes.
int steps(Effort effort) {
    const int preset[] = {2, 3, 6};
    return effort.steps ? effort.steps : preset[effort.quality];
}

/// Runs `frames` frames; returns how many were late.
int run(Budget &budget, double ms, double limit, int frames) {
    int late = 0;
    for (int i = 0; i < frames; ++i) {
        const double latency = ms * steps(budget.effort());
        late += latency > limit;
        budget.frame(latency, false);
    }
    return late;
}

void rungs() {
    const auto high = ladder({2, 0});
    CHECK(high.size() == 4 && high[1] == (Effort{1, 0}) && high[2] == (Effort{0, 0}) && high[3] == (Effort{0, 1}));
    const auto ten = ladder({1, 10});
    CHECK(ten.size() == 4 && ten[1] == (Effort{1, 5}) && ten[2] == (Effort{1, 2}) && ten[3] == (Effort{1, 1}));
    CHECK(ladder({0, 1}).size() == 1);
}

void without_a_limit_nothing_changes() {
    Budget budget;
    budget.configure(0, {2, 0});
    for (int i = 0; i < 1000; ++i) budget.frame(1e9, true);
    CHECK(budget.effort() == (Effort{2, 0}));
    CHECK(!budget.is_reduced());
}

void a_slow_machine_gets_what_it_can_do() {
    Budget budget;
    budget.configure(100, {2, 0});
    run(budget, 30, 100, 200);  // six steps 180 ms, three 90 ms
    CHECK(budget.effort() == (Effort{1, 0}));
    CHECK(budget.is_reduced());
    budget.configure(100, {2, 0});  // as before: nothing starts again
    CHECK(budget.effort() == (Effort{1, 0}));
    run(budget, 300, 100, 200);
    CHECK(budget.effort() == (Effort{0, 1}));
    run(budget, 10, 100, 1000);
    CHECK(budget.effort() == (Effort{2, 0}));
    CHECK(!budget.is_reduced());
}

void one_hiccup_is_forgiven_two_are_not() {
    Budget budget;
    budget.configure(100, {1, 0});
    for (int i = 0; i < 100; ++i) budget.frame(i % 2 ? 500 : 50, false);
    CHECK(!budget.is_reduced());
    budget.frame(101, false);
    budget.frame(101, false);
    CHECK(budget.is_reduced());
}

void a_full_queue_steps_down_before_a_frame_is_dropped() {
    Budget budget;
    budget.configure(100, {1, 0});
    budget.frame(10, true);
    CHECK(budget.effort() == (Effort{0, 0}));
    for (int i = 0; i < 10; ++i) budget.frame(10, true);
    CHECK(budget.effort() == (Effort{0, 1}));
}

/// At 17 ms a step two steps look roomy (34 of 60 ms) and three take 51: fine. At 25 ms one step looks roomy (25 of 60 ms),
/// two take 50 and stay. At 31 ms one looks roomy (31) and two do not fit (62): the back-off keeps the swings rare.
void a_machine_on_the_edge_does_not_swing() {
    Budget budget;
    budget.configure(60, {1, 0});
    run(budget, 17, 60, 200);
    CHECK(budget.effort() == (Effort{1, 0}));
    run(budget, 25, 60, 200);
    CHECK(budget.effort() == (Effort{0, 0}));
    run(budget, 31, 60, 1000);
    CHECK(budget.effort() == (Effort{0, 1}));
    CHECK(run(budget, 31, 60, 10000) <= 2 * 10000 / Budget::longest_patience + 2);
    // A better machine is not punished for ever.
    run(budget, 5, 60, 2 * Budget::longest_patience);
    CHECK(!budget.is_reduced());
    CHECK(run(budget, 31, 60, 20) <= 4);
}

void other_wishes_start_again() {
    Budget budget;
    budget.configure(100, {2, 0});
    run(budget, 300, 100, 20);
    CHECK(budget.is_reduced());
    budget.configure(100, {1, 0});
    CHECK(budget.effort() == (Effort{1, 0}));
    run(budget, 300, 100, 20);
    budget.configure(5000, {1, 0});
    CHECK(!budget.is_reduced());
}

}  // namespace

int main() {
    CHECK(Budget().effort() == Effort());
    rungs();
    without_a_limit_nothing_changes();
    a_slow_machine_gets_what_it_can_do();
    one_hiccup_is_forgiven_two_are_not();
    a_full_queue_steps_down_before_a_frame_is_dropped();
    a_machine_on_the_edge_does_not_swing();
    other_wishes_start_again();
    return failures() != 0;
}
