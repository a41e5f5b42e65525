// SPDX-License-Identifier: Apache-2.0
// Linked into a program, this makes its monotonic clock run, and its sleep end, FAST_CLOCK_SPEED
// times as fast, so that minutes of trying in vain are over soon. poll() keeps its pace.

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>

#include <sys/syscall.h>

namespace {

constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;

int64_t Now() {
  timespec time{};
  syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &time);
  return time.tv_sec * kNanosecondsPerSecond + time.tv_nsec;
}

int64_t Speed() {
  static const int64_t speed = [] {
    const char* text = std::getenv("FAST_CLOCK_SPEED");
    return text == nullptr ? 1 : std::atoll(text);
  }();
  return speed;
}

timespec TimeOf(int64_t nanoseconds) {
  return {.tv_sec = nanoseconds / kNanosecondsPerSecond,
          .tv_nsec = nanoseconds % kNanosecondsPerSecond};
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  if (clock != CLOCK_MONOTONIC) return static_cast<int>(syscall(SYS_clock_gettime, clock, time));
  static const int64_t start = Now();
  *time = TimeOf(start + (Now() - start) * Speed());
  return 0;
}

extern "C" int nanosleep(const timespec* wanted, timespec* left) {
  const timespec time =
      TimeOf((wanted->tv_sec * kNanosecondsPerSecond + wanted->tv_nsec) / Speed());
  return static_cast<int>(syscall(SYS_nanosleep, &time, left));
}
