// quietcloud for C++: RAII over quietcloud.h, header-only, C++14 and later.
//
//     quietcloud::Model model;                 // the built-in one; copies share it, any thread may use it
//     quietcloud::Filter filter(model);        // one thread at a time
//     filter.set("quality", "high");
//     filter.run(points);                      // in place; or filter.run(points, cleaned)
//
//     quietcloud::Generator generator(quietcloud::Model("my-generator"));
//     std::vector<float> chair = generator.run(2048);
//
// `points` is anything whose memory holds x, y, z side by side: a flat std::vector<float> or std::span<double>, a vector of
// std::array<float, 3>, of Eigen::Vector3d or of structs that start with x, y, z, an Eigen matrix with three rows (or three
// columns, row-major), or a quietcloud::Points with pointer, count and stride. Nothing is copied.
//
// Failures throw quietcloud::Error. The try_ functions throw nothing and return a Status or an Expected instead.

#ifndef QUIETCLOUD_QUIETCLOUD_HPP
#define QUIETCLOUD_QUIETCLOUD_HPP

#include <quietcloud/quietcloud.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#if __cplusplus >= 201703L
#define QUIETCLOUD_NODISCARD [[nodiscard]]
#else
#define QUIETCLOUD_NODISCARD
#endif

namespace quietcloud {

/// What a call came to: a QUIETCLOUD_* code and, where it failed, one line that says what to do about it.
class QUIETCLOUD_NODISCARD Status {
public:
    Status() = default;
    Status(std::int32_t code, std::string message) : code_(code), message_(std::move(message)) {}

    /// From a call of the C interface that has just returned on this thread.
    static Status of(std::int32_t code) {
        return code == QUIETCLOUD_OK ? Status() : Status(code, quietcloud_last_error());
    }

    std::int32_t code() const noexcept { return code_; }
    const std::string &message() const noexcept { return message_; }
    explicit operator bool() const noexcept { return code_ == QUIETCLOUD_OK; }

private:
    std::int32_t code_ = QUIETCLOUD_OK;
    std::string message_;
};

/// A failed Status as an exception.
class Error : public std::runtime_error {
public:
    explicit Error(const Status &status) : std::runtime_error(status.message()), code_(status.code()) {}
    std::int32_t code() const noexcept { return code_; }

private:
    std::int32_t code_;
};

/// Throws where `status` is a failure.
inline void check(const Status &status) {
    if (!status) throw Error(status);
}
inline void check(std::int32_t code) { check(Status::of(code)); }

/// A value, or why there is none.
template <class T>
class QUIETCLOUD_NODISCARD Expected {
public:
    Expected(T value) : value_(new T(std::move(value))) {}
    Expected(Status status) : status_(std::move(status)) {}

    explicit operator bool() const noexcept { return value_ != nullptr; }
    const Status &status() const noexcept { return status_; }
    /// The value; throws Error where there is none.
    T &value() {
        if (!value_) throw Error(status_);
        return *value_;
    }
    T &operator*() { return value(); }
    T *operator->() { return &value(); }

private:
    Status status_;
    std::unique_ptr<T> value_;
};

/// A view of points in somebody's memory: `Real` is float or double, const where the points are only read.
template <class Real>
struct Points {
    static_assert(std::is_floating_point<Real>::value && sizeof(Real) <= 8, "coordinates are float or double");

    Real *xyz = nullptr;           ///< x of the first point; y and z follow
    std::size_t count = 0;         ///< number of points
    std::size_t stride_bytes = 0;  ///< from one x to the next; 0: packed

    Points() = default;
    Points(Real *xyz, std::size_t count, std::size_t stride_bytes = 0)
        : xyz(xyz), count(count), stride_bytes(stride_bytes) {}

