# Every third-party library, each behind one imported target. scripts/packages lists the Debian packages.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(SQLite3 REQUIRED)
pkg_check_modules(libav REQUIRED IMPORTED_TARGET libavcodec libavutil)
pkg_check_modules(opus REQUIRED IMPORTED_TARGET opus)
pkg_check_modules(pango REQUIRED IMPORTED_TARGET pangoft2)
pkg_check_modules(hwy REQUIRED IMPORTED_TARGET libhwy)
pkg_check_modules(webrtc_audio REQUIRED IMPORTED_TARGET webrtc-audio-processing)
pkg_check_modules(re2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(cares REQUIRED IMPORTED_TARGET libcares)
pkg_check_modules(crypto REQUIRED IMPORTED_TARGET libcrypto>=3 libssl>=3)

# spandsp ships no usable target of its own: G.722 is all that is taken from it.
find_library(SPANDSP_LIBRARY spandsp REQUIRED)
find_path(SPANDSP_INCLUDE spandsp.h REQUIRED)
add_library(rotunda_spandsp INTERFACE)
target_link_libraries(rotunda_spandsp INTERFACE ${SPANDSP_LIBRARY})
target_include_directories(rotunda_spandsp SYSTEM INTERFACE ${SPANDSP_INCLUDE})

# libyuv has no pkg-config file.
find_library(YUV_LIBRARY yuv REQUIRED)
find_path(YUV_INCLUDE libyuv.h REQUIRED)
add_library(rotunda_yuv INTERFACE)
target_link_libraries(rotunda_yuv INTERFACE ${YUV_LIBRARY})
target_include_directories(rotunda_yuv SYSTEM INTERFACE ${YUV_INCLUDE})
