// The C++ wrapper: exceptions, results, ownership, progress.
#include <quietcloud/quietcloud.hpp>

#include <cmath>
#include <cstring>
#include <random>
#include <thread>

#include "check.hpp"

namespace {

using Cloud = std::vector<std::array<float, 3>>;

Cloud noisy_sphere(std::size_t points) {
    std::mt19937 random(1);
    std::normal_distribution<float> noise(0, 0.02f);
    Cloud cloud(points);
    for (std::size_t i = 0; i < points; ++i) {
        const float z = 1 - 2 * (float(i) + 0.5f) / float(points), r = std::sqrt(1 - z * z), a = 2.3999632f * float(i);
        const float scale = 1 + noise(random);
        cloud[i] = {{scale * r * std::cos(a), scale * r * std::sin(a), scale * z}};
    }
    return cloud;
}

void runs(const quietcloud::Model &model, const Cloud &noisy) {
    quietcloud::Filter filter(model);
    Cloud clean(noisy.size()), in_place = noisy;
    filter.run(noisy, clean);
    filter.run(in_place);
    CHECK(clean == in_place);
    CHECK(clean != noisy);
    CHECK(filter.report("points") == double(noisy.size()));
    CHECK(filter.report("estimated") == 1);
    CHECK(filter.report_text("device") == "cpu");
    CHECK(filter.report_text("notes").empty());

    std::vector<float> flat(noisy.size() * 3);
    std::memcpy(flat.data(), noisy.data(), flat.size() * sizeof(float));
    CHECK(filter.try_run(flat));
    CHECK(std::memcmp(flat.data(), clean.data(), flat.size() * sizeof(float)) == 0);

    Cloud shorter(noisy.size() - 1);
    CHECK_THROWS(filter.run(noisy, shorter), QUIETCLOUD_E_CLOUD);
    auto overlapping = quietcloud::Points<float>(flat.data() + 1, 10), points = quietcloud::Points<float>(flat.data(), 10);
    CHECK_THROWS(filter.run(points, overlapping), QUIETCLOUD_E_CLOUD);
    const auto status = filter.try_run(points, overlapping);
    CHECK(!status && status.code() == QUIETCLOUD_E_CLOUD && status.message().find("overlap") != std::string::npos);
}

void confidence(const quietcloud::Model &model, Cloud noisy) {
    noisy[7][2] += 0.3f;  // fifteen standard deviations
    noisy[8][0] = std::nanf("");
    quietcloud::Filter filter(model);
    Cloud clean(noisy.size());
    filter.run(noisy, clean);
    const double noise = filter.report("noise");
    const std::vector<float> rated = quietcloud::confidence(noisy, clean, noise);
    std::size_t low = 0;
    for (const float value : rated) {
        CHECK(value >= 0 && value <= 1);
        low += value < 0.01f;
    }
    CHECK(rated.size() == noisy.size() && rated[7] < 0.01f && rated[8] == 0 && low < noisy.size() / 20);

    // The same from doubles, and from other strides on both sides.
    std::vector<double> wide(3 * noisy.size());
    std::vector<std::array<double, 5>> sparse(noisy.size());
    for (std::size_t i = 0; i < noisy.size(); ++i)
        for (std::size_t a = 0; a < 3; ++a) {
            wide[3 * i + a] = double(noisy[i][a]);
            sparse[i][a] = double(clean[i][a]);
        }
    const quietcloud::Points<const double> strided(sparse[0].data(), sparse.size(), sizeof sparse[0]);
    CHECK(quietcloud::confidence(wide, strided, noise) == rated);

    CHECK(quietcloud::confidence(Cloud(), Cloud(), noise).empty());
    CHECK(quietcloud::confidence(Cloud(1), Cloud(1), noise).size() == 1);
    CHECK_THROWS(quietcloud::confidence(noisy, Cloud(3), noise), QUIETCLOUD_E_CLOUD);
    CHECK_THROWS(quietcloud::confidence(noisy, clean, -1), QUIETCLOUD_E_ARGUMENT);
    CHECK_THROWS(quietcloud::confidence(noisy, clean, std::nan("")), QUIETCLOUD_E_ARGUMENT);
}

void options(const quietcloud::Model &model) {
    quietcloud::Filter filter(model);
    filter.set("quality", "high").set("noise", 0.5);
    CHECK(filter.text("quality") == "high" && filter.number("quality") == 2 && filter.number("noise") == 0.5);
    CHECK(filter.bounds("noise").low == 0 && filter.bounds("noise").initial == 0);
    CHECK_THROWS(filter.set("quality", "best"), QUIETCLOUD_E_ARGUMENT);
    CHECK_THROWS(filter.number("nois"), QUIETCLOUD_E_ARGUMENT);

    const auto all = quietcloud::options();
    CHECK(all.size() == quietcloud_filter_option_count());
    for (const auto &option : all) {
        CHECK(option.bounds.high == filter.bounds(option.name).high);
        CHECK(option.kind != QUIETCLOUD_KIND_CHOICE || option.choices.size() == std::size_t(option.bounds.high) + 1);
    }
}

void progress(const quietcloud::Model &model, const Cloud &noisy) {
    quietcloud::Filter filter(model);
    Cloud cloud = noisy;
    double last = -1;
    filter.on_progress([&](double done) {
        CHECK(done >= last);
        last = done;
        return true;
    });
    filter.run(cloud);
    CHECK(last == 1);

    cloud = noisy;
    filter.on_progress([](double) { return false; });
    CHECK_THROWS(filter.run(cloud), QUIETCLOUD_E_CANCELLED);
    CHECK(filter.try_run(cloud).code() == QUIETCLOUD_E_CANCELLED);

    // The caller's own exception comes out again, whatever its type.
    filter.on_progress([](double) -> bool { throw 42; });
    try {
        filter.run(cloud);
        CHECK(!"nothing thrown");
    } catch (int thrown) {
        CHECK(thrown == 42);
    }
    CHECK(cloud == noisy);

    // The callback moves along.
    int calls = 0;
    filter.on_progress([&calls](double) { return ++calls > 0; });
    quietcloud::Filter moved = std::move(filter);
    moved.run(cloud);
    CHECK(calls >= 2);
    moved = quietcloud::Filter(model);
    calls = 0;
    moved.run(cloud);
    CHECK(calls == 0);
}

void ownership(const Cloud &noisy) {
    auto opened = quietcloud::Model::try_open(MODEL_FOLDER, "cpu");
    CHECK(opened);
    quietcloud::Model copy = *opened;
    CHECK(copy.get() == opened->get());
    quietcloud::Filter filter(std::move(*opened));
    copy = quietcloud::Model();  // the filter keeps what it needs
    Cloud cloud = noisy;
    filter.run(cloud);

    auto failed = quietcloud::Model::try_open("/nowhere");
    CHECK(!failed && failed.status().code() == QUIETCLOUD_E_BUNDLE);
    CHECK_THROWS(failed.value(), QUIETCLOUD_E_BUNDLE);
    CHECK_THROWS(quietcloud::Model("/nowhere"), QUIETCLOUD_E_BUNDLE);
    CHECK_THROWS(quietcloud::Model::builtin("gpu"), QUIETCLOUD_E_ARGUMENT);
    CHECK_THROWS(quietcloud::Model::from_memory("", 0), QUIETCLOUD_E_BUNDLE);
    CHECK(copy.describe().find("\"method\"") != std::string::npos);
}

}  // namespace

int main() {
    const auto model = quietcloud::Model::builtin("cpu");
    const auto noisy = noisy_sphere(1500);
    CHECK(model.device() == "cpu");
    runs(model, noisy);
    confidence(model, noisy);
    options(model);
    progress(model, noisy);
    ownership(noisy);
    CHECK(quietcloud::version() == PACKAGE_VERSION);
    quietcloud::set_threads(0);
    CHECK_THROWS(quietcloud::set_threads(5000), QUIETCLOUD_E_ARGUMENT);
    CHECK_THROWS(quietcloud::set_runtime("/elsewhere.so"), QUIETCLOUD_E_RUNTIME);
    return failures();
}
