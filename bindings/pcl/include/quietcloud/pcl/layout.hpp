// Where the coordinates lie in the bytes of a pcl::PCLPointCloud2.

#ifndef QUIETCLOUD_PCL_LAYOUT_HPP
#define QUIETCLOUD_PCL_LAYOUT_HPP

#include <pcl/PCLPointCloud2.h>
#include <pcl/types.h>
#include <quietcloud/pcl/errors.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace quietcloud {
namespace pcl {
namespace detail {

/// Proven to lie inside of the cloud's data.
struct Layout {
    std::size_t offset;    ///< of x in a point
    std::uint8_t datatype; ///< FLOAT32 or FLOAT64
    std::size_t width, height, point_step, row_step;

    std::size_t points() const { return width * height; }
    std::size_t place(std::size_t point) const { return point / width * row_step + point % width * point_step; }
};

inline const ::pcl::PCLPointField &field(const ::pcl::PCLPointCloud2 &cloud, const std::string &name) {
    for (const auto &field : cloud.fields)
        if (field.name == name) return field;
    refuse("the cloud has no field " + name);
}

/// The layout of a cloud that has points; throws pcl::BadArgumentException for one that can't be worked on.
inline Layout layout(const ::pcl::PCLPointCloud2 &cloud) {
    using Field = ::pcl::PCLPointField;
    const Field &x = field(cloud, "x"), &y = field(cloud, "y"), &z = field(cloud, "z");
    if (x.datatype != y.datatype || x.datatype != z.datatype || (x.datatype != Field::FLOAT32 && x.datatype != Field::FLOAT64))
        refuse("x, y and z have to be FLOAT32, or all of them FLOAT64");
    const std::size_t size = x.datatype == Field::FLOAT32 ? sizeof(float) : sizeof(double);
    if (y.offset != x.offset + size || z.offset != x.offset + 2 * size) refuse("x, y and z do not lie side by side");
    if (x.offset + 3 * size > cloud.point_step) refuse("x, y and z do not fit into point_step");
    if (cloud.is_bigendian != ::pcl::PCLPointCloud2().is_bigendian) refuse("the bytes are in another machine's order");

    const std::size_t row = std::size_t(cloud.width) * cloud.point_step;
    // The one row of an unorganised cloud may leave row_step unset.
    const Layout layout{x.offset, x.datatype, cloud.width, cloud.height, cloud.point_step,
                        cloud.height == 1 ? row : cloud.row_step};
    if (layout.row_step < row) refuse("row_step is smaller than width * point_step");
    const std::size_t rest = cloud.data.size() / layout.row_step;
    if (rest < layout.height && !(rest + 1 == layout.height && cloud.data.size() % layout.row_step >= row))
        refuse("data is smaller than height * row_step");
    return layout;
}

/// Which of `count` points `indices` name.
inline std::vector<bool> selection(const ::pcl::Indices &indices, std::size_t count) {
    std::vector<bool> chosen(count, false);
    for (const auto index : indices) {
        // A negative index is larger than any count as an unsigned number.
        if (static_cast<std::size_t>(index) >= count)
            refuse("index " + std::to_string(index) + " of a cloud of " + std::to_string(count) + " points");
        chosen[static_cast<std::size_t>(index)] = true;
    }
    return chosen;
}

}  // namespace detail
}  // namespace pcl
}  // namespace quietcloud

#endif
