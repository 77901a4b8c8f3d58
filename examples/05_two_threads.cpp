// Two threads share one model; each has a filter of its own, kept from scan to scan.
//
//     c++ -std=c++17 05_two_threads.cpp $(pkg-config --cflags --libs quietcloud) -pthread
#include <quietcloud/quietcloud.hpp>

#include <cmath>
#include <iostream>
#include <random>
#include <thread>

using Scan = std::vector<std::array<float, 3>>;

// One turn of a sensor in a round room of five metres.
Scan scan(unsigned seed) {
    std::mt19937 random(seed);
    std::normal_distribution<float> noise(0, 0.02f);
    Scan points;
    for (int ring = 0; ring < 16; ++ring)
        for (int step = 0; step < 400; ++step) {
            const float angle = 0.0157f * float(step), range = 5 + noise(random);
            points.push_back({range * std::cos(angle), range * std::sin(angle), 0.08f * float(ring)});
        }
    return points;
}

void clean(const quietcloud::Model &model, unsigned sensor, std::string &said) {
    quietcloud::Filter filter(model);
    filter.set("threads", 1);  // two sensors, two cores: leave each of them one
    double milliseconds = 0;
    for (unsigned turn = 0; turn < 3; ++turn) {
        Scan points = scan(10 * sensor + turn);
        if (const auto status = filter.try_run(points); !status) {  // an exception may not leave a thread
            said = status.message();
            return;
        }
        milliseconds += filter.report("total_ms");
    }
    said = "sensor " + std::to_string(sensor) + ": " + std::to_string(milliseconds / 3) + " ms a scan";
}

int main() try {
    const quietcloud::Model model;
    std::string said[2];
    std::thread left(clean, std::cref(model), 1, std::ref(said[0])), right(clean, std::cref(model), 2, std::ref(said[1]));
    left.join();
    right.join();
    std::cout << said[0] << '\n' << said[1] << '\n';
    return said[0].rfind("sensor", 0) != 0 || said[1].rfind("sensor", 0) != 0;
} catch (const quietcloud::Error &error) {
    std::cerr << error.what() << '\n';
    return 1;
}
