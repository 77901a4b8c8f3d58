// A bounded queue between the thread that receives and the thread that works: what is oldest goes first when it is full.

#ifndef QUIETCLOUD_ROS__QUEUE_HPP_
#define QUIETCLOUD_ROS__QUEUE_HPP_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace quietcloud_ros {

/// At most `depth` items; any thread may call any function.
template <class Item>
class Queue {
public:
    explicit Queue(std::size_t depth) : depth_(depth) {}

    /// Adds an item; where there is no room for it, the oldest one leaves and is returned.
    std::optional<Item> push(Item item) {
        std::optional<Item> oldest;
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            if (closed_) return std::optional<Item>(std::move(item));
            if (items_.size() >= depth_) {
                oldest.emplace(std::move(items_.front()));
                items_.pop_front();
            }
            items_.push_back(std::move(item));
        }
        changed_.notify_one();
        return oldest;
    }

    /// The oldest item; waits for one. None once the queue is closed, whatever is still in it.
    std::optional<Item> pop() {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [this] { return closed_ || !items_.empty(); });
        if (closed_) return std::nullopt;
        std::optional<Item> item(std::move(items_.front()));
        items_.pop_front();
        return item;
    }

    /// Whether the next push would drop an item.
    bool is_full() const {
        const std::lock_guard<std::mutex> lock(mutex_);
        return items_.size() >= depth_;
    }

    /// Ends every pop(), waiting or to come.
    void close() {
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            closed_ = true;
        }
        changed_.notify_all();
    }

private:
    const std::size_t depth_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Item> items_;
    bool closed_ = false;
};

}  // namespace quietcloud_ros

#endif  // QUIETCLOUD_ROS__QUEUE_HPP_
