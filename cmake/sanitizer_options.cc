// SPDX-License-Identifier: Apache-2.0
// Linked into every program of a sanitizer build, so that a test by hand behaves as under ctest.

extern "C" {

const char* __asan_default_options();
const char* __asan_default_options() {
  return "strict_string_checks=1:detect_stack_use_after_return=1:check_initialization_order=1:"
         "allocator_may_return_null=1";
}

const char* __ubsan_default_options();
const char* __ubsan_default_options() { return "print_stacktrace=1"; }

const char* __tsan_default_options();
const char* __tsan_default_options() { return "halt_on_error=1:second_deadlock_stack=1"; }

// Arrow's libraries are not instrumented: what they order by atomics inside cannot be seen. Their
// locks can, so calls from them must not be ignored altogether.
const char* __tsan_default_suppressions();
const char* __tsan_default_suppressions() {
  return "race:libarrow.so\nrace:libparquet.so\nmutex:libarrow.so\nmutex:libparquet.so\n";
}

}  // extern "C"
