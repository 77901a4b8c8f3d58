// quietcloud_pcl_denoise in.pcd out.pcd -noise 0.01: every field, the order of the points and the sensor's pose are kept.
#include <pcl/console/print.h>
#include <pcl/console/time.h>
#include <pcl/io/pcd_io.h>
#include <quietcloud/pcl/denoise.hpp>

#include <cstdio>
#include <vector>

using namespace pcl::console;
using Denoise = quietcloud::pcl::Denoise<pcl::PCLPointCloud2>;

namespace {

struct Arguments {
    std::string in, out, model, device = "auto";
};

void usage(const char *program) {
    print_error("Syntax is: %s input.pcd output.pcd <options>, where options are:\n", program);
    for (const quietcloud::Option &option : quietcloud::options()) {
        std::string words;
        for (const std::string &choice : option.choices) words += (words.empty() ? "" : "|") + choice;
        if (option.kind != QUIETCLOUD_KIND_CHOICE) words += words.empty() ? "X" : "|X";
        const std::string unit = option.unit.empty() ? "" : " (" + option.unit + ")";
        print_info("  -%s %s: %s%s\n", option.name.c_str(), words.c_str(), option.help.c_str(), unit.c_str());
    }
    print_info("  -model FOLDER: model folder, or a zip archive of one; the built-in model without it\n");
    print_info("  -device auto|cpu|cuda|tensorrt: where to run\n");
}

/// False where the words are not what usage() says; throws for values that an option does not take.
bool parse(int argc, char **argv, Arguments &arguments, Denoise &denoise) {
    std::vector<std::string> files;
    const auto options = quietcloud::options();
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (word.size() < 2 || word[0] != '-') {
            files.push_back(word);
            continue;
        }
        const std::string name = word.substr(1);
        if (++i == argc) return false;
        if (name == "model")
            arguments.model = argv[i];
        else if (name == "device")
            arguments.device = argv[i];
        else if (std::any_of(options.begin(), options.end(), [&](const quietcloud::Option &o) { return o.name == name; }))
            denoise.setOption(name, std::string(argv[i]));
        else
            return false;
    }
    if (files.size() != 2) return false;
    arguments.in = files[0];
    arguments.out = files[1];
    return true;
}

void work(const Arguments &arguments, Denoise &denoise) {
    TicToc clock;
    const auto cloud = pcl::make_shared<pcl::PCLPointCloud2>();
    Eigen::Vector4f origin;
    Eigen::Quaternionf orientation;
    int version = 0;
    print_highlight("Loading %s ", arguments.in.c_str());
    clock.tic();
    if (pcl::PCDReader().read(arguments.in, *cloud, origin, orientation, version) < 0)
        throw std::runtime_error("can't read " + arguments.in);
    print_info("[done, %g ms : %zu points]\n", clock.toc(), std::size_t(cloud->width) * cloud->height);

    if (arguments.model.empty())
        denoise.setModel(quietcloud::Model::builtin(arguments.device));
    else
        denoise.setModel(arguments.model, arguments.device);
    print_highlight("Denoising ");
    clock.tic();
    denoise.setInputCloud(cloud);
    denoise.filter(*cloud);
    print_info("[done, %g ms : noise %g, %g steps, %s]\n", clock.toc(), denoise.getReport("noise"), denoise.getReport("steps"),
               denoise.getReportText("device").c_str());
    const std::string notes = denoise.getReportText("notes");
    if (!notes.empty()) print_warn("%s\n", notes.c_str());

    print_highlight("Saving %s ", arguments.out.c_str());
    clock.tic();
    if (pcl::PCDWriter().writeBinaryCompressed(arguments.out, *cloud, origin, orientation) < 0)
        throw std::runtime_error("can't write " + arguments.out);
    print_info("[done, %g ms]\n", clock.toc());
}

}  // namespace

int main(int argc, char **argv) try {
    Arguments arguments;
    Denoise denoise;
    if (!parse(argc, argv, arguments, denoise)) {
        usage(argv[0]);
        return 2;
    }
    work(arguments, denoise);
    return 0;
} catch (const std::exception &error) {
    print_error("%s\n", error.what());
    return 1;
}