    /// A view to read by.
    operator Points<const Real>() const { return {xyz, count, stride_bytes}; }
};

namespace detail {

template <class...>
struct Always {
    using type = void;
};
template <class... T>
using Exists = typename Always<T...>::type;

inline void require(bool holds, const char *what) {
    if (!holds) throw Error(Status(QUIETCLOUD_E_CLOUD, what));
}

/// What the elements of a container are, and where the first coordinate of one lies.
template <class E, class = void>
struct Element {
    static constexpr bool known = false;
};
template <class E>  // a point as std::array<float, 3>
struct Element<E, Exists<std::enable_if_t<std::tuple_size<std::remove_const_t<E>>::value == 3>, typename E::value_type>> {
    static constexpr bool known = true;
    static auto first(E *e) { return e->data(); }
};
template <class E>  // a point as Eigen::Vector3f or Vector4f
struct Element<E, std::enable_if_t<(E::SizeAtCompileTime == 3 || E::SizeAtCompileTime == 4)>> {
    static constexpr bool known = true;
    static auto first(E *e) { return e->data(); }
};
template <class E>  // a point as struct { float x, y, z; ... }
struct Element<E, Exists<decltype(std::declval<E &>().x + std::declval<E &>().y + std::declval<E &>().z)>> {
    static constexpr bool known = true;
    static auto first(E *e) {
        require(&e->y == &e->x + 1 && &e->z == &e->x + 2, "x, y, z of a point do not lie side by side");
        return &e->x;
    }
};

/// What kind of thing holds the points: elements, lone coordinates, or an Eigen matrix.
template <class C, class = void>
struct Holder {
    using E = std::remove_pointer_t<decltype(std::declval<C &>().data())>;

    static auto view(C &c) { return view(c, std::is_arithmetic<E>()); }

    static auto view(C &c, std::false_type /* elements */) {
        static_assert(Element<E>::known, "the elements are no points: wrap the memory in quietcloud::Points");
        using Coordinate = std::remove_pointer_t<decltype(Element<E>::first(nullptr))>;
        if (c.size() == 0) return Points<Coordinate>();
        return Points<Coordinate>(Element<E>::first(c.data()), static_cast<std::size_t>(c.size()), sizeof(E));
    }
    static Points<E> view(C &c, std::true_type /* coordinates */) {
        require(c.size() % 3 == 0, "the number of coordinates is no multiple of 3");
        return {c.data(), static_cast<std::size_t>(c.size()) / 3, 0};
    }
};
template <class Real>
struct Holder<Points<Real>> {
    static Points<Real> view(Points<Real> points) { return points; }
};
template <class Real>
struct Holder<const Points<Real>> : Holder<Points<Real>> {};
template <class C>  // an Eigen matrix, map, block or reference: one point a column, or a row where rows come first
struct Holder<C, std::enable_if_t<(C::IsRowMajor ? C::ColsAtCompileTime : C::RowsAtCompileTime) == 3>> {
    static auto view(C &c) {
        using Coordinate = std::remove_pointer_t<decltype(c.data())>;
        require(c.innerStride() == 1, "x, y, z of a point do not lie side by side");
        const auto count = C::IsRowMajor ? c.rows() : c.cols();
        return Points<Coordinate>(c.data(), static_cast<std::size_t>(count),
                                  static_cast<std::size_t>(c.outerStride()) * sizeof(Coordinate));
    }
};

inline std::int32_t run(quietcloud_filter_t *filter, Points<const float> in, Points<float> out) {
    return quietcloud_filter_run_f32(filter, in.xyz, in.count, in.stride_bytes, out.xyz, out.stride_bytes);
}
inline std::int32_t run(quietcloud_filter_t *filter, Points<const double> in, Points<double> out) {
    return quietcloud_filter_run_f64(filter, in.xyz, in.count, in.stride_bytes, out.xyz, out.stride_bytes);
}

inline std::int32_t confidence(Points<const float> in, Points<const float> cleaned, double noise, float *out) {
    return quietcloud_confidence_f32(in.xyz, in.count, in.stride_bytes, cleaned.xyz, cleaned.stride_bytes, noise, out);
}
inline std::int32_t confidence(Points<const double> in, Points<const double> cleaned, double noise, float *out) {
    return quietcloud_confidence_f64(in.xyz, in.count, in.stride_bytes, cleaned.xyz, cleaned.stride_bytes, noise, out);
}

inline std::int32_t generate(quietcloud_generator_t *g, std::size_t clouds, std::size_t points, float *out) {
    return quietcloud_generator_run_f32(g, clouds, points, out, 0);
}
inline std::int32_t generate(quietcloud_generator_t *g, std::size_t clouds, std::size_t points, double *out) {
    return quietcloud_generator_run_f64(g, clouds, points, out, 0);
}
inline std::int32_t reconstruct(quietcloud_generator_t *g, Points<const float> in, Points<float> out) {
    return quietcloud_generator_reconstruct_f32(g, in.xyz, in.count, in.stride_bytes, out.xyz, out.stride_bytes);
}
inline std::int32_t reconstruct(quietcloud_generator_t *g, Points<const double> in, Points<double> out) {
    return quietcloud_generator_reconstruct_f64(g, in.xyz, in.count, in.stride_bytes, out.xyz, out.stride_bytes);
}
inline std::int32_t diffuse_denoise(quietcloud_generator_t *g, Points<const float> in, Points<float> out) {
    return quietcloud_generator_diffuse_denoise_f32(g, in.xyz, in.count, in.stride_bytes, out.xyz, out.stride_bytes);
}
inline std::int32_t diffuse_denoise(quietcloud_generator_t *g, Points<const double> in, Points<double> out) {
    return quietcloud_generator_diffuse_denoise_f64(g, in.xyz, in.count, in.stride_bytes, out.xyz, out.stride_bytes);
}
inline std::int32_t interpolate(quietcloud_generator_t *g, Points<const float> from, Points<const float> to, double share,
                                Points<float> out) {
    return quietcloud_generator_interpolate_f32(g, from.xyz, from.count, to.xyz, to.count, from.stride_bytes, share, out.xyz,
                                                out.count, out.stride_bytes);
}
inline std::int32_t interpolate(quietcloud_generator_t *g, Points<const double> from, Points<const double> to, double share,
                                Points<double> out) {
    return quietcloud_generator_interpolate_f64(g, from.xyz, from.count, to.xyz, to.count, from.stride_bytes, share, out.xyz,
                                                out.count, out.stride_bytes);
}
inline std::int32_t likelihood(quietcloud_generator_t *g, Points<const float> in, double *nats, double *bits) {
    return quietcloud_generator_likelihood_f32(g, in.xyz, in.count, in.stride_bytes, nats, bits);
}
inline std::int32_t likelihood(quietcloud_generator_t *g, Points<const double> in, double *nats, double *bits) {
    return quietcloud_generator_likelihood_f64(g, in.xyz, in.count, in.stride_bytes, nats, bits);
}

/// A caller's progress callback behind C's; nothing may be thrown through the library.
struct Progress {
    std::function<bool(double)> callback;
    std::exception_ptr thrown;

