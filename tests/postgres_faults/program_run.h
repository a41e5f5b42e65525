// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "support/program_run.h"

namespace matome::postgres_faults {

using support::Ended;

/// matome; with ClockSpeed() in `environment` the program whose clock can run fast.
class ProgramRun : public support::ProgramRun {
 public:
  explicit ProgramRun(const std::vector<std::string>& arguments,
                      const std::vector<std::string>& environment = {});
};

/// Starts it and waits for its end.
Ended RunToEnd(const std::vector<std::string>& arguments,
               const std::vector<std::string>& environment = {});

/// The variables that let a program's clock run `speed` times as fast.
std::vector<std::string> ClockSpeed(int speed);

}  // namespace matome::postgres_faults
