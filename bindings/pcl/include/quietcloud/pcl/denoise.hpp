// quietcloud as a filter of PCL; header-only, C++14, PCL 1.11 and later.
//
//     quietcloud::pcl::Denoise<pcl::PointXYZI> denoise;
//     denoise.setInputCloud(scan);
//     denoise.filter(*clean);                  // clean may be scan
//
// Any type of point with x, y, z side by side, float or double; other modules of PCL ask for PCL_NO_PRECOMPILE before
// their headers where the type is your own, this one does not. pcl::PCLPointCloud2 keeps the fields that no type knows.
//
// No point is added or removed, and only x, y and z change: intensity, ring, colours, normals, padding, width, height,
// header and sensor pose are those of the input, byte for byte. Points with a NaN or an infinity stay as they are.
// Normals are carried over, not turned: estimate them afterwards.
//
// Indices say which points may move. Neighbours and noise come from the whole cloud, as with PCL's own filters; extract
// the points first (pcl::ExtractIndices) where the others shall have no influence.
//
// filter() throws of pcl::PCLException's family: BadArgumentException (option, indices or layout), InitFailedException
// (model, ONNX Runtime, device), ComputeFailedException, CancelledException. The output is an unmoved copy of the input
// then, or untouched where it is the input itself.
//
// An object belongs to one thread at a time; any number of objects may run at once and share a model.
//
// Do not say `using namespace quietcloud`: pcl:: would mean two namespaces then.

#ifndef QUIETCLOUD_PCL_DENOISE_HPP
#define QUIETCLOUD_PCL_DENOISE_HPP

#include <pcl/filters/filter.h>
#include <pcl/impl/pcl_base.hpp>  // for types of point that PCL was not built with
#include <quietcloud/pcl/layout.hpp>
#include <quietcloud/pcl/settings.hpp>

#include <cstring>

namespace quietcloud {
namespace pcl {

/// Moves every point towards the surface that it was measured from.
template <typename PointT>
class Denoise : public ::pcl::Filter<PointT>, public Settings {
public:
    using Ptr = ::pcl::shared_ptr<Denoise<PointT>>;
    using ConstPtr = ::pcl::shared_ptr<const Denoise<PointT>>;
    using PointCloud = typename ::pcl::Filter<PointT>::PointCloud;

    /// Nothing is ever removed; the argument is there for code that is generic over filters.
    Denoise(bool extract_removed_indices = false) : ::pcl::Filter<PointT>(extract_removed_indices) {
        this->filter_name_ = "Denoise";
    }

protected:
    void applyFilter(PointCloud &output) override {
        const PointCloud &input = *this->input_;
        this->forget();
        output = input;
        if (this->fake_indices_) return clean(output);

        const auto chosen = detail::selection(*this->indices_, input.size());
        if (this->indices_->empty()) return;
        clean(output);
        for (std::size_t i = 0; i < chosen.size(); ++i)
            if (!chosen[i]) output.points[i] = input.points[i];
    }

private:
    void clean(PointCloud &cloud) {
        detail::translated([&] { this->run(view(cloud.points), view(this->input_->points)); });
    }
};

/// The same for clouds whose fields are known at run time only. x, y and z are all FLOAT32 or all FLOAT64, side by side.
template <>
class Denoise<::pcl::PCLPointCloud2> : public ::pcl::Filter<::pcl::PCLPointCloud2>, public Settings {
public:
    using Ptr = ::pcl::shared_ptr<Denoise<::pcl::PCLPointCloud2>>;
    using ConstPtr = ::pcl::shared_ptr<const Denoise<::pcl::PCLPointCloud2>>;

    Denoise(bool extract_removed_indices = false) : ::pcl::Filter<::pcl::PCLPointCloud2>(extract_removed_indices) {
        filter_name_ = "Denoise";
    }

protected:
    void applyFilter(::pcl::PCLPointCloud2 &output) override {
        const ::pcl::PCLPointCloud2 &input = *input_;
        forget();
        output = input;
        if (input.width == 0 || input.height == 0) return;
        const detail::Layout layout = detail::layout(input);
        if (fake_indices_) return clean(output, layout);

        const auto chosen = detail::selection(*indices_, layout.points());
        if (indices_->empty()) return;
        clean(output, layout);
        for (std::size_t i = 0; i < chosen.size(); ++i)
            if (!chosen[i]) std::memcpy(&output.data[layout.place(i)], &input.data[layout.place(i)], layout.point_step);
    }

private:
    void clean(::pcl::PCLPointCloud2 &cloud, const detail::Layout &layout) {
        if (layout.datatype == ::pcl::PCLPointField::FLOAT32)
            cleanAs<float>(cloud.data, layout);
        else
            cleanAs<double>(cloud.data, layout);
    }

    template <class Real>
    void cleanAs(std::vector<std::uint8_t> &data, const detail::Layout &layout) {
        if (layout.row_step == layout.width * layout.point_step) {
            // The library takes coordinates that are not aligned.
            const auto *scan = reinterpret_cast<const Real *>(&input_->data[layout.offset]);
            return run(Points<Real>(reinterpret_cast<Real *>(&data[layout.offset]), layout.points(), layout.point_step),
                       Points<const Real>(scan, layout.points(), layout.point_step));
        }
        // Padding between the rows: no single stride leads from point to point, so the coordinates move out and back.
        std::vector<Real> packed(3 * layout.points());
        const auto each = [&](auto move) {
            for (std::size_t i = 0; i < layout.points(); ++i) move(&packed[3 * i], &data[layout.place(i) + layout.offset]);
        };
        each([](Real *xyz, const std::uint8_t *bytes) { std::memcpy(xyz, bytes, 3 * sizeof(Real)); });
        const std::vector<Real> scan(packed.begin(), getComputeConfidence() ? packed.end() : packed.begin());
        run(Points<Real>(packed.data(), layout.points()), Points<const Real>(scan.data(), layout.points()));
        each([](const Real *xyz, std::uint8_t *bytes) { std::memcpy(bytes, xyz, 3 * sizeof(Real)); });
    }
};

}  // namespace pcl
}  // namespace quietcloud

#endif
