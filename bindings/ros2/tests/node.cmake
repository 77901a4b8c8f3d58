# The node itself: built as a user builds it, and run with a peer; only where there is an rclcpp.

find_package(rclcpp QUIET)
find_package(rclcpp_components QUIET)
find_package(diagnostic_updater QUIET)
if(rclcpp_FOUND AND rclcpp_components_FOUND AND diagnostic_updater_FOUND)
    # The peer has to be of the same ROS 2 as the node, not of the wheels above.
    find_program(ROS_PYTHON NAMES python3 DOC "A Python with rclpy, sensor_msgs, diagnostic_msgs and pytest")
    set(work "${CMAKE_CURRENT_BINARY_DIR}/node")
    add_test(NAME ros.build
        COMMAND "${CMAKE_CURRENT_SOURCE_DIR}/build_node.sh" "${CMAKE_COMMAND}" "${quietcloud_BINARY_DIR}" "${work}")
    add_test(NAME ros.node
        COMMAND "${ROS_PYTHON}" -m pytest -v -s -p no:cacheprovider "${CMAKE_CURRENT_SOURCE_DIR}/test_node.py")
    set_tests_properties(ros.build PROPERTIES TIMEOUT 1800 FIXTURES_SETUP node)
    set_tests_properties(ros.node PROPERTIES TIMEOUT 1800 FIXTURES_REQUIRED node
        ENVIRONMENT "NODE_PREFIX=${work}/prefix;PYTHONDONTWRITEBYTECODE=1")
else()
    set(why "there is no rclcpp, rclcpp_components and diagnostic_updater here (is ROS 2 installed and sourced?)")
    message(WARNING "ros.node is SKIPPED: ${why}")
    add_test(NAME ros.node COMMAND "${CMAKE_COMMAND}" -E echo "ros.node SKIPPED: ${why}")
    set_tests_properties(ros.node PROPERTIES SKIP_REGULAR_EXPRESSION "SKIPPED")
endif()
