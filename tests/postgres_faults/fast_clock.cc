// SPDX-License-Identifier: Apache-2.0
// Linked into a program, this makes its monotonic clock run MATOME_CLOCK_SPEED times as fast, so
// that a wait of minutes for something that never comes is over soon. Timers of the system keep
// their pace.

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

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  if (clock != CLOCK_MONOTONIC) return static_cast<int>(syscall(SYS_clock_gettime, clock, time));
  static const int64_t start = Now();
  static const int64_t speed = [] {
    const char* text = std::getenv("MATOME_CLOCK_SPEED");
    return text == nullptr ? 1 : std::atoll(text);
  }();
  const int64_t shown = start + (Now() - start) * speed;
  time->tv_sec = shown / kNanosecondsPerSecond;
  time->tv_nsec = shown % kNanosecondsPerSecond;
  return 0;
}
