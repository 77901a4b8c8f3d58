// The coordinates inside a sensor_msgs/msg/PointCloud2, checked before anything is touched. Needs no rclcpp.
//
//     const Layout layout = quietcloud_ros::layout(cloud);    // throws BadCloud, and says why
//     quietcloud_ros::clean(cloud, layout, filter);           // x, y and z change, and no other byte
//
// Sizes and offsets of a message are claims of whoever sent it: each is proven against the data first.

#ifndef QUIETCLOUD_ROS__POINT_CLOUD2_HPP_
#define QUIETCLOUD_ROS__POINT_CLOUD2_HPP_

#include <quietcloud/quietcloud.hpp>
#include <sensor_msgs/msg/point_cloud2.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace quietcloud_ros {

/// A message that can't be worked on; what() says why in one sentence.
class BadCloud : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Where x, y and z lie; proven to be inside of the message's data.
struct Layout {
    std::array<std::size_t, 3> offsets;  ///< of x, y and z in a point, in bytes
    std::size_t width, height, point_step, row_step;

    std::size_t points() const { return width * height; }
    std::size_t place(std::size_t point) const { return point / width * row_step + point % width * point_step; }
    /// Whether one stride leads from every point to the next, with y and z behind x.
    bool is_strided() const {
        return (height == 1 || row_step == width * point_step) && offsets[1] == offsets[0] + sizeof(float) &&
               offsets[2] == offsets[1] + sizeof(float);
    }
};

namespace detail {

inline bool host_is_bigendian() {
    const std::uint16_t number = 1;
    std::uint8_t first = 0;
    std::memcpy(&first, &number, 1);
    return first == 0;
}

inline std::size_t offset(const sensor_msgs::msg::PointCloud2 &cloud, const std::string &name) {
    using Field = sensor_msgs::msg::PointField;
    for (const Field &field : cloud.fields) {
        if (field.name != name) continue;
        if (field.datatype != Field::FLOAT32)
            throw BadCloud("field " + name + " has datatype " + std::to_string(field.datatype) + "; it has to be FLOAT32 (" +
                           std::to_string(Field::FLOAT32) + ")");
        // Some drivers leave the count of a lone number at 0.
        if (field.count > 1) throw BadCloud("field " + name + " holds " + std::to_string(field.count) + " numbers a point");
        if (std::size_t(field.offset) + sizeof(float) > cloud.point_step)
            throw BadCloud("field " + name + " at byte " + std::to_string(field.offset) + " does not fit into point_step " +
                           std::to_string(cloud.point_step));
        return field.offset;
    }
    throw BadCloud("the cloud has no field " + name);
}

}  // namespace detail

/// The layout of a message; throws BadCloud for one that can't be worked on. A cloud without points is always fine.
inline Layout layout(const sensor_msgs::msg::PointCloud2 &cloud) {
    Layout layout{{{0, 0, 0}}, cloud.width, cloud.height, cloud.point_step, cloud.row_step};
    if (layout.points() == 0) return layout;
    if (cloud.is_bigendian != detail::host_is_bigendian())
        throw BadCloud(cloud.is_bigendian ? "the cloud is big-endian, this machine is not"
                                          : "the cloud is little-endian, this machine is not");
    layout.offsets = {{detail::offset(cloud, "x"), detail::offset(cloud, "y"), detail::offset(cloud, "z")}};
    for (const int axis : {0, 1}) {
        for (int other = axis + 1; other < 3; ++other) {
            const std::size_t a = layout.offsets[axis], b = layout.offsets[other];
            if (a < b + sizeof(float) && b < a + sizeof(float)) throw BadCloud("fields x, y and z share bytes");
        }
    }

    const std::size_t row = layout.width * layout.point_step;
    // Nothing depends on the row_step of a single row, and drivers are careless with it.
    if (layout.height == 1) layout.row_step = row;
    if (layout.row_step < row)
        throw BadCloud("row_step " + std::to_string(cloud.row_step) + " is smaller than width * point_step = " +
                       std::to_string(row));
    // The last row may end without its padding. Divided, because the product of two lies may overflow.
    const std::size_t rows = cloud.data.size() / layout.row_step, rest = cloud.data.size() % layout.row_step;
    if (rows < layout.height && !(rows + 1 == layout.height && rest >= row))
        throw BadCloud("data has " + std::to_string(cloud.data.size()) + " bytes; height " + std::to_string(cloud.height) +
                       " and row_step " + std::to_string(layout.row_step) + " ask for more");
    return layout;
}

/// Runs `filter` on the points of `cloud`, in place. `layout` is that of the cloud. Points with a NaN or an infinity stay
/// as they are. Throws quietcloud::Error where the run fails; the cloud is untouched then.
inline void clean(sensor_msgs::msg::PointCloud2 &cloud, const Layout &layout, quietcloud::Filter &filter) {
    if (layout.points() == 0) return;
    if (layout.is_strided()) {
        // The library takes coordinates that are not aligned.
        auto *xyz = reinterpret_cast<float *>(&cloud.data[layout.offsets[0]]);
        return filter.run(quietcloud::Points<float>(xyz, layout.points(), layout.point_step));
    }
    // No single stride leads from coordinate to coordinate, so they move out and back.
    std::vector<float> packed(3 * layout.points());
    const auto each = [&](auto move) {
        for (std::size_t i = 0; i < layout.points(); ++i)
            for (std::size_t axis = 0; axis < 3; ++axis)
                move(&packed[3 * i + axis], &cloud.data[layout.place(i) + layout.offsets[axis]]);
    };
    each([](float *number, const std::uint8_t *bytes) { std::memcpy(number, bytes, sizeof(float)); });
    filter.run(quietcloud::Points<float>(packed.data(), layout.points()));
    each([](const float *number, std::uint8_t *bytes) { std::memcpy(bytes, number, sizeof(float)); });
}

}  // namespace quietcloud_ros

#endif  // QUIETCLOUD_ROS__POINT_CLOUD2_HPP_
