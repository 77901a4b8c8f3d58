// Cleans a text file of points, "x y z ..." a line; what follows the coordinates stays with its point.
//
//     c++ -std=c++17 03_file.cpp $(pkg-config --cflags --libs quietcloud) && ./a.out scan.xyz clean.xyz
//
// The command `quietcloud denoise` does this for PLY and PCD too.
#include <quietcloud/quietcloud.hpp>

#include <fstream>
#include <iomanip>
#include <iostream>
#include <limits>

int main(int count, char **arguments) try {
    if (count != 3) {
        std::cerr << "usage: 03_file INPUT OUTPUT\n";
        return 2;
    }
    std::vector<std::array<double, 3>> points;
    std::vector<std::string> rest;
    std::ifstream input(arguments[1]);
    for (std::array<double, 3> point; input >> point[0] >> point[1] >> point[2];) {
        points.push_back(point);
        rest.emplace_back();
        std::getline(input, rest.back());
    }

    quietcloud::Filter filter{quietcloud::Model()};
    filter.run(points);  // in place; the view is made by itself

    std::ofstream output(arguments[2]);
    output << std::setprecision(std::numeric_limits<double>::max_digits10);
    for (std::size_t i = 0; i < points.size(); ++i)
        output << points[i][0] << ' ' << points[i][1] << ' ' << points[i][2] << rest[i] << '\n';
    output.close();
    if (points.empty() || !output) {
        std::cerr << "nothing read from " << arguments[1] << ", or " << arguments[2] << " can't be written\n";
        return 1;
    }
    std::cout << points.size() << " points, noise " << filter.report("noise") << ", " << filter.report("steps")
              << " steps on " << filter.report_text("device") << '\n';
} catch (const quietcloud::Error &error) {
    std::cerr << error.what() << '\n';
    return 1;
}
