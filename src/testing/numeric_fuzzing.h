// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "model/semantics.h"
#include "testing/naive_text.h"

// What the fuzzers of numeric(33,15) have in common. Their input is the bytes of doubles.

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace matome::testing {

/// Holds text_of(value, semantics), absent for what does not fit, against exact decimal arithmetic,
/// and aborts where they differ.
template <typename TextOf>
void CheckNumericTexts(const uint8_t* data, size_t size, TextOf text_of) {
  // Two at most: exact arithmetic is slow.
  for (size_t at = 0; at + sizeof(double) <= size && at < 2 * sizeof(double);
       at += sizeof(double)) {
    double value = 0;
    std::memcpy(&value, data + at, sizeof(value));
    for (const bool trino : {true, false}) {
      const std::optional<std::string> expected =
          NaiveNumericText(value, trino ? Semantics::kTrino : Semantics::kKokuPostgresql);
      const std::optional<std::string> text =
          text_of(value, trino ? model::Semantics::kTrino : model::Semantics::kKokuPostgresql);
      if (text == expected) continue;
      const std::string nothing = "does not fit";
      std::fprintf(stderr, "%a: '%s', should be '%s'\n", value, text.value_or(nothing).c_str(),
                   expected.value_or(nothing).c_str());
      std::abort();
    }
  }
}

/// Numbers of the sizes that occur, and near the limits; random bytes alone are mostly far out of
/// range.
inline size_t MutateNumber(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  size = LLVMFuzzerMutate(data, size, max_size);
  if (size < sizeof(double) || seed % 3 == 0) return size;
  uint64_t bits = 0;
  std::memcpy(&bits, data, sizeof(bits));
  double value = 0;
  switch (seed % 5) {
    case 0:
      value = static_cast<double>(bits % 1'000'000'000) / 3600;
      break;
    case 1:
      value = static_cast<double>(bits >> 4) * 0x1p-10;
      break;
    case 2:
      value = static_cast<double>(bits % 100'000) * 1e-15 / 2;
      break;
    case 3:
      value = 1e18 - static_cast<double>(bits % 100'000);
      break;
    default:
      value = static_cast<double>(bits % 1'000'000'000'000'000ULL) * 1e-6;
      break;
  }
  if (seed % 2 == 0) value = -value;
  std::memcpy(data, &value, sizeof(value));
  return size;
}

}  // namespace matome::testing
