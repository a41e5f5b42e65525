// SPDX-License-Identifier: Apache-2.0
#include "testing/random_source.h"

namespace matome::testing {

uint64_t RandomSource::Next() {
  state_ += 0x9E3779B97F4A7C15U;
  uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
  return mixed ^ (mixed >> 31U);
}

}  // namespace matome::testing
