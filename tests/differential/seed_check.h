// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "testing/dataset.h"

namespace matome::differential {

/// Summarises the random month of a seed, in a physical form and with settings that the seed
/// decides too, several times, and compares the rows with the naive summary's and the runs with
/// each other. Returns what is wrong, nothing if all is well; the first line says what was run.
std::vector<std::string> CheckSeed(uint64_t seed, testing::Semantics semantics);

}  // namespace matome::differential
