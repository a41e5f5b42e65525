// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace matome::testing {

/// splitmix64: small, and the same on every platform.
class RandomSource {
 public:
  explicit RandomSource(uint64_t seed) : state_(seed) {}

  uint64_t Next();

  /// Uniform enough in [0, limit); `limit` must not be 0.
  uint64_t Below(uint64_t limit) { return Next() % limit; }

  /// One of `values`, which must not be empty.
  template <typename Values>
  decltype(auto) Pick(const Values& values) {
    return *(std::begin(values) + static_cast<std::ptrdiff_t>(Below(std::size(values))));
  }

  /// True in `percent` of 100 calls.
  bool Percent(uint64_t percent) { return Below(100) < percent; }

 private:
  uint64_t state_;
};

}  // namespace matome::testing
