// clean_message MESSAGE RESULT [PACKED CLEANED]: cleans a serialised sensor_msgs/msg/PointCloud2 and serialises it again;
// and, as the measure of it, packed coordinates (float32) by the library itself. Prints `clean`, or `refused: ` and why.
#include <fastcdr/Cdr.h>
#include <fastcdr/FastBuffer.h>
#include <quietcloud_ros/point_cloud2.hpp>
#include <sensor_msgs/msg/detail/point_cloud2__rosidl_typesupport_fastrtps_cpp.hpp>

#include <cstdio>
#include <fstream>
#include <iterator>

namespace {

using Cloud = sensor_msgs::msg::PointCloud2;
using eprosima::fastcdr::Cdr;
using eprosima::fastcdr::FastBuffer;
namespace typesupport = sensor_msgs::msg::typesupport_fastrtps_cpp;

std::vector<char> read(const char *path) {
    std::ifstream file(path, std::ios::binary);
    return std::vector<char>(std::istreambuf_iterator<char>(file), {});
}
void write(const char *path, const char *bytes, std::size_t size) {
    std::ofstream(path, std::ios::binary).write(bytes, static_cast<std::streamsize>(size));
}

Cloud deserialise(std::vector<char> bytes) {
    FastBuffer buffer(bytes.data(), bytes.size());
    Cdr cdr(buffer, Cdr::DEFAULT_ENDIAN, eprosima::fastcdr::CdrVersion::XCDRv1);
    cdr.read_encapsulation();
    Cloud cloud;
    typesupport::cdr_deserialize(cdr, cloud);
    return cloud;
}
void serialise(const Cloud &cloud, const char *path) {
    FastBuffer buffer;
    Cdr cdr(buffer, Cdr::DEFAULT_ENDIAN, eprosima::fastcdr::CdrVersion::XCDRv1);
    cdr.set_encoding_flag(eprosima::fastcdr::EncodingAlgorithmFlag::PLAIN_CDR);
    cdr.serialize_encapsulation();
    typesupport::cdr_serialize(cloud, cdr);
    write(path, buffer.getBuffer(), cdr.get_serialized_data_length());
}

}  // namespace

int main(int count, char **arguments) {
    Cloud cloud = deserialise(read(arguments[1]));
    try {
        const auto layout = quietcloud_ros::layout(cloud);
        const quietcloud::Model model;
        quietcloud::Filter filter(model);
        filter.set("quality", "fast");
        quietcloud_ros::clean(cloud, layout, filter);
        std::puts("clean");
        if (count > 3) {
            auto packed = read(arguments[3]);
            filter.run(quietcloud::Points<float>(reinterpret_cast<float *>(packed.data()), packed.size() / 12));
            write(arguments[4], packed.data(), packed.size());
        }
    } catch (const quietcloud_ros::BadCloud &error) {
        std::printf("refused: %s\n", error.what());
    }
    serialise(cloud, arguments[2]);
}