    static std::int32_t hear(void *user, double done) {
        auto *progress = static_cast<Progress *>(user);
        try {
            return progress->callback(done) ? 0 : 1;
        } catch (...) {
            progress->thrown = std::current_exception();
            return 1;
        }
    }
    /// Whatever the run came to, the caller's own exception says more.
    void rethrow() {
        if (thrown) std::rethrow_exception(std::exchange(thrown, nullptr));
    }
};

/// Text that the library copies into a buffer of the size that it asks for.
template <class Ask>
std::string text(Ask ask) {
    std::size_t size = 0;
    check(ask(nullptr, 0, &size));
    std::string text(size, '\0');
    check(ask(&text[0], size, &size));
    text.resize(size - 1);
    return text;
}

/// Turns the exceptions of `body` into a Status or an Expected.
template <class Result, class Body>
Result caught(Body body) noexcept {
    try {
        return body();
    } catch (const Error &error) {
        return Status(error.code(), error.what());
    } catch (const std::exception &error) {
        return Status(QUIETCLOUD_E_INTERNAL, error.what());
    } catch (...) {
        return Status(QUIETCLOUD_E_INTERNAL, "an exception of an unknown type");
    }
}

}  // namespace detail

/// Views the points of a container; see the top of this file. What it views has to outlive it.
template <class C>
auto view(C &&points) {
    return detail::Holder<std::remove_reference_t<C>>::view(points);
}

/// A model. Immutable; copies share it, and any number of threads may use it at once.
class Model {
public:
    /// The built-in one. `device`: "auto", "cpu", "cuda", "tensorrt" or "tensorrt-fp16"; "cuda:1" is the second GPU.
    Model() : Model(nullptr, "auto") {}
    /// A model folder, or a zip archive of one.
    explicit Model(const std::string &folder, const std::string &device = "auto") : Model(folder.c_str(), device.c_str()) {}

