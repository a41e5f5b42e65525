// SPDX-License-Identifier: Apache-2.0
// Binary numerics of doubles, against exact decimal arithmetic. Input: the bytes of doubles.

#include "pg/numeric_encoder.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "pg/numeric_text_for_test.h"
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
      const auto field = pg::NumericField::Of(value, semantics);
      const std::string text = field.empty() ? "" : pg::NumericTextForTest(field.bytes());
      if (field.empty() != expected.has_value() && text == expected.value_or("")) continue;
      std::fprintf(stderr, "%a: '%s', should be '%s'\n", value, text.c_str(),
                   expected.value_or("does not fit").c_str());
      std::abort();
    }
  }
  return 0;
}

// Numbers of the sizes that occur; random bytes alone are mostly far out of range.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  size = LLVMFuzzerMutate(data, size, max_size);
  if (size < sizeof(double) || seed % 3 == 0) return size;
  uint64_t bits = 0;
  std::memcpy(&bits, data, sizeof(bits));
  double value = static_cast<double>(bits % 1'000'000'000) / 3600;
  if (seed % 5 == 1) value = static_cast<double>(bits >> 4) * 0x1p-10;
  if (seed % 5 == 2) value = static_cast<double>(bits % 100'000) * 1e-15 / 2;
  if (seed % 5 == 3) value = 1e18 - static_cast<double>(bits % 100'000);
  if (seed % 5 == 4) value = static_cast<double>(bits % 1'000'000'000'000'000ULL) * 1e-6;
  if (seed % 2 == 0) value = -value;
  std::memcpy(data, &value, sizeof(value));
  return size;
}
