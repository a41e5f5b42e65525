// SPDX-License-Identifier: Apache-2.0
#include "postgres_faults/program_run.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

namespace matome::postgres_faults {
namespace {

constexpr std::string_view kClockSpeed = "FAST_CLOCK_SPEED=";

std::vector<std::string> Words(const std::vector<std::string>& arguments,
                               const std::vector<std::string>& environment) {
  const bool fast = std::any_of(environment.begin(), environment.end(), [](const auto& variable) {
    return variable.starts_with(kClockSpeed);
  });
  std::vector<std::string> words = {fast ? MATOME_WITH_FAST_CLOCK : MATOME_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return words;
}

}  // namespace

ProgramRun::ProgramRun(const std::vector<std::string>& arguments,
                       const std::vector<std::string>& environment)
    : support::ProgramRun(Words(arguments, environment), environment) {}

Ended RunToEnd(const std::vector<std::string>& arguments,
               const std::vector<std::string>& environment) {
  return ProgramRun(arguments, environment).Wait();
}

std::vector<std::string> ClockSpeed(int speed) { return {fmt::format("{}{}", kClockSpeed, speed)}; }

}  // namespace matome::postgres_faults