    static Model builtin(const std::string &device = "auto") { return Model(nullptr, device.c_str()); }
    /// An archive in memory, which is copied.
    static Model from_memory(const void *bytes, std::size_t length, const std::string &device = "auto") {
        quietcloud_model_t *model = nullptr;
        const auto *archive = static_cast<const std::uint8_t *>(bytes);
        check(quietcloud_model_open_memory(archive, length, device.c_str(), &model));
        return Model(model);
    }
    /// As the constructors, without an exception; an empty folder is the built-in model.
    static Expected<Model> try_open(const std::string &folder = "", const std::string &device = "auto") noexcept {
        return detail::caught<Expected<Model>>(
            [&]() -> Expected<Model> { return folder.empty() ? builtin(device) : Model(folder, device); });
    }

    /// The device that it really runs on.
    std::string device() const {
        return detail::text([&](char *b, std::size_t s, std::size_t *n) { return quietcloud_model_device(get(), b, s, n); });
    }
    /// What it is, as a JSON object.
    std::string describe() const {
        return detail::text(
            [&](char *b, std::size_t s, std::size_t *n) { return quietcloud_model_describe(get(), b, s, n); });
    }
    const quietcloud_model_t *get() const noexcept { return handle_.get(); }

private:
    Model(const char *folder, const char *device) : Model(open(folder, device)) {}
    explicit Model(quietcloud_model_t *model) : handle_(model, quietcloud_model_free) {}
    static quietcloud_model_t *open(const char *folder, const char *device) {
        quietcloud_model_t *model = nullptr;
        check(quietcloud_model_open(folder, device, &model));
        return model;
    }

    std::shared_ptr<const quietcloud_model_t> handle_;
};

/// What an option may be set to.
struct Bounds {
    double low, high, initial;
};

/// One entry of the library's own table of options.
struct Option {
    std::string name, unit, help;
    std::int32_t kind;                 ///< QUIETCLOUD_KIND_*
    Bounds bounds;
    std::vector<std::string> choices;  ///< the words that stand for 0, 1, 2 ...
};

/// All options of a filter.
inline std::vector<Option> options() {
    std::vector<Option> options;
    for (std::size_t i = 0; i < quietcloud_filter_option_count(); ++i) {
        Option option{quietcloud_filter_option_name(i), quietcloud_filter_option_unit(i), quietcloud_filter_option_help(i),
                      quietcloud_filter_option_kind(i), {}, {}};
        check(quietcloud_filter_option_bounds(i, &option.bounds.low, &option.bounds.high, &option.bounds.initial));
        while (const char *choice = quietcloud_filter_option_choice(i, option.choices.size()))
            option.choices.emplace_back(choice);
        options.push_back(std::move(option));
    }
    return options;
}

/// The options of a run, the run, and its report. One thread at a time; movable.
class Filter {
public:
    explicit Filter(const Model &model) {
        quietcloud_filter_t *filter = nullptr;
        check(quietcloud_filter_new(model.get(), &filter));
        handle_.reset(filter);
    }

    Filter &set(const std::string &option, double value) {
        check(quietcloud_filter_set_number(get(), option.c_str(), value));
        return *this;
    }
    Filter &set(const std::string &option, const std::string &value) {
        check(quietcloud_filter_set_string(get(), option.c_str(), value.c_str()));
        return *this;
    }
    double number(const std::string &option) const {
        double value = 0;
        check(quietcloud_filter_get_number(get(), option.c_str(), &value));
        return value;
    }
    std::string text(const std::string &option) const {
        return detail::text([&](char *b, std::size_t s, std::size_t *n) {
            return quietcloud_filter_get_string(get(), option.c_str(), b, s, n);
        });
    }
    Bounds bounds(const std::string &option) const {
        Bounds bounds{};
        check(quietcloud_filter_bounds(get(), option.c_str(), &bounds.low, &bounds.high, &bounds.initial));
        return bounds;
    }

