# Component pcl: quietcloud::pcl, the headers of quietcloud/pcl with the library and the parts of PCL that they need.

# In a function: find_package(PCL) sets variables that must not replace what the project itself asked PCL for.
function(quietcloud_find_pcl)
    if(NOT TARGET pcl_filters)
        find_package(PCL 1.11 QUIET COMPONENTS common filters)
    endif()
endfunction()
quietcloud_find_pcl()

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
