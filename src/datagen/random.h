// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>

namespace matome::datagen {

/// A stream of pseudo-random numbers (splitmix64), the same on every machine.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  /// The stream of one part of a data set: parts are independent of each other and of the order
  /// they are made in.
  Random(uint64_t seed, std::initializer_list<uint64_t> part) : state_(seed) {
    for (const uint64_t number : part) state_ = Next() ^ (number + 1);
    Next();
  }

  uint64_t Next() {
    uint64_t bits = state_ += 0x9e3779b97f4a7c15;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    return bits ^ (bits >> 31);
  }

  /// Uniform in [0, limit); `limit` is above 0 and below 2^32.
  uint32_t Below(uint64_t limit) { return static_cast<uint32_t>(((Next() >> 32) * limit) >> 32); }

  /// Uniform in [first, last].
  int32_t Between(int32_t first, int32_t last) {
    return first + static_cast<int32_t>(Below(static_cast<uint64_t>(last - first) + 1));
  }

  /// Uniform in [0, 1).
  double Unit() { return static_cast<double>(Next() >> 11) * 0x1p-53; }
  double Between(double first, double last) { return first + (last - first) * Unit(); }

  bool Chance(double probability) { return Unit() < probability; }

  template <typename Range>
  const auto& Pick(const Range& range) {
    return range[Below(range.size())];
  }

 private:
  uint64_t state_;
};

}  // namespace matome::datagen
