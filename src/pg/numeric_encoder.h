// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "model/semantics.h"

namespace matome::pg {

/// A field of binary COPY that holds a numeric(33,15): its length, then the value in groups of four
/// decimal digits. Equal in value to the text of model::AppendDecimal().
class NumericField {
 public:
  /// The longest: length, header of 8 bytes, 5 groups before the point and 4 after it.
  static constexpr size_t kMaxBytes = 4 + 8 + 2 * (5 + 4);

  /// Empty when the value does not fit, see model::FitsDecimal().
  static NumericField Of(double value, model::Semantics semantics);

  bool empty() const { return size_ == 0; }
  std::string_view bytes() const { return {bytes_.data(), size_}; }

 private:
  void Append16(uint32_t value) {
    bytes_[size_++] = static_cast<char>(value >> 8);
    bytes_[size_++] = static_cast<char>(value);
  }

  std::array<char, kMaxBytes> bytes_;
  uint8_t size_ = 0;
};

/// Remembers the fields of values seen lately: a node's and a cluster's capacity stand in each of
/// their rows, and requests and limits repeat. Not thread-safe.
class NumericCache {
 public:
  explicit NumericCache(model::Semantics semantics)
      : semantics_(semantics), slots_(std::make_unique<std::array<Slot, kSlots>>()) {}

  /// Valid until the next call.
  const NumericField& Field(double value);

 private:
  static constexpr size_t kSlots = 1024;
  struct Slot {
    uint64_t bits = 0;
    NumericField field;  // Empty: the slot is free, or the value does not fit.
  };

  model::Semantics semantics_;
  std::unique_ptr<std::array<Slot, kSlots>> slots_;
};

}  // namespace matome::pg
