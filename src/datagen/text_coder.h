// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/interner.h"

namespace matome::datagen {

/// A text column in the making: ids become codes of a dictionary that has just the texts used.
class TextCoder {
 public:
  /// `texts` must outlive the coder, and not grow.
  explicit TextCoder(const base::Interner& texts);

  /// NULL is -1.
  int32_t Code(base::TextId text);

  /// Renumbers the codes by the order of the texts.
  void Sort();

  /// Forgets all codes.
  void Clear();

  /// The texts by code. Valid until the next call.
  std::span<const std::string_view> dictionary() const { return dictionary_; }

 private:
  const base::Interner* texts_;
  std::vector<int32_t> code_of_text_;
  std::vector<base::TextId> used_;
  std::vector<std::string_view> dictionary_;
};

}  // namespace matome::datagen