    /// Hears how far a run is, 0 to 1, on the thread that called run(); false cancels it. An exception of the callback
    /// cancels too and comes out of run(). An empty function ends it.
    Filter &on_progress(std::function<bool(double)> callback) {
        auto next = callback ? std::make_unique<detail::Progress>(detail::Progress{std::move(callback), nullptr}) : nullptr;
        check(quietcloud_filter_set_progress(get(), next ? &detail::Progress::hear : nullptr, next.get()));
        progress_ = std::move(next);
        return *this;
    }

    /// Cleans the points in place.
    template <class C>
    void run(C &&points) {
        run_checked(view(points), view(points));
    }
    /// Cleans the points of `in` to `out`, which has to hold as many.
    template <class In, class Out>
    void run(const In &in, Out &&out) {
        run_checked(view(in), view(out));
    }
    /// As run(), without an exception.
    template <class... C>
    Status try_run(C &&...points) noexcept {
        return detail::caught<Status>([&] {
            run(std::forward<C>(points)...);
            return Status();
        });
    }

    /// A number of the last run that succeeded; quietcloud_filter_report_number lists the names.
    double report(const std::string &name) const {
        double value = 0;
        check(quietcloud_filter_report_number(get(), name.c_str(), &value));
        return value;
    }
    /// A text of the last run that succeeded: "device" or "notes".
    std::string report_text(const std::string &name) const {
        return detail::text([&](char *b, std::size_t s, std::size_t *n) {
            return quietcloud_filter_report_string(get(), name.c_str(), b, s, n);
        });
    }

    quietcloud_filter_t *get() const noexcept { return handle_.get(); }

private:
    struct Free {
        void operator()(quietcloud_filter_t *filter) const noexcept { quietcloud_filter_free(filter); }
    };

    template <class In, class Real>
    void run_checked(Points<In> in, Points<Real> out) {
        static_assert(!std::is_const<Real>::value, "the output is const");
        detail::require(in.count == out.count, "input and output differ in their number of points");
        const auto code = detail::run(get(), in, out);
        if (progress_) progress_->rethrow();
        check(code);
    }

    std::unique_ptr<detail::Progress> progress_;  // outlives the filter that points to it
    std::unique_ptr<quietcloud_filter_t, Free> handle_;
};

/// How ordinary each point of a cleaned cloud is, one number for each: close to 0 for strays that no denoiser saves, else
/// spread over 0 to 1; see quietcloud_confidence_f32. `scan` went into Filter::run(), `cleaned` came out, both float or both
/// double; `noise` is the filter's report("noise"). A run in place overwrites what went in: keep a copy.
template <class Scan, class Cleaned>
std::vector<float> confidence(const Scan &scan, const Cleaned &cleaned, double noise) {
    const auto in = view(scan);
    const auto out = view(cleaned);
    detail::require(in.count == out.count, "the scan and the cleaned cloud differ in their number of points");
    std::vector<float> rated(in.count);
    check(detail::confidence(in, out, noise, rated.data()));
    return rated;
}

/// A bound on how unlikely a cloud is; see quietcloud_generator_likelihood_f32.
struct Likelihood {
    double nats_per_point, bits_per_dimension;
};

/// The options of a generative model's runs, the runs, and their report. One thread at a time; movable.
class Generator {
public:
    explicit Generator(const Model &model) {
        quietcloud_generator_t *generator = nullptr;
        check(quietcloud_generator_new(model.get(), &generator));
        handle_.reset(generator);
    }

    Generator &set(const std::string &option, double value) {
        check(quietcloud_generator_set_number(get(), option.c_str(), value));
        return *this;
    }
    Generator &set(const std::string &option, const std::string &value) {
        check(quietcloud_generator_set_string(get(), option.c_str(), value.c_str()));
        return *this;
    }
    double number(const std::string &option) const {
        double value = 0;
        check(quietcloud_generator_get_number(get(), option.c_str(), &value));
        return value;
    }
    std::string text(const std::string &option) const {
        return detail::text([&](char *b, std::size_t s, std::size_t *n) {
            return quietcloud_generator_get_string(get(), option.c_str(), b, s, n);
        });
    }
    /// What an option may be set to with this model; "points" is a cloud's number of points.
    Bounds bounds(const std::string &option) const {
        Bounds bounds{};
        check(quietcloud_generator_bounds(get(), option.c_str(), &bounds.low, &bounds.high, &bounds.initial));
        return bounds;
    }

