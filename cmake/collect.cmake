# Script: puts cargo's libraries into one folder under the names that a linker and a loader expect.
#
# The archive that cargo makes holds every crate and Rust's own library with their symbols: 90 MB that collide with
# any other Rust library in the same program. What our functions need is linked into one object here, and everything
# but the functions made local.

function(run)
    execute_process(COMMAND ${ARGN} RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
        list(JOIN ARGN " " command)
        message(FATAL_ERROR "${command}: ${result}")
    endif()
endfunction()

set(shared "${to}/${real_name}")
set(static "${to}/libquietcloud.a")
set(debug "")
if(strip)
    set(debug --strip-debug)
endif()

if("${from}/libquietcloud.so" IS_NEWER_THAN "${shared}")
    run("${objcopy}" ${debug} "${from}/libquietcloud.so" "${shared}")
    foreach(link IN ITEMS "${soname}" libquietcloud.so)
        file(CREATE_LINK "${real_name}" "${to}/${link}" SYMBOLIC)
    endforeach()
endif()

if("${from}/libquietcloud.a" IS_NEWER_THAN "${static}")
    file(STRINGS "${symbols}" names)
    list(TRANSFORM names PREPEND "--undefined=" OUTPUT_VARIABLE wanted)
    set(object "${to}/quietcloud.o")
    run("${linker}" -r --gc-sections ${wanted} -o "${object}" "${from}/libquietcloud.a")
    # LLVM's bitcode serves no linker any more, and makes an older LLVM's plugin for ar and nm crash.
    run("${objcopy}" ${debug} -R .llvmbc -R .llvmcmd "--keep-global-symbols=${symbols}" "${object}")
    file(REMOVE "${static}")
    run("${ar}" rcs "${static}" "${object}")
    file(REMOVE "${object}")
endif()
