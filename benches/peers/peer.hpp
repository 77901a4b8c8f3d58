// What the three programs share: points in, points out, a clock.
#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace peer {

using Point = std::array<double, 3>;

// The first three numbers of every line; lines that are empty or start with '#' are skipped.
inline std::vector<Point> read_xyz(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("can't read " + path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<Point> points;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    const char* line_end = at;
    while (line_end < end && *line_end != '\n') ++line_end;
    const auto skip_blanks = [&] { while (at < line_end && (*at == ' ' || *at == '\t' || *at == '\r')) ++at; };
    skip_blanks();
    if (at < line_end && *at != '#') {
      Point p{};
      for (double& x : p) {
        skip_blanks();
        const auto [rest, error] = std::from_chars(at, line_end, x);
        if (error != std::errc{}) {
          throw std::runtime_error(path + ": point " + std::to_string(points.size() + 1) + " is not three numbers");
        }
        at = rest;
      }
      points.push_back(p);
    }
    at = line_end + 1;
  }
  if (points.empty()) throw std::runtime_error(path + ": no points");
  return points;
}

inline void write_xyz(const std::string& path, const std::vector<Point>& points) {
  std::string text;
  text.reserve(points.size() * 60);
  char buffer[32];
  for (const Point& p : points) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
      const auto result = std::to_chars(buffer, buffer + sizeof buffer, p[axis]);
      text.append(buffer, result.ptr);
      text.push_back(axis == 2 ? '\n' : ' ');
    }
  }
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error("can't write " + path);
}

class Clock {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// The numbers after IN and OUT. A missing one, or one that is no number, ends in the usage line.
inline std::vector<double> numbers(int argc, char** argv, int count) {
  if (argc != 3 + count) throw std::invalid_argument("");
  std::vector<double> values;
  for (int i = 3; i < argc; ++i) values.push_back(std::stod(argv[i]));
  return values;
}

// Runs a program's body: errors on one line, exit code 2 for a wrong call and 1 for anything else.
template <class Body>
int run(const char* usage, Body body) {
  try {
    body();
    return 0;
  } catch (const std::invalid_argument&) {
    std::fprintf(stderr, "usage: %s\n", usage);
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}

}  // namespace peer
