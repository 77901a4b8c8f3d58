"""The node in a process of its own.

    ros2 launch quietcloud_ros denoise.launch.py input:=/lidar/points output:=/lidar/points/clean
"""

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare


def generate_launch_description():
    default = PathJoinSubstitution([FindPackageShare("quietcloud_ros"), "config", "denoise.param.yaml"])
    return LaunchDescription([
        DeclareLaunchArgument("input", default_value="points", description="topic of the noisy clouds"),
        DeclareLaunchArgument("output", default_value="points/clean", description="topic of the clean clouds"),
        DeclareLaunchArgument("params", default_value=default, description="parameter file"),
        Node(
            package="quietcloud_ros",
            executable="denoise_node",
            name="denoise",
            output="screen",
            parameters=[LaunchConfiguration("params")],
            remappings=[("input", LaunchConfiguration("input")), ("output", LaunchConfiguration("output"))],
        ),
    ])
