// SPDX-License-Identifier: Apache-2.0
#include "observe/phase_timer.h"

#include <cstdint>

#include <gtest/gtest.h>

namespace matome::observe {
namespace {

TEST(PhaseTimer, AddsTheTimeOfItsScope) {
  double total_seconds = 1.0;
  {
    PhaseTimer timer(total_seconds);
    volatile uint64_t work = 0;
    for (uint64_t step = 0; step < 100'000; ++step) work = work + step;
  }
  EXPECT_GT(total_seconds, 1.0);
}

TEST(Stopwatch, NeverRunsBackwards) {
  const Stopwatch watch;
  const double first = watch.seconds();
  EXPECT_GE(first, 0.0);
  EXPECT_GE(watch.seconds(), first);
}

}  // namespace
}  // namespace matome::observe
