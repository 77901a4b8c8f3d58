# Component open3d: quietcloud::open3d, the header quietcloud/open3d.hpp with the library and Open3D.

if(NOT TARGET Open3D::Open3D)
    find_package(Open3D QUIET CONFIG)
endif()

if(TARGET Open3D::Open3D)
    set(quietcloud_open3d_FOUND TRUE)
    if(NOT TARGET quietcloud::open3d)
        add_library(quietcloud::open3d INTERFACE IMPORTED)
        set_target_properties(quietcloud::open3d PROPERTIES
            INTERFACE_LINK_LIBRARIES "quietcloud::quietcloud;Open3D::Open3D"
            INTERFACE_COMPILE_FEATURES cxx_std_14)
    endif()
else()
    set(quietcloud_open3d_FOUND FALSE)
    string(APPEND quietcloud_NOT_FOUND_MESSAGE "Open3D is not there (Debian: libopen3d-dev). ")
endif()
