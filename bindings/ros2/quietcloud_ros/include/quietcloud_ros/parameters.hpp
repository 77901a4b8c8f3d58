// The library's table of options as ROS parameters: same names, bounds, defaults and help.

#ifndef QUIETCLOUD_ROS__PARAMETERS_HPP_
#define QUIETCLOUD_ROS__PARAMETERS_HPP_

#include <quietcloud/quietcloud.hpp>
#include <rcl_interfaces/msg/parameter_descriptor.hpp>
#include <rclcpp/parameter.hpp>

#include <string>

namespace quietcloud_ros {

/// Description, and the range of a number.
rcl_interfaces::msg::ParameterDescriptor describe(const quietcloud::Option &option);

/// A double, an integer, or the word of a choice.
rclcpp::ParameterValue initial(const quietcloud::Option &option);

/// Sets the option of the parameter's name; throws quietcloud::Error for a value that the library refuses.
void apply(const rclcpp::Parameter &parameter, quietcloud::Filter &filter);

/// The number that stands for `word`, a choice of the option `name`.
int position(const std::string &name, const std::string &word);

/// The word that stands for `number`, a choice of the option `name`.
std::string word(const std::string &name, int number);

}  // namespace quietcloud_ros

#endif  // QUIETCLOUD_ROS__PARAMETERS_HPP_
