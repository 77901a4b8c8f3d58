"""The node as a component: beside a driver in one container, clouds come and go without a copy.

    ros2 launch quietcloud_ros denoise_container.launch.py input:=/lidar/points container:=/lidar_container

Without `container` it starts one of its own.
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.conditions import IfCondition
from launch.substitutions import EqualsSubstitution, LaunchConfiguration, NotEqualsSubstitution, PathJoinSubstitution
from launch_ros.actions import ComposableNodeContainer, LoadComposableNodes
from launch_ros.descriptions import ComposableNode
from launch_ros.substitutions import FindPackageShare


def generate_launch_description():
    default = PathJoinSubstitution([FindPackageShare("quietcloud_ros"), "config", "denoise.param.yaml"])
    node = ComposableNode(
        package="quietcloud_ros",
        plugin="quietcloud_ros::DenoiseNode",
        name="denoise",
        parameters=[LaunchConfiguration("params")],
        remappings=[("input", LaunchConfiguration("input")), ("output", LaunchConfiguration("output"))],
        extra_arguments=[{"use_intra_process_comms": True}],
    )
    return LaunchDescription([
        DeclareLaunchArgument("input", default_value="points", description="topic of the noisy clouds"),
        DeclareLaunchArgument("output", default_value="points/clean", description="topic of the clean clouds"),
        DeclareLaunchArgument("params", default_value=default, description="parameter file"),
        DeclareLaunchArgument("container", default_value="", description="a container that runs already"),
        ComposableNodeContainer(
            name="denoise_container",
            namespace="",
            package="rclcpp_components",
            executable="component_container_mt",
            composable_node_descriptions=[node],
            output="screen",
            condition=IfCondition(EqualsSubstitution(LaunchConfiguration("container"), "")),
        ),
        LoadComposableNodes(
            target_container=LaunchConfiguration("container"),
            composable_node_descriptions=[node],
            condition=IfCondition(NotEqualsSubstitution(LaunchConfiguration("container"), "")),
        ),
    ])
