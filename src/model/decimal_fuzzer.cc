// SPDX-License-Identifier: Apache-2.0
// numeric(33,15) texts of doubles, against exact decimal arithmetic. Input: the bytes of doubles.

#include "model/decimal.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "testing/naive_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace matome;
  // Two at most: exact arithmetic is slow.
  for (size_t at = 0; at + sizeof(double) <= size && at < 2 * sizeof(double);
       at += sizeof(double)) {
    double value = 0;
    std::memcpy(&value, data + at, sizeof(value));
    for (const bool trino : {true, false}) {
      const auto semantics = trino ? model::Semantics::kTrino : model::Semantics::kKokuPostgresql;
      const auto expected = testing::NaiveNumericText(
          value, trino ? testing::Semantics::kTrino : testing::Semantics::kKokuPostgresql);
      std::string text;
      const bool fits = model::FitsDecimal(value, semantics);
      if (fits) model::AppendDecimal(value, semantics, text);
      if (fits == expected.has_value() && text == expected.value_or("")) continue;
      std::fprintf(stderr, "%a: '%s', should be '%s'\n", value,
                   fits ? text.c_str() : "does not fit", expected.value_or("does not fit").c_str());
      std::abort();
    }
  }
  return 0;
}

// Numbers of the sizes that occur, and near the limits; random bytes alone are mostly far out of
// range.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
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
