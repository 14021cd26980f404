# What every target of the project shares, and the one way to declare a folder's library.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported()
# The binary is found where the README says: build/<preset>/rotunda.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})

find_program(CCACHE ccache)
if(CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(rotunda_flags INTERFACE)
target_include_directories(rotunda_flags INTERFACE ${PROJECT_SOURCE_DIR})
# g++ 12, optimising, warns of what cannot be: overlaps in std::string's operator+ (GCC bug 105651), members of a variant's
# other alternatives used uninitialised (GCC bug 80635). The asan preset and clang-tidy look for the true ones.
target_compile_options(rotunda_flags INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
    -fno-omit-frame-pointer -fstack-protector-strong)
# scripts/check-hardening holds the binary to these: calls of libc checked, no jump over the stack's guard page, no jump into the
# middle of a function, and nothing writable that the loader or the processor believes.
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_definitions(rotunda_flags INTERFACE _FORTIFY_SOURCE=2)
    target_compile_options(rotunda_flags INTERFACE -fstack-clash-protection)
    if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
        target_compile_options(rotunda_flags INTERFACE -fcf-protection=full)
    elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
        target_compile_options(rotunda_flags INTERFACE -mbranch-protection=standard)
    endif()
    target_link_options(rotunda_flags INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code)
endif()
if(ROTUNDA_SANITIZE)
    target_compile_options(rotunda_flags INTERFACE -fsanitize=${ROTUNDA_SANITIZE} -fno-sanitize-recover=all)
    target_link_options(rotunda_flags INTERFACE -fsanitize=${ROTUNDA_SANITIZE})
endif()
if(ROTUNDA_FUZZ)
    target_compile_options(rotunda_flags INTERFACE -fsanitize=fuzzer-no-link)
    target_link_options(rotunda_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

# rotunda_library(NAME [SMALL] [DEPENDS lib...]): every source of the current folder but main.cpp becomes rotunda_NAME.
# SMALL: it answers messages, some hundred a second, between which the processor's caches are somebody else's. What it
# costs is code that has to be fetched, so no loop is unrolled and little is inlined.
function(rotunda_library name)
    cmake_parse_arguments(ARG "SMALL" "" "DEPENDS" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS *.cpp)
    list(FILTER sources EXCLUDE REGEX "/main\\.cpp$")
    add_library(rotunda_${name} STATIC ${sources})
    target_link_libraries(rotunda_${name} PUBLIC rotunda_flags ${ARG_DEPENDS})
    if(ARG_SMALL AND CMAKE_BUILD_TYPE STREQUAL "Release")
        target_compile_options(rotunda_${name} PRIVATE -O2)
    endif()
endfunction()

# rotunda_test(FOLDER [DEPENDS lib...]): tests/FOLDER/*_test.cpp become one program, one ctest entry.
function(rotunda_test folder)
    cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/*.cpp)
    if(NOT sources)
        return()
    endif()
    add_executable(${folder}_tests ${sources})
    target_link_libraries(${folder}_tests PRIVATE rotunda_test_support ${ARG_DEPENDS})
    add_test(NAME unit.${folder} COMMAND ${folder}_tests)
    set_tests_properties(unit.${folder} PROPERTIES TIMEOUT 300)
endfunction()
