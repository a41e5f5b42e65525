// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "observe/log.h"
#include "observe/phase_timer.h"

namespace matome::cli {

/// "[#####...............]  25%  8 of 31 days, 3 s left"
std::string ProgressLine(std::string_view what, double share, std::string_view counted,
                         double elapsed_seconds);

/// Shows how far a run is: a live line on a terminal, elsewhere a line of the log every ten
/// seconds. It has no thread of its own, so it is as lively as the calls are frequent. Calls must
/// not overlap.
class Progress {
 public:
  Progress(observe::Logger& logger, bool quiet) : logger_(logger), quiet_(quiet) {}
  ~Progress() { Finish(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// `what` goes first ("source 2 of 3"), or is empty; `counted` says how much is done ("8 of 31
  /// days"); `share` of 1.
  void Show(std::string_view what, double share, std::string_view counted);
  /// Takes the live line away.
  void Finish();

 private:
  observe::Logger& logger_;
  bool quiet_;
  observe::Stopwatch since_start_;
  double last_shown_seconds_ = 0;
};

}  // namespace matome::cli
