// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <algorithm>

#include <fmt/format.h>

#include "report/text.h"

namespace matome::cli {
namespace {

constexpr int kBarCells = 20;
constexpr double kLogEverySeconds = 10;
constexpr double kDrawEverySeconds = 0.1;

}  // namespace

std::string ProgressLine(std::string_view what, double share, std::string_view counted,
                         double elapsed_seconds) {
  share = std::clamp(share, 0.0, 1.0);
  const int filled = static_cast<int>(share * kBarCells);
  std::string line =
      fmt::format("{}{}[{:#<{}}{:.<{}}] {:3.0f}%  {}", what, what.empty() ? "" : "  ", "", filled,
                  "", kBarCells - filled, share * 100, counted);
  // Before a tenth is done a guess of what is left is worth nothing.
  if (share >= 0.1 && share < 1 && elapsed_seconds > 1) {
    line += fmt::format(", {} left", report::SecondsText(elapsed_seconds * (1 - share) / share));
  }
  return line;
}

void Progress::Show(std::string_view what, double share, std::string_view counted) {
  if (quiet_) return;
  const double now = since_start_.seconds();
  const double pause = logger_.terminal() ? kDrawEverySeconds : kLogEverySeconds;
  if (now - last_shown_seconds_ < pause) return;
  last_shown_seconds_ = now;
  if (logger_.terminal()) {
    logger_.SetStatusLine(ProgressLine(what, share, counted, now));
  } else {
    logger_.Info("{}{}{}, {:.0f}%", what, what.empty() ? "" : ": ", counted, share * 100);
  }
}

void Progress::Finish() { logger_.SetStatusLine({}); }

}  // namespace matome::cli
