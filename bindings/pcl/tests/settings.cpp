// Options, model, progress and failures of a filter, the same for every type of point.
#include <quietcloud/pcl/denoise.hpp>

#include <set>
#include <stdexcept>
#include <thread>

#include "scan.hpp"

namespace {

using Denoise = quietcloud::pcl::Denoise<pcl::PointXYZ>;

/// One setter and one getter for every option of the table: a new option without them fails here.
void table() {
    Denoise denoise;
    const quietcloud::pcl::Denoise<pcl::PCLPointCloud2> blob;
    std::set<std::string> covered;
    const auto covers = [&](const std::string &name, bool set_and_got) {
        CHECK(set_and_got);
        covered.insert(name);
    };
    for (const auto &option : quietcloud::options()) {
        CHECK(denoise.getOption(option.name) == option.bounds.initial);
        CHECK(blob.getOption(option.name) == option.bounds.initial);
    }
    CHECK(denoise.getNoise() == 0 && denoise.getSteps() == 0 && denoise.getQuality() == "balanced" &&
          denoise.getSeed() == 0 && denoise.getThreads() == 0 && denoise.getMaxMemoryMb() == 0 &&
          denoise.getSpacing() == 0);
    denoise.setNoise(0.25);
    covers("noise", denoise.getNoise() == 0.25 && denoise.getOption("noise") == 0.25);
    denoise.setSteps(7);
    covers("steps", denoise.getSteps() == 7 && denoise.getOption("steps") == 7);
    denoise.setQuality("high");
    covers("quality", denoise.getQuality() == "high" && denoise.getOption("quality") == 2);
    denoise.setSeed(9007199254740991);
    covers("seed", denoise.getSeed() == 9007199254740991 && denoise.getOption("seed") == 9007199254740991.0);
    denoise.setThreads(3);
    covers("threads", denoise.getThreads() == 3 && denoise.getOption("threads") == 3);
    denoise.setMaxMemoryMb(512);
    covers("max_memory_mb", denoise.getMaxMemoryMb() == 512 && denoise.getOption("max_memory_mb") == 512);
    denoise.setSpacing(0.5);
    covers("spacing", denoise.getSpacing() == 0.5 && denoise.getOption("spacing") == 0.5);
    for (const auto &option : quietcloud::options()) CHECK(covered.count(option.name) == 1);

    denoise.setOption("noise", "auto");
    CHECK(denoise.getNoise() == 0 && denoise.getOptionText("noise") == "auto");
    denoise.setOption("noise", " 1e-3");
    CHECK(denoise.getNoise() == 1e-3);
    CHECK(throws<pcl::BadArgumentException>([&] { denoise.setNoise(-1); }));
    CHECK(throws<pcl::BadArgumentException>([&] { denoise.setNoise(std::nan("")); }));
    CHECK(throws<pcl::BadArgumentException>([&] { denoise.setSeed(~std::uint64_t(0)); }));
    CHECK(throws<pcl::BadArgumentException>([&] { denoise.setQuality("best"); }));
    CHECK(throws<pcl::BadArgumentException>([&] { denoise.setQuality("1"); }));
    CHECK(throws<pcl::BadArgumentException>([&] { denoise.setOption("steps", 1.5); }));
    CHECK(throws<pcl::BadArgumentException>([&] { denoise.setOption("noise", "1 m"); }));
    CHECK(throws<pcl::BadArgumentException>([&] { denoise.setOption("nois", 1); }));
    CHECK(throws<pcl::BadArgumentException>([&] { denoise.getOption("nois"); }));
    CHECK(throws<pcl::BadArgumentException>([&] { denoise.getReport("noise"); }));
    CHECK(denoise.getNoise() == 1e-3 && denoise.getQuality() == "high" && denoise.getSteps() == 7);
}

void model_and_device(const quietcloud::Model &model) {
    Denoise denoise;
    CHECK(throws<pcl::InitFailedException>([&] { denoise.setModel("/no/such/folder"); }));
    CHECK(throws<pcl::PCLException>([&] { denoise.setModel(MODEL_FOLDER, "abacus"); }));
    denoise.setModel(MODEL_FOLDER, "cpu");
    CHECK(denoise.getModel().device() == "cpu");
    denoise.setModel(model);
    CHECK(denoise.getModel().get() == model.get());
    const Denoise copy = denoise;
    CHECK(Denoise(copy).getModel().get() == model.get());
    Denoise unset;
    CHECK(unset.getModel().device() == "cpu");
}

void progress(const quietcloud::Model &model) {
    const auto noisy = scan<pcl::PointXYZ>(2000, 1, false);
    const auto untouched = *noisy;
    Denoise denoise;
    denoise.setModel(model);
    denoise.setInputCloud(noisy);
    pcl::PointCloud<pcl::PointXYZ> clean;
    double last = -1;
    bool rises = true;
    denoise.setProgressCallback([&](double done) {
        rises = rises && done >= last && done <= 1;
        last = done;
        return true;
    });
    denoise.filter(clean);
    CHECK(rises && last == 1);
    CHECK(denoise.getReport("points") == 2000 && denoise.getReport("estimated") == 1);
    CHECK(denoise.getReportText("device") == "cpu");
    CHECK(!same_points(clean, untouched));

    denoise.setProgressCallback([](double) { return false; });
    CHECK(throws<quietcloud::pcl::CancelledException>([&] { denoise.filter(clean); }));
    CHECK(throws<pcl::PCLException>([&] { denoise.filter(*noisy); }));
    CHECK(same_points(*noisy, untouched));
    denoise.setProgressCallback([](double) -> bool { throw std::out_of_range("mine"); });
    CHECK(throws<std::out_of_range>([&] { denoise.filter(clean); }));
    denoise.setProgressCallback(nullptr);
    denoise.filter(*noisy);
    CHECK(same_points(*noisy, untouched) == false);
}

/// Filters that share a model, one a thread: the same bytes from each.
void threads(const quietcloud::Model &model) {
    const auto noisy = scan<pcl::PointXYZ>(1500, 1);
    std::vector<pcl::PointCloud<pcl::PointXYZ>> clean(4);
    std::vector<std::thread> workers;
    Denoise denoise;
    denoise.setModel(model);
    denoise.setInputCloud(noisy);
    for (auto &output : clean) {
        workers.emplace_back([&output, denoise]() mutable {
            for (int i = 0; i < 3; ++i) denoise.filter(output);
        });
    }
    for (auto &worker : workers) worker.join();
    for (const auto &output : clean) CHECK(same_points(output, clean[0]));
}

}  // namespace

int main() {
    table();
    const quietcloud::Model model;
    model_and_device(model);
    progress(model);
    threads(model);
    return failures() != 0;
}
