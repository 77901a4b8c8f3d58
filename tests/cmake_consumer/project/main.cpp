// The same in C++.
#include <quietcloud/quietcloud.hpp>

#include <iostream>

int main() try {
    std::vector<std::array<double, 3>> points(100);
    for (int i = 0; i < 300; ++i) points[i / 3][i % 3] = (i * 7919) % 997 / 997.0;
    quietcloud::Filter(quietcloud::Model()).run(points);
    std::cout << "quietcloud " << quietcloud::version() << '\n';
} catch (const quietcloud::Error &error) {
    std::cerr << error.what() << '\n';
    return 1;
}
