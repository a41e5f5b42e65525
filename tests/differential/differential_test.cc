// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "differential/seed_check.h"

namespace matome::differential {
namespace {

using testing::Semantics;

/// Seeds are dealt to so many tests, which may run side by side.
constexpr uint64_t kHands = 4;
constexpr size_t kMostSeedsShown = 5;
constexpr size_t kMostLinesShown = 12;

/// A number from the environment: MATOME_SEEDS says how many seeds to run, MATOME_FIRST_SEED from
/// which on.
uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* const text = std::getenv(name);
  if (text == nullptr) return otherwise;
  const std::string_view digits(text);
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    ADD_FAILURE() << name << " is not a number: " << text;
  }
  return value;
}

std::string_view NameOf(Semantics semantics) {
  return semantics == Semantics::kTrino ? "Trino" : "KokuPostgresql";
}

class DifferentialTest : public ::testing::TestWithParam<std::tuple<Semantics, uint64_t>> {};

TEST_P(DifferentialTest, AgreesWithTheNaiveSummary) {
  const auto [semantics, hand] = GetParam();
  const uint64_t first = FromEnvironment("MATOME_FIRST_SEED", 1);
  const uint64_t count = FromEnvironment("MATOME_SEEDS", 200);
  std::vector<uint64_t> bad_seeds;
  for (uint64_t seed = first + hand; seed < first + count; seed += kHands) {
    std::vector<std::string> problems = CheckSeed(seed, semantics);
    if (problems.empty()) continue;
    bad_seeds.push_back(seed);
    if (bad_seeds.size() > kMostSeedsShown) continue;
    const size_t all = problems.size();
    problems.resize(std::min(all, kMostLinesShown));
    if (all > problems.size())
      problems.push_back(fmt::format("and {} more", all - problems.size()));
    ADD_FAILURE() << fmt::format(
        "seed {}: {}\nagain: MATOME_FIRST_SEED={} MATOME_SEEDS=1 differential_test "
        "--gtest_filter='*{}*'",
        seed, fmt::join(problems, "\n  "), seed, NameOf(semantics));
  }
  EXPECT_TRUE(bad_seeds.empty()) << fmt::format("{} bad seeds: {}", bad_seeds.size(),
                                                fmt::join(bad_seeds, " "));
}

INSTANTIATE_TEST_SUITE_P(
    Seeds, DifferentialTest,
    ::testing::Combine(::testing::Values(Semantics::kTrino, Semantics::kKokuPostgresql),
                       ::testing::Range(uint64_t{0}, kHands)),
    [](const ::testing::TestParamInfo<DifferentialTest::ParamType>& parameter) {
      return fmt::format("{}{}", NameOf(std::get<0>(parameter.param)),
                         std::get<1>(parameter.param));
    });

}  // namespace
}  // namespace matome::differential
