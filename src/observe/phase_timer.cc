// SPDX-License-Identifier: Apache-2.0
#include "observe/phase_timer.h"

#include <ctime>

namespace matome::observe {

double ThreadCpuSeconds() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace matome::observe
