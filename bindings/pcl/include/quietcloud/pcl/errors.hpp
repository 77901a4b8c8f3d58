// quietcloud's failures as PCL's exceptions.

#ifndef QUIETCLOUD_PCL_ERRORS_HPP
#define QUIETCLOUD_PCL_ERRORS_HPP

#include <pcl/exceptions.h>
#include <quietcloud/quietcloud.hpp>

#include <string>

namespace quietcloud {
namespace pcl {

/// The progress callback asked to stop.
class CancelledException : public ::pcl::PCLException {
public:
    explicit CancelledException(const std::string &what) : ::pcl::PCLException(what, nullptr, "[quietcloud::pcl::Denoise]") {}
};

namespace detail {

constexpr const char *where = "[quietcloud::pcl::Denoise]";

[[noreturn]] inline void refuse(const std::string &what) {
    throw ::pcl::BadArgumentException(what, nullptr, where);
}

[[noreturn]] inline void rethrow(const Error &error) {
    switch (error.code()) {
        case QUIETCLOUD_E_ARGUMENT:
        case QUIETCLOUD_E_CLOUD:
        case QUIETCLOUD_E_MEMORY: refuse(error.what());
        case QUIETCLOUD_E_IO:
        case QUIETCLOUD_E_FORMAT:
        case QUIETCLOUD_E_BUNDLE:
        case QUIETCLOUD_E_RUNTIME:
        case QUIETCLOUD_E_DEVICE: throw ::pcl::InitFailedException(error.what(), nullptr, where);
        case QUIETCLOUD_E_CANCELLED: throw CancelledException(error.what());
        default: throw ::pcl::ComputeFailedException(error.what(), nullptr, where);
    }
}

/// Runs `body`; what the library refuses comes out as an exception of PCL's family. Others pass through.
template <class Body>
auto translated(Body body) -> decltype(body()) {
    try {
        return body();
    } catch (const Error &error) {
        rethrow(error);
    }
}

}  // namespace detail
}  // namespace pcl
}  // namespace quietcloud

#endif
