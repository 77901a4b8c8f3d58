#include "quietcloud_ros/parameters.hpp"

#include <algorithm>
#include <cstdint>
#include <stdexcept>

namespace quietcloud_ros {

namespace {

quietcloud::Option find(const std::string &name) {
    for (const auto &option : quietcloud::options())
        if (option.name == name) return option;
    throw std::logic_error("the library has no option " + name);
}

}  // namespace

rcl_interfaces::msg::ParameterDescriptor describe(const quietcloud::Option &option) {
    rcl_interfaces::msg::ParameterDescriptor descriptor;
    descriptor.name = option.name;
    descriptor.description = option.help;
    if (!option.unit.empty()) descriptor.description += " (unit: " + option.unit + ")";
    if (option.kind == QUIETCLOUD_KIND_NUMBER) {
        rcl_interfaces::msg::FloatingPointRange range;
        range.from_value = option.bounds.low;
        range.to_value = option.bounds.high;
        descriptor.floating_point_range.push_back(range);
    } else if (option.kind == QUIETCLOUD_KIND_INTEGER) {
        rcl_interfaces::msg::IntegerRange range;
        range.from_value = static_cast<std::int64_t>(option.bounds.low);
        range.to_value = static_cast<std::int64_t>(option.bounds.high);
        range.step = 1;
        descriptor.integer_range.push_back(range);
    } else {
        for (const auto &choice : option.choices)
            descriptor.additional_constraints += (descriptor.additional_constraints.empty() ? "one of: " : ", ") + choice;
    }
    return descriptor;
}

rclcpp::ParameterValue initial(const quietcloud::Option &option) {
    if (option.kind == QUIETCLOUD_KIND_NUMBER) return rclcpp::ParameterValue(option.bounds.initial);
    if (option.kind == QUIETCLOUD_KIND_INTEGER)
        return rclcpp::ParameterValue(static_cast<std::int64_t>(option.bounds.initial));
    return rclcpp::ParameterValue(option.choices.at(static_cast<std::size_t>(option.bounds.initial)));
}

void apply(const rclcpp::Parameter &parameter, quietcloud::Filter &filter) {
    switch (parameter.get_type()) {
        case rclcpp::ParameterType::PARAMETER_DOUBLE:
            filter.set(parameter.get_name(), parameter.as_double());
            break;
        case rclcpp::ParameterType::PARAMETER_INTEGER:
            filter.set(parameter.get_name(), static_cast<double>(parameter.as_int()));
            break;
        default:
            filter.set(parameter.get_name(), parameter.as_string());
    }
}

int position(const std::string &name, const std::string &word) {
    const auto choices = find(name).choices;
    return static_cast<int>(std::find(choices.begin(), choices.end(), word) - choices.begin());
}

std::string word(const std::string &name, int number) { return find(name).choices.at(static_cast<std::size_t>(number)); }

}  // namespace quietcloud_ros
