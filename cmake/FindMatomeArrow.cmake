# SPDX-License-Identifier: Apache-2.0
# Arrow C++ and Parquet as targets matome::arrow and matome::parquet, and Arrow's S3 file system as
# matome::arrow_s3 where there is one.
#
# An installed Arrow of a supported version is preferred. Otherwise the one that tools/bootstrap.sh
# unpacked is taken, from ${MATOME_CACHE}/arrow-<version>.

set(MATOME_ARROW_MINIMUM 20.0.0)
set(MATOME_ARROW_PINNED 26.0.1)
option(MATOME_SYSTEM_ARROW "Use an installed Arrow where there is a supported one" ON)

if(MATOME_SYSTEM_ARROW)
  find_package(Arrow QUIET CONFIG)
  if(Arrow_FOUND AND Arrow_VERSION VERSION_GREATER_EQUAL MATOME_ARROW_MINIMUM)
    find_package(Parquet QUIET CONFIG)
  endif()
endif()

if(Arrow_FOUND AND Parquet_FOUND)
  set(MatomeArrow_VERSION ${Arrow_VERSION})
  set(MatomeArrow_LOCATION ${Arrow_DIR})
  if(NOT TARGET matome::arrow)
    foreach(library arrow parquet)
      add_library(matome::${library} INTERFACE IMPORTED)
    endforeach()
    if(TARGET Arrow::arrow_shared)
      target_link_libraries(matome::arrow INTERFACE Arrow::arrow_shared)
      target_link_libraries(matome::parquet INTERFACE Parquet::parquet_shared matome::arrow)
    else()
      target_link_libraries(matome::arrow INTERFACE Arrow::arrow_static)
      target_link_libraries(matome::parquet INTERFACE Parquet::parquet_static matome::arrow)
    endif()
    # Installed builds keep the S3 file system inside libarrow.
    add_library(matome::arrow_s3 INTERFACE IMPORTED)
    target_link_libraries(matome::arrow_s3 INTERFACE matome::arrow)
  endif()
else()
  if(DEFINED ENV{MATOME_CACHE})
    set(cache $ENV{MATOME_CACHE})
  elseif(DEFINED ENV{XDG_CACHE_HOME})
    set(cache $ENV{XDG_CACHE_HOME}/matome)
  else()
    set(cache $ENV{HOME}/.cache/matome)
  endif()
  set(root ${cache}/arrow-${MATOME_ARROW_PINNED})
  if(EXISTS ${root}/include/arrow/api.h)
    set(MatomeArrow_VERSION ${MATOME_ARROW_PINNED})
    set(MatomeArrow_LOCATION ${root})
    if(NOT TARGET matome::arrow)
      foreach(library arrow parquet arrow_s3)
        file(GLOB location ${root}/lib/lib${library}.so.*)
        add_library(matome::${library} SHARED IMPORTED)
        set_target_properties(matome::${library} PROPERTIES
          IMPORTED_LOCATION ${location}
          INTERFACE_INCLUDE_DIRECTORIES ${root}/include)
      endforeach()
      target_link_libraries(matome::parquet INTERFACE matome::arrow)
      target_link_libraries(matome::arrow_s3 INTERFACE matome::arrow)
    endif()
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(MatomeArrow
  REQUIRED_VARS MatomeArrow_LOCATION
  VERSION_VAR MatomeArrow_VERSION
  REASON_FAILURE_MESSAGE "no Arrow ${MATOME_ARROW_MINIMUM} or newer is installed. Run tools/bootstrap.sh")
