// SPDX-License-Identifier: Apache-2.0
// Binary numerics of doubles, against exact decimal arithmetic.

#include "pg/numeric_encoder.h"

#include "pg/numeric_text_for_test.h"
#include "testing/numeric_fuzzing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  matome::testing::CheckNumericTexts(
      data, size,
      [](double value, matome::model::Semantics semantics) -> std::optional<std::string> {
        const auto field = matome::pg::NumericField::Of(value, semantics);
        if (field.empty()) return std::nullopt;
        return matome::pg::NumericTextForTest(field.bytes());
      });
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  return matome::testing::MutateNumber(data, size, max_size, seed);
}
