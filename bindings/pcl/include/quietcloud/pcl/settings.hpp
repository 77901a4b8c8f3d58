// What can be set on a filter: the library's own table of options, the model and who hears of the progress.

#ifndef QUIETCLOUD_PCL_SETTINGS_HPP
#define QUIETCLOUD_PCL_SETTINGS_HPP

#include <quietcloud/pcl/errors.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace quietcloud {
namespace pcl {

/// The part of Denoise that does not depend on the type of point. Names, bounds and defaults are the library's, the same
/// in every language. Setters throw pcl::BadArgumentException for what is out of bounds and change nothing then.
/// Copyable; copies share the model.
class Settings {
public:
    /// Standard deviation of the noise along each axis, in the cloud's own unit; 0: estimated from the cloud.
    void setNoise(double noise) { setOption("noise", noise); }
    double getNoise() const { return getOption("noise"); }

    /// Number of denoising steps; 0: what the model gives for the quality.
    void setSteps(unsigned steps) { setOption("steps", steps); }
    unsigned getSteps() const { return static_cast<unsigned>(getOption("steps")); }

    /// "fast", "balanced" or "high".
    void setQuality(const std::string &quality) { setOption("quality", quality); }
    std::string getQuality() const { return getOptionText("quality"); }

    /// Seed of the sampler's noise, up to 2^53 - 1; the same seed gives the same bytes.
    void setSeed(std::uint64_t seed) { setOption("seed", static_cast<double>(seed)); }
    std::uint64_t getSeed() const { return static_cast<std::uint64_t>(getOption("seed")); }

    /// Number of working threads; 0: one for each core.
    void setThreads(unsigned threads) { setOption("threads", threads); }
    unsigned getThreads() const { return static_cast<unsigned>(getOption("threads")); }

    /// Bound on the memory of one run in MiB; 0: what it takes.
    void setMaxMemoryMb(unsigned mebibytes) { setOption("max_memory_mb", mebibytes); }
    unsigned getMaxMemoryMb() const { return static_cast<unsigned>(getOption("max_memory_mb")); }

    /// Median distance between neighbouring points, in the cloud's own unit; 0: measured. For a piece of a larger cloud.
    void setSpacing(double spacing) { setOption("spacing", spacing); }
    double getSpacing() const { return getOption("spacing"); }

    /// Any option of the table by its name, as quietcloud::options() lists them.
    void setOption(const std::string &name, double value) {
        const Option option = find(name);
        const bool whole = option.kind == QUIETCLOUD_KIND_NUMBER || value == std::floor(value);
        if (!whole || !(value >= option.bounds.low && value <= option.bounds.high)) refuseValue(option, text(value));
        values_[name] = value;
    }
    /// The same from a word such as "fast" or "auto", or from digits.
    void setOption(const std::string &name, const std::string &value) {
        const Option option = find(name);
        const auto word = std::find(option.choices.begin(), option.choices.end(), value);
        if (word != option.choices.end()) return setOption(name, static_cast<double>(word - option.choices.begin()));
        std::istringstream digits(value);
        digits.imbue(std::locale::classic());
        double number = 0;
        digits >> number;
        const bool all = !digits.fail() && (digits.eof() || (digits >> std::ws).eof());
        if (option.kind == QUIETCLOUD_KIND_CHOICE || !all) refuseValue(option, "'" + value + "'");
        setOption(name, number);
    }
    double getOption(const std::string &name) const {
        const Option option = find(name);
        const auto set = values_.find(name);
        return set == values_.end() ? option.bounds.initial : set->second;
    }
    /// The option's word where it has one, else digits.
    std::string getOptionText(const std::string &name) const {
        const Option option = find(name);
        const double value = getOption(name);
        for (std::size_t i = 0; i < option.choices.size(); ++i)
            if (value == static_cast<double>(i)) return option.choices[i];
        return text(value);
    }

