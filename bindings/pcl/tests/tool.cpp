// tool CLI TOOL FOLDER: quietcloud_pcl_denoise gives what `quietcloud denoise` gives on the same file and seed, to the bit,
// whatever the encoding of the file; and fails where it has to.
#include <pcl/io/pcd_io.h>

#include "scan.hpp"

namespace {

struct File {
    pcl::PCLPointCloud2 cloud;
    Eigen::Vector4f origin;
    Eigen::Quaternionf orientation;

    explicit File(const std::string &path) {
        int version = 0;
        CHECK(pcl::PCDReader().read(path, cloud, origin, orientation, version) == 0);
    }
};

int run(const std::string &command) { return std::system((command + " > " + "said.txt 2>&1").c_str()); }

}  // namespace

int main(int argc, char **argv) {
    if (argc != 4) return 2;
    const std::string cli = std::string(argv[1]) + " denoise ", tool = std::string(argv[2]) + " ", folder = argv[3];
    const std::string in = folder + "/in.pcd", ours = folder + "/tool.pcd", theirs = folder + "/cli.pcd";
    const auto cloud = scan<pcl::PointXYZI>(64, 48);
    pcl::PCDWriter writer;
    for (const char *encoding : {"ascii", "binary", "compressed"}) {
        const std::string kind = encoding;
        if (kind == "ascii") writer.writeASCII(in, *cloud, 9);
        if (kind == "binary") writer.writeBinary(in, *cloud);
        if (kind == "compressed") writer.writeBinaryCompressed(in, *cloud);
        for (const std::string noise : {"auto", "0.02"}) {
            std::remove(ours.c_str());
            CHECK(run(cli + in + " " + theirs + " --seed 9 --quality fast --noise " + noise) == 0);
            CHECK(run(tool + in + " " + ours + " -seed 9 -quality fast -noise " + noise) == 0);
            const File before(in), a(ours), b(theirs);
            CHECK(a.cloud.data == b.cloud.data);
            CHECK(a.cloud.data != before.cloud.data);
            CHECK(a.cloud.width == 64 && a.cloud.height == 48 && a.cloud.fields.size() == b.cloud.fields.size());
            CHECK(a.origin == before.origin && a.orientation.coeffs() == before.orientation.coeffs());
            std::printf("%s, noise %s: %zu bytes of points, all the same\n", encoding, noise.c_str(), a.cloud.data.size());
        }
    }
    CHECK(run(tool + in) != 0);
    CHECK(run(tool + in + " " + ours + " -noise") != 0);
    CHECK(run(tool + in + " " + ours + " -noise -1") != 0);
    CHECK(run(tool + in + " " + ours + " -shape round") != 0);
    CHECK(run(tool + in + " " + ours + " -model /no/such/folder") != 0);
    CHECK(run(tool + folder + "/absent.pcd " + ours) != 0);
    CHECK(run(tool + in + " " + folder + "/absent/out.pcd") != 0);
    return failures() != 0;
}
