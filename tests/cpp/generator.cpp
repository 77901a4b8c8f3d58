// The C++ wrapper of generators.
#include <quietcloud/quietcloud.hpp>

#include <cmath>

#include "check.hpp"

int main() {
    const std::string folder = GENERATORS;
    quietcloud::Generator ddpm{quietcloud::Model(folder + "/ddpm-gaussian", "cpu")};
    ddpm.set("seed", 3).set("quality", "fast");
    CHECK(ddpm.text("quality") == "fast" && ddpm.number("seed") == 3 && ddpm.bounds("steps").high == 1000);
    const std::vector<float> cloud = ddpm.run(50, 2);
    CHECK(cloud.size() == 300 && ddpm.report("clouds") == 2 && ddpm.report_text("device") == "cpu");
    const std::vector<double> wide = ddpm.set("first", 1).run<double>(50);
    CHECK(wide.size() == 150 && float(wide[7]) == cloud[157]);
    const auto bound = ddpm.likelihood(cloud);
    CHECK(std::abs(bound.nats_per_point / 3 / std::log(2.0) - bound.bits_per_dimension) < 1e-9);
    CHECK_THROWS(ddpm.run(3), QUIETCLOUD_E_ARGUMENT);
    CHECK_THROWS(ddpm.run(0), QUIETCLOUD_E_ARGUMENT);
    CHECK_THROWS(ddpm.run(100, std::size_t(-1) / 100), QUIETCLOUD_E_CLOUD);
    CHECK_THROWS(quietcloud::Generator(quietcloud::Model::builtin("cpu")), QUIETCLOUD_E_UNSUPPORTED);

    quietcloud::Generator vae{quietcloud::Model(folder + "/vae", "cpu")};
    quietcloud::Generator lion{quietcloud::Model(folder + "/lion", "cpu")};
    std::vector<float> out(cloud.size()), few(60);
    lion.reconstruct(cloud, out);
    for (std::size_t i = 0; i < out.size(); ++i) CHECK(std::abs(out[i] - cloud[i]) < 1e-3f);
    lion.diffuse_denoise(cloud, out);
    vae.interpolate(cloud, out, 0.5, few);
    CHECK_THROWS(vae.reconstruct(cloud, few), QUIETCLOUD_E_CLOUD);
    CHECK_THROWS(ddpm.reconstruct(cloud, out), QUIETCLOUD_E_UNSUPPORTED);

    // An exception of the callback comes out of the run.
    bool thrown = false;
    ddpm.on_progress([](double) -> bool { throw std::runtime_error("enough"); });
    try {
        ddpm.run(50);
    } catch (const std::runtime_error &error) {
        thrown = std::string(error.what()) == "enough";
    }
    CHECK(thrown);
    return failures() > 0;
}
