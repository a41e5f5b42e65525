// SPDX-License-Identifier: Apache-2.0
//
// A library to preload into a program: it kills the program with SIGKILL at its N-th call that can
// change the file system, N being MATOME_KILL_AT_CALL. The call is not made, but of a write one
// half is. So every state that a kill at any moment can leave on disk is reached without waiting
// for a moment. Without N it only counts, and leaves the count in the file that
// MATOME_CALL_COUNT_FILE names.
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include <atomic>
#include <cstdarg>
#include <cstdlib>

#include <sys/stat.h>

namespace {

std::atomic<long> calls = 0;

long KillAt() {
  static const long number = [] {
    const char* const text = std::getenv("MATOME_KILL_AT_CALL");
    return text == nullptr ? 0 : std::strtol(text, nullptr, 10);
  }();
  return number;
}

[[noreturn]] void Die() {
  ::kill(::getpid(), SIGKILL);
  while (true) ::pause();
}

bool Dies() { return ++calls == KillAt(); }

template <typename Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

/// Makes the call, unless the program is to die at it.
template <typename Function, typename... Args>
auto Call(const char* name, Function* /*the call itself, for its type*/, Args... args) {
  if (Dies()) Die();
  return Real<Function>(name)(args...);
}

using OpenFunction = int(const char*, int, ...);

int Open(const char* name, const char* path, int flags, mode_t mode) {
  if ((flags & O_CREAT) != 0 && Dies()) Die();
  return Real<OpenFunction>(name)(path, flags, mode);
}

struct Counter {
  ~Counter() {
    const char* const path = std::getenv("MATOME_CALL_COUNT_FILE");
    if (path == nullptr || KillAt() != 0) return;
    if (FILE* const file = ::fopen(path, "w")) {
      ::fprintf(file, "%ld\n", calls.load());
      ::fclose(file);
    }
  }
};
const Counter counter;

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return Open("open", path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return Open("open64", path, flags, mode);
}

ssize_t write(int descriptor, const void* bytes, size_t count) {
  using WriteFunction = ssize_t(int, const void*, size_t);
  auto* const real = Real<WriteFunction>("write");
  struct stat info{};
  // Pipes and terminals are no part of what is left.
  if (::fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode) && Dies()) {
    if (real(descriptor, bytes, count / 2) >= 0) Die();
    Die();
  }
  return real(descriptor, bytes, count);
}

int fsync(int descriptor) { return Call("fsync", &fsync, descriptor); }
int fdatasync(int descriptor) { return Call("fdatasync", &fdatasync, descriptor); }
int ftruncate(int descriptor, off_t size) noexcept {
  return Call("ftruncate", &ftruncate, descriptor, size);
}
int mkdir(const char* path, mode_t mode) noexcept { return Call("mkdir", &mkdir, path, mode); }
int rmdir(const char* path) noexcept { return Call("rmdir", &rmdir, path); }
int unlink(const char* path) noexcept { return Call("unlink", &unlink, path); }
int remove(const char* path) noexcept { return Call("remove", &remove, path); }
int rename(const char* from, const char* to) noexcept { return Call("rename", &rename, from, to); }
int unlinkat(int directory, const char* path, int flags) noexcept {
  return Call("unlinkat", &unlinkat, directory, path, flags);
}

}  // extern "C"
