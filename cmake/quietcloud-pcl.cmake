# Component pcl: quietcloud::pcl, the headers of quietcloud/pcl with the library and the parts of PCL that they need.

if(NOT TARGET pcl_filters)
    # What the project itself asked PCL for before has to stay in its variables.
    set(quietcloud_pcl_variables LIBRARIES INCLUDE_DIRS LIBRARY_DIRS COMPONENTS DEFINITIONS)
    set(quietcloud_pcl_was_there ${PCL_FOUND})
    foreach(variable IN LISTS quietcloud_pcl_variables)
        set(quietcloud_pcl_${variable} ${PCL_${variable}})
    endforeach()
    find_package(PCL 1.11 QUIET COMPONENTS common filters)
    if(quietcloud_pcl_was_there)
        foreach(variable IN LISTS quietcloud_pcl_variables)
            set(PCL_${variable} ${quietcloud_pcl_${variable}})
        endforeach()
    endif()
endif()

if(TARGET pcl_filters)
    set(quietcloud_pcl_FOUND TRUE)
    if(NOT TARGET quietcloud::pcl)
        add_library(quietcloud::pcl INTERFACE IMPORTED)
        set_target_properties(quietcloud::pcl PROPERTIES
            INTERFACE_LINK_LIBRARIES "quietcloud::quietcloud;pcl_filters;pcl_common"
            INTERFACE_COMPILE_FEATURES cxx_std_14)
    endif()
else()
    set(quietcloud_pcl_FOUND FALSE)
    string(APPEND quietcloud_NOT_FOUND_MESSAGE "PCL 1.11 or later is not there (Debian: libpcl-dev). ")
endif()
