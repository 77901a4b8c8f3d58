# What goes where. Components: runtime (the shared library), dev (headers, static library, package files).

include(CMakePackageConfigHelpers)

install(FILES "${libraries}/${real_name}" "${libraries}/${soname}"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT runtime
        PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
if(QUIETCLOUD_ONNXRUNTIME)
    # Private: a libonnxruntime among the system's libraries would be found by others too.
    file(REAL_PATH "${QUIETCLOUD_ONNXRUNTIME}" onnxruntime)
    install(FILES "${onnxruntime}" DESTINATION "${CMAKE_INSTALL_LIBDIR}/quietcloud" COMPONENT runtime)
endif()
install(FILES LICENSE-MIT LICENSE-APACHE OPTIONAL
        DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT runtime)

install(FILES "${libraries}/libquietcloud.so" "${libraries}/libquietcloud.a"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT dev)
install(DIRECTORY include/quietcloud bindings/pcl/include/quietcloud bindings/open3d/include/quietcloud
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT dev)

set(package "${CMAKE_INSTALL_LIBDIR}/cmake/quietcloud")
configure_package_config_file(cmake/quietcloudConfig.cmake.in "${PROJECT_BINARY_DIR}/quietcloudConfig.cmake"
    INSTALL_DESTINATION "${package}" PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/quietcloudConfigVersion.cmake"
    COMPATIBILITY SameMajorVersion)
install(FILES "${PROJECT_BINARY_DIR}/quietcloudConfig.cmake" "${PROJECT_BINARY_DIR}/quietcloudConfigVersion.cmake"
        cmake/quietcloud-pcl.cmake cmake/quietcloud-open3d.cmake
        DESTINATION "${package}" COMPONENT dev)

# The .pc file finds its prefix from where it lies, so it may be moved too.
file(RELATIVE_PATH prefix_from_pc "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file(cmake/quietcloud.pc.in "${PROJECT_BINARY_DIR}/quietcloud.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/quietcloud.pc"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT dev)
