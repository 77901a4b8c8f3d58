// The queue: bounded, oldest out first, and nobody waits for ever.
#include <quietcloud_ros/queue.hpp>

#include <memory>
#include <thread>
#include <vector>

#include "check.hpp"

using quietcloud_ros::Queue;

namespace {

void keeps_the_newest() {
    Queue<int> queue(2);
    CHECK(!queue.push(1));
    CHECK(!queue.is_full());
    CHECK(!queue.push(2));
    CHECK(queue.is_full());
    CHECK(queue.push(3) == 1);
    CHECK(queue.push(4) == 2);
    CHECK(queue.pop() == 3);
    CHECK(queue.pop() == 4);
    CHECK(!queue.is_full());
}

void closing_ends_everything() {
    Queue<std::unique_ptr<int>> queue(3);
    std::thread waiting([&] { CHECK(!queue.pop()); });
    queue.close();
    waiting.join();
    // What comes too late is handed back, and what was left is not worked on.
    const auto late = queue.push(std::make_unique<int>(5));
    CHECK(late && **late == 5);
    CHECK(!queue.pop());
}

/// Nothing is lost, doubled or out of order between two threads, and everything is either popped or dropped.
void two_threads() {
    constexpr int count = 200000;
    Queue<int> queue(3);
    std::vector<int> popped;
    std::thread worker([&] {
        while (const auto item = queue.pop()) {
            popped.push_back(*item);
            if (*item == count - 1) return;
        }
    });
    int dropped = 0, last_dropped = -1;
    for (int i = 0; i < count; ++i) {
        if (const auto oldest = queue.push(i)) {
            CHECK(*oldest > last_dropped && *oldest < i);
            last_dropped = *oldest;
            ++dropped;
        }
    }
    worker.join();
    CHECK(static_cast<int>(popped.size()) + dropped == count);
    for (std::size_t i = 1; i < popped.size(); ++i) CHECK(popped[i - 1] < popped[i]);
}

}  // namespace

int main() {
    keeps_the_newest();
    closing_ends_everything();
    two_threads();
    return failures() != 0;
}
