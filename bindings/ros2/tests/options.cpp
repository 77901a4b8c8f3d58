// Prints the library's table of options: name, kind and initial value (a word where it is one of several), a line each.
#include <quietcloud/quietcloud.hpp>

#include <cstdio>

int main() {
    for (const auto &option : quietcloud::options()) {
        if (option.kind == QUIETCLOUD_KIND_CHOICE) {
            const auto word = static_cast<std::size_t>(option.bounds.initial);
            std::printf("%s choice %s\n", option.name.c_str(), option.choices[word].c_str());
        } else {
            const char *kind = option.kind == QUIETCLOUD_KIND_NUMBER ? "number" : "integer";
            std::printf("%s %s %.17g\n", option.name.c_str(), kind, option.bounds.initial);
        }
    }
}
