# Builds the crate through cargo, and makes targets of what comes out.

find_program(QUIETCLOUD_CARGO cargo HINTS "$ENV{HOME}/.cargo/bin" REQUIRED)
find_package(Threads REQUIRED)

set(libraries "${PROJECT_BINARY_DIR}/lib")
set(real_name libquietcloud.so.${PROJECT_VERSION})
set(soname libquietcloud.so.${PROJECT_VERSION_MAJOR})
file(MAKE_DIRECTORY "${libraries}")
separate_arguments(cargo_flags UNIX_COMMAND "${QUIETCLOUD_CARGO_FLAGS}")

# Always run: cargo itself knows best what is out of date.
add_custom_target(quietcloud_cargo ALL
    COMMAND "${QUIETCLOUD_CARGO}" build --release --lib --locked
            --target-dir "${QUIETCLOUD_CARGO_TARGET_DIR}" ${cargo_flags}
    COMMAND "${CMAKE_COMMAND}"
            "-Dobjcopy=${CMAKE_OBJCOPY}" "-Dlinker=${CMAKE_LINKER}" "-Dar=${CMAKE_AR}" "-Dstrip=${QUIETCLOUD_STRIP}"
            "-Dfrom=${QUIETCLOUD_CARGO_TARGET_DIR}/release" "-Dto=${libraries}" -Dreal_name=${real_name}
            -Dsoname=${soname} "-Dsymbols=${PROJECT_SOURCE_DIR}/tests/abi/symbols.txt"
            -P "${PROJECT_SOURCE_DIR}/cmake/collect.cmake"
    BYPRODUCTS "${libraries}/${real_name}" "${libraries}/libquietcloud.a"
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
    COMMENT "cargo build --release"
    USES_TERMINAL VERBATIM)

foreach(kind IN ITEMS shared static)
    string(TOUPPER ${kind} KIND)
    add_library(quietcloud_${kind} ${KIND} IMPORTED GLOBAL)
    add_dependencies(quietcloud_${kind} quietcloud_cargo)
    target_include_directories(quietcloud_${kind} INTERFACE "${PROJECT_SOURCE_DIR}/include")
    add_library(quietcloud::${kind} ALIAS quietcloud_${kind})
endforeach()
set_target_properties(quietcloud_shared PROPERTIES
    IMPORTED_LOCATION "${libraries}/${real_name}" IMPORTED_SONAME ${soname})
set_target_properties(quietcloud_static PROPERTIES IMPORTED_LOCATION "${libraries}/libquietcloud.a")
target_link_libraries(quietcloud_static INTERFACE Threads::Threads m ${CMAKE_DL_LIBS} gcc_s)

if(BUILD_SHARED_LIBS)
    add_library(quietcloud::quietcloud ALIAS quietcloud_shared)
else()
    add_library(quietcloud::quietcloud ALIAS quietcloud_static)
endif()
