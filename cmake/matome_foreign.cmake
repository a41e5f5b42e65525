# SPDX-License-Identifier: Apache-2.0
# Foreign libraries. Those of matome_foreign are open to every module; the others are named in a module's LIBS.

find_package(Threads REQUIRED)
find_package(absl REQUIRED CONFIG)
find_package(fmt REQUIRED CONFIG)
find_package(nlohmann_json REQUIRED CONFIG)
find_package(CLI11 REQUIRED CONFIG)
find_package(yaml-cpp REQUIRED CONFIG)
find_package(simdjson REQUIRED CONFIG)
find_package(PkgConfig REQUIRED)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(libpq REQUIRED libpq)
# Only the headers: the library is loaded when it is needed (src/pg/libpq.h).
add_library(libpq_headers INTERFACE)
target_include_directories(libpq_headers SYSTEM INTERFACE ${libpq_INCLUDE_DIRS})
target_link_libraries(libpq_headers INTERFACE ${CMAKE_DL_LIBS})
pkg_check_modules(libcurl REQUIRED libcurl)
# Likewise (src/s3/curl_library.h).
add_library(libcurl_headers INTERFACE)
target_include_directories(libcurl_headers SYSTEM INTERFACE ${libcurl_INCLUDE_DIRS})
target_link_libraries(libcurl_headers INTERFACE ${CMAKE_DL_LIBS})
find_package(pugixml REQUIRED CONFIG)
pkg_check_modules(libarchive REQUIRED libarchive)
# Likewise (src/ingest/archive_library.h).
add_library(libarchive_headers INTERFACE)
target_include_directories(libarchive_headers SYSTEM INTERFACE ${libarchive_INCLUDE_DIRS})
target_link_libraries(libarchive_headers INTERFACE ${CMAKE_DL_LIBS})
find_package(ZLIB REQUIRED)
find_package(MatomeArrow REQUIRED)

if(NOT TARGET yaml-cpp::yaml-cpp)
  add_library(yaml-cpp::yaml-cpp ALIAS yaml-cpp)
endif()

add_library(matome_foreign INTERFACE)
target_link_libraries(matome_foreign INTERFACE
  Threads::Threads fmt::fmt nlohmann_json::nlohmann_json PkgConfig::xxhash
  absl::flat_hash_map absl::flat_hash_set absl::hash)

if(MATOME_BUILD_TESTS)
  find_package(GTest REQUIRED CONFIG)
  include(GoogleTest)
endif()
if(MATOME_BUILD_BENCHMARKS)
  find_package(benchmark REQUIRED CONFIG)
endif()
