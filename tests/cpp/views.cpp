// Every kind of memory that quietcloud::view takes, and what it makes of it; needs no model.
#include <quietcloud/quietcloud.hpp>
#include <quietcloud/quietcloud.hpp>

#include "check.hpp"

#if __has_include(<Eigen/Core>)
#include <Eigen/Core>
#define WITH_EIGEN
#endif

namespace {

struct Padded {
    float x, y, z, w;
    int ring;
};
struct Scattered {
    float x, intensity, y, z;
};

template <class Real>
void same(quietcloud::Points<Real> points, const void *start, std::size_t count, std::size_t stride) {
    CHECK(static_cast<const void *>(points.xyz) == start);
    CHECK(points.count == count);
    CHECK((points.stride_bytes == 0 ? 3 * sizeof(Real) : points.stride_bytes) == stride);
}

}  // namespace

int main() {
    std::vector<float> flat(6);
    same<float>(quietcloud::view(flat), flat.data(), 2, 12);
    const std::vector<double> constant(9);
    same<const double>(quietcloud::view(constant), constant.data(), 3, 24);

    std::vector<std::array<double, 3>> arrays(4);
    same<double>(quietcloud::view(arrays), arrays.data(), 4, 24);
    std::array<std::array<float, 3>, 5> fixed{};
    same<float>(quietcloud::view(fixed), fixed.data(), 5, 12);
    const auto &constant_arrays = arrays;
    same<const double>(quietcloud::view(constant_arrays), arrays.data(), 4, 24);

    std::vector<Padded> padded(3);
    same<float>(quietcloud::view(padded), padded.data(), 3, sizeof(Padded));
    std::vector<Padded> empty;
    CHECK(quietcloud::view(empty).count == 0);

    std::vector<float> odd(7);
    CHECK_THROWS(quietcloud::view(odd), QUIETCLOUD_E_CLOUD);
    std::vector<Scattered> scattered(1);
    CHECK_THROWS(quietcloud::view(scattered), QUIETCLOUD_E_CLOUD);

    quietcloud::Points<float> wrapped(flat.data(), 1, 24);
    same<float>(quietcloud::view(wrapped), flat.data(), 1, 24);

#ifdef WITH_EIGEN
    Eigen::Matrix3Xf columns(3, 8);
    same<float>(quietcloud::view(columns), columns.data(), 8, 12);
    const Eigen::Matrix3Xd constant_columns(3, 8);
    same<const double>(quietcloud::view(constant_columns), constant_columns.data(), 8, 24);
    Eigen::Matrix<double, Eigen::Dynamic, 3, Eigen::RowMajor> rows(5, 3);
    same<double>(quietcloud::view(rows), rows.data(), 5, 24);
    Eigen::Matrix<float, 4, Eigen::Dynamic> homogeneous(4, 6);
    auto top = homogeneous.topRows<3>();
    same<float>(quietcloud::view(top), homogeneous.data(), 6, 16);
    std::vector<Eigen::Vector3d> vectors(3);
    same<double>(quietcloud::view(vectors), vectors.data(), 3, 24);
    std::vector<Eigen::Vector4f, Eigen::aligned_allocator<Eigen::Vector4f>> wide(3);
    same<float>(quietcloud::view(wide), wide.data(), 3, 16);
    Eigen::VectorXf run(9);
    same<float>(quietcloud::view(run), run.data(), 3, 12);
    Eigen::Map<Eigen::Matrix3Xf> map(flat.data(), 3, 2);
    same<float>(quietcloud::view(map), flat.data(), 2, 12);
#endif
    return failures();
}
