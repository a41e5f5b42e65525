# SPDX-License-Identifier: Apache-2.0

# Every module may use these three without naming them; they name their own DEPS.
set(MATOME_OPEN_MODULES base observe model)

# The precompiled headers of all targets: standard ones only, so that no edit of ours rebuilds the world.
if(MATOME_PCH)
  add_library(matome_pch STATIC ${PROJECT_SOURCE_DIR}/cmake/matome_pch.cc)
  target_link_libraries(matome_pch PRIVATE matome_warnings Threads::Threads)
  target_precompile_headers(matome_pch PRIVATE
    <algorithm> <array> <chrono> <cstdint> <functional> <map> <memory> <optional> <span> <string>
    <string_view> <tuple> <unordered_map> <utility> <variant> <vector>)
endif()

# In a sanitizer build every program carries the sanitizers' options, see sanitizer_options.cc.
if(MATOME_SANITIZE)
  add_library(matome_sanitizer_options OBJECT ${PROJECT_SOURCE_DIR}/cmake/sanitizer_options.cc)
endif()

# What each library and program of ours has in common.
function(matome_configure_target target)
  target_link_libraries(${target} PRIVATE matome_warnings)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src ${PROJECT_BINARY_DIR}/generated)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "EXECUTABLE" AND MATOME_SANITIZE)
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:matome_sanitizer_options>)
  endif()
  if(MATOME_PCH)
    target_precompile_headers(${target} REUSE_FROM matome_pch)
  endif()
endfunction()

# Gives ctest the cases of a GoogleTest program. Under sanitizers, where starting a program is slow, the
# program is one test.
function(matome_register_gtest program labels)
  if(MATOME_SANITIZE)
    add_test(NAME ${program} COMMAND ${program})
    set_tests_properties(${program} PROPERTIES LABELS "${labels}" TIMEOUT 600)
  else()
    gtest_discover_tests(${program} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
      PROPERTIES LABELS "${labels}" TIMEOUT 300)
  endif()
endfunction()

# matome_add_module(<name> [DEPS <module>…] [LIBS <target>…] [SOURCES <file>…] [TESTS <file>…]
#                   [TEST_DEPS <module>…] [TEST_LIBS <target>…] [BENCHMARKS <file>…] [FUZZERS <file>…])
#
# A module is one folder of src/: library matome_<name>, one test program, one program for each benchmark
# and fuzzer. DEPS are the modules it may include, and tools/check_layers.py holds it to them. LIBS are
# foreign libraries, for this module alone: nobody who links the module sees their headers. Without
# SOURCES it is a module of headers only. Tests, benchmarks and fuzzers may use TEST_DEPS and `testing` too.
function(matome_add_module name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" ""
    "DEPS;LIBS;SOURCES;TESTS;TEST_DEPS;TEST_LIBS;BENCHMARKS;FUZZERS")
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "matome_add_module(${name}): what is ${ARG_UNPARSED_ARGUMENTS}?")
  endif()
  if(NOT name IN_LIST MATOME_OPEN_MODULES)
    list(APPEND ARG_DEPS ${MATOME_OPEN_MODULES})
    list(REMOVE_DUPLICATES ARG_DEPS)
  endif()
  list(TRANSFORM ARG_DEPS REPLACE "(.+)" "$<TARGET_NAME_IF_EXISTS:matome_\\1>")
  list(TRANSFORM ARG_TEST_DEPS PREPEND matome_)

  if(ARG_SOURCES)
    add_library(matome_${name} STATIC ${ARG_SOURCES})
    target_link_libraries(matome_${name} PUBLIC ${ARG_DEPS} matome_foreign PRIVATE ${ARG_LIBS})
    matome_configure_target(matome_${name})
  else()
    add_library(matome_${name} INTERFACE)
    target_link_libraries(matome_${name} INTERFACE ${ARG_DEPS} matome_foreign ${ARG_LIBS})
  endif()
  set(for_tests matome_${name} ${ARG_LIBS} ${ARG_TEST_LIBS} ${ARG_TEST_DEPS}
    $<TARGET_NAME_IF_EXISTS:matome_testing>)

  if(ARG_TESTS AND MATOME_BUILD_TESTS)
    add_executable(matome_${name}_test ${ARG_TESTS})
    target_link_libraries(matome_${name}_test PRIVATE ${for_tests} GTest::gmock_main)
    matome_configure_target(matome_${name}_test)
    matome_register_gtest(matome_${name}_test unit)
  endif()
  if(MATOME_BUILD_BENCHMARKS)
    foreach(source IN LISTS ARG_BENCHMARKS)
      cmake_path(GET source STEM benchmark)
      add_executable(${benchmark} EXCLUDE_FROM_ALL ${source})
      target_link_libraries(${benchmark} PRIVATE ${for_tests} benchmark::benchmark_main)
      matome_configure_target(${benchmark})
      add_dependencies(matome_benchmarks ${benchmark})
    endforeach()
  endif()
  if(MATOME_BUILD_FUZZERS)
    foreach(source IN LISTS ARG_FUZZERS)
      cmake_path(GET source STEM fuzzer)
      add_executable(${fuzzer} ${source})
      target_link_libraries(${fuzzer} PRIVATE ${for_tests} -fsanitize=fuzzer)
      matome_configure_target(${fuzzer})
      add_dependencies(matome_fuzzers ${fuzzer})
    endforeach()
  endif()
endfunction()

# matome_add_program(<name> SOURCES <file>… [DEPS <module>…] [LIBS <target>…])
#
# A program of ours; it lands at the top of the build directory.
function(matome_add_program name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "DEPS;LIBS;SOURCES")
  list(TRANSFORM ARG_DEPS PREPEND matome_)
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} ${ARG_LIBS} matome_foreign)
  matome_configure_target(${name})
endfunction()

# matome_add_test(<name> SOURCES <file>… [DEPS <module>…] [LIBS <target>…] [LABELS <label>…])
#
# A GoogleTest program of tests/, which uses the modules as a whole. Labels choose where it runs: `case` under
# every build of `make check`, `differential` with many more seeds there.
function(matome_add_test name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "DEPS;LIBS;SOURCES;LABELS")
  matome_add_program(${name} SOURCES ${ARG_SOURCES} DEPS ${ARG_DEPS}
    LIBS ${ARG_LIBS} $<TARGET_NAME_IF_EXISTS:matome_testing> GTest::gmock_main)
  matome_register_gtest(${name} "${ARG_LABELS}")
  if("case" IN_LIST ARG_LABELS)
    add_dependencies(matome_cases ${name})
  endif()
endfunction()

# What there is to build of one kind.
if(MATOME_BUILD_TESTS)
  add_custom_target(matome_cases)
endif()
if(MATOME_BUILD_BENCHMARKS)
  add_custom_target(matome_benchmarks)
endif()
if(MATOME_BUILD_FUZZERS)
  add_custom_target(matome_fuzzers)
endif()
