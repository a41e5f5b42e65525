# SPDX-License-Identifier: Apache-2.0
# How everything is compiled: language, optimisation, warnings, sanitizers, linker, compiler cache.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG")
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -fno-omit-frame-pointer -D_GLIBCXX_ASSERTIONS")
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
set(THREADS_PREFER_PTHREAD_FLAG ON)

# No fused multiply-add: a sum has the same bits on every processor.
# Paths are mapped, so that the same sources give the same program wherever they lie.
add_compile_options(-ffp-contract=off -ffile-prefix-map=${PROJECT_SOURCE_DIR}/=)
if(CMAKE_COLOR_DIAGNOSTICS OR DEFINED ENV{CLICOLOR_FORCE})
  add_compile_options(-fdiagnostics-color=always)
endif()

find_program(MATOME_CCACHE ccache)
if(MATOME_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # The sloppiness is what ccache asks for to work with precompiled headers; the base directory lets
  # two checkouts share objects.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    env
    CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}
    CCACHE_NOHASHDIR=1
    ${MATOME_CCACHE})
endif()

find_program(MATOME_MOLD mold)
if(MATOME_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

if(MATOME_SANITIZE)
  add_compile_options(-fsanitize=${MATOME_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MATOME_SANITIZE})
  if(MATOME_SANITIZE MATCHES undefined)
    # The vptr check wants type information that foreign shared libraries do not export.
    add_compile_options(-fno-sanitize=vptr)
    add_link_options(-fno-sanitize=vptr)
  endif()
endif()
if(MATOME_BUILD_FUZZERS)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "MATOME_BUILD_FUZZERS needs clang; use the preset fuzz")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(MATOME_HASH_ZERO)
  add_compile_definitions(MATOME_HASH_ZERO=1)
endif()

add_library(matome_warnings INTERFACE)
target_compile_options(matome_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Werror
  -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Woverloaded-virtual -Wcast-qual -Wformat=2 -Wundef -Wvla -Wextra-semi -Wredundant-decls
  -Wmissing-declarations -Wimplicit-fallthrough -Wno-missing-field-initializers
  $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wsuggest-override>
  $<$<CXX_COMPILER_ID:Clang>:-Wconditional-uninitialized -Wunreachable-code -Wno-deprecated-declarations>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees ghosts in its own strings and optionals when it optimises; clang, which the presets fuzz and
  # tidy use, does this analysis without them.
  target_compile_options(matome_warnings INTERFACE
    -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds -Wno-restrict)
endif()

configure_file(${PROJECT_SOURCE_DIR}/cmake/matome_version.h.in
  ${PROJECT_BINARY_DIR}/generated/matome_version.h @ONLY)