    /// As Filter::on_progress.
    Generator &on_progress(std::function<bool(double)> callback) {
        auto next = callback ? std::make_unique<detail::Progress>(detail::Progress{std::move(callback), nullptr}) : nullptr;
        check(quietcloud_generator_set_progress(get(), next ? &detail::Progress::hear : nullptr, next.get()));
        progress_ = std::move(next);
        return *this;
    }

    /// `clouds` new clouds of `points` points, one after the other: x, y, z of each point in model units.
    template <class Real = float>
    std::vector<Real> run(std::size_t points, std::size_t clouds = 1) {
        const auto room = bounds("points");
        // What the model would refuse is not worth an allocation; its refusal says why.
        const bool sane = points > 0 && double(points) <= room.high && clouds <= (std::size_t(1) << 26) / points;
        std::vector<Real> xyz(sane ? 3 * points * clouds : 3);
        finish(detail::generate(get(), clouds, points, xyz.data()));
        return xyz;
    }
    /// Encodes the points of `in` and decodes them to `out`, which has to hold as many and may be the same.
    template <class In, class Out>
    void reconstruct(const In &in, Out &&out) {
        const auto from = view(in);
        const auto to = view(out);
        detail::require(from.count == to.count, "input and output differ in their number of points");
        finish(detail::reconstruct(get(), from, to));
    }
    /// As reconstruct(), through tau steps of noise on the latents.
    template <class In, class Out>
    void diffuse_denoise(const In &in, Out &&out) {
        const auto from = view(in);
        const auto to = view(out);
        detail::require(from.count == to.count, "input and output differ in their number of points");
        finish(detail::diffuse_denoise(get(), from, to));
    }
    /// The cloud between two others, which have to lie alike in memory, to `out`, which may hold any number of points.
    template <class From, class To, class Out>
    void interpolate(const From &from, const To &to, double share, Out &&out) {
        const auto a = view(from), b = view(to);
        detail::require(a.stride_bytes == b.stride_bytes, "the two clouds differ in their stride");
        finish(detail::interpolate(get(), a, b, share, view(out)));
    }
    /// Bounds the negative log likelihood of a cloud.
    template <class In>
    Likelihood likelihood(const In &in) {
        Likelihood found{};
        finish(detail::likelihood(get(), view(in), &found.nats_per_point, &found.bits_per_dimension));
        return found;
    }

    /// A number of the last run that succeeded; quietcloud_generator_report_number lists the names.
    double report(const std::string &name) const {
        double value = 0;
        check(quietcloud_generator_report_number(get(), name.c_str(), &value));
        return value;
    }
    /// A text of the last run that succeeded: "device" or "notes".
    std::string report_text(const std::string &name) const {
        return detail::text([&](char *b, std::size_t s, std::size_t *n) {
            return quietcloud_generator_report_string(get(), name.c_str(), b, s, n);
        });
    }

    quietcloud_generator_t *get() const noexcept { return handle_.get(); }

private:
    struct Free {
        void operator()(quietcloud_generator_t *generator) const noexcept { quietcloud_generator_free(generator); }
    };

    void finish(std::int32_t code) {
        if (progress_) progress_->rethrow();
        check(code);
    }

    std::unique_ptr<detail::Progress> progress_;  // outlives the generator that points to it
    std::unique_ptr<quietcloud_generator_t, Free> handle_;
};

/// Names the ONNX Runtime library to use, before the first model is opened.
inline void set_runtime(const std::string &path) { check(quietcloud_set_runtime(path.c_str())); }
/// Working threads of filters made from now on; 0: one for each core.
inline void set_threads(std::uint32_t threads) { check(quietcloud_set_threads(threads)); }
/// The version of the library that runs.
inline std::string version() { return quietcloud_version(); }

}  // namespace quietcloud

#undef QUIETCLOUD_NODISCARD

#endif