    /// The model to use: the built-in one where none is set. Opened models may be shared by any number of filters and
    /// threads; opening one is the expensive part of the first run.
    void setModel(const Model &model) { model_ = std::make_shared<const Model>(model); }
    /// A model folder, or a zip archive of one; `device`: as for quietcloud_model_open, "auto", "cpu", "cuda:1" ...
    /// Throws pcl::InitFailedException where it can't be opened.
    void setModel(const std::string &folder, const std::string &device = "auto") {
        detail::translated([&] { setModel(Model(folder, device)); });
    }
    /// The model; opens the built-in one if none is there yet.
    const Model &getModel() {
        if (!model_) detail::translated([&] { setModel(Model()); });
        return *model_;
    }

    /// Hears how far filter() is, from 0 to 1, on the thread that called it; false cancels, and filter() throws
    /// CancelledException. An exception of the callback cancels too and comes out of filter() as it is.
    void setProgressCallback(std::function<bool(double)> callback) { progress_ = std::move(callback); }

    /// Whether filter() rates every point, too; off at first. It takes the time of one more search for every point's
    /// neighbours, and no copy of the cloud unless a pcl::PCLPointCloud2 has padding between its rows.
    void setComputeConfidence(bool compute) { compute_confidence_ = compute; }
    bool getComputeConfidence() const { return compute_confidence_; }
    /// How ordinary each point of the last cloud that filter() worked on is, in its order: close to 0 for strays that no
    /// denoiser saves, else spread over 0 to 1; see quietcloud_confidence_f32. 0 for points with a NaN or an infinity. With
    /// indices, points that none names are rated as well, as if they had moved. Empty where it was not asked for, and where
    /// nothing was cleaned: without points, with empty indices, after an exception.
    const std::vector<float> &getConfidence() const { return confidence_; }

    /// A number of the last run, such as "noise" (given or estimated, in the cloud's unit), "steps" or "total_ms";
    /// quietcloud_filter_report_number lists them all. Throws pcl::BadArgumentException where there was no run.
    double getReport(const std::string &name) const {
        return detail::translated([&] { return last().report(name); });
    }
    /// A text of the last run: "device" (that really ran) or "notes".
    std::string getReportText(const std::string &name) const {
        return detail::translated([&] { return last().report_text(name); });
    }

protected:
    /// At the start of every filter(): what was rated before is of another cloud.
    void forget() { confidence_.clear(); }

    /// Cleans points in place. `scan`: what they are now, in other memory; only read where confidence is asked for.
    template <class Real>
    void run(Points<Real> points, Points<const Real> scan) {
        const Model &model = getModel();
        detail::translated([&] {
            auto filter = std::make_shared<Filter>(model);
            for (const auto &value : values_) filter->set(value.first, value.second);
            filter->on_progress(progress_);
            filter->run(points);
            if (compute_confidence_) confidence_ = confidence(scan, points, filter->report("noise"));
            last_ = std::move(filter);
        });
    }

    ~Settings() = default;

private:
    static Option find(const std::string &name) {
        std::string names;
        for (const Option &option : options()) {
            if (option.name == name) return option;
            names += (names.empty() ? "" : ", ") + option.name;
        }
        detail::refuse("there is no option '" + name + "'; the options are " + names);
    }
    [[noreturn]] static void refuseValue(const Option &option, const std::string &value) {
        std::string allowed;
        for (const std::string &word : option.choices) allowed += word + ", ";
        if (option.kind != QUIETCLOUD_KIND_CHOICE) {
            allowed += option.kind == QUIETCLOUD_KIND_NUMBER ? "a number" : "a whole number";
            allowed += " from " + text(option.bounds.low) + " to " + text(option.bounds.high);
        }
        detail::refuse(option.name + " can't be " + value + "; allowed: " + allowed);
    }
    static std::string text(double value) {
        std::ostringstream text;
        text.imbue(std::locale::classic());
        text.precision(17);
        text << value;
        return text.str();
    }
    const Filter &last() const {
        if (!last_) detail::refuse("no run has succeeded yet");
        return *last_;
    }

    std::map<std::string, double> values_;  // only what was set: the library knows the rest
    std::shared_ptr<const Model> model_;
    std::function<bool(double)> progress_;
    bool compute_confidence_ = false;
    std::vector<float> confidence_;
    std::shared_ptr<const Filter> last_;  // never run again, so copies may share its report
};

}  // namespace pcl
}  // namespace quietcloud

#endif
