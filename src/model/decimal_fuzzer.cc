// SPDX-License-Identifier: Apache-2.0
// numeric(33,15) texts of doubles, against exact decimal arithmetic.

#include "model/decimal.h"

#include "testing/numeric_fuzzing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  matome::testing::CheckNumericTexts(
      data, size,
      [](double value, matome::model::Semantics semantics) -> std::optional<std::string> {
        if (!matome::model::FitsDecimal(value, semantics)) return std::nullopt;
        std::string text;
        matome::model::AppendDecimal(value, semantics, text);
        return text;
      });
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  return matome::testing::MutateNumber(data, size, max_size, seed);
}
