// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/semantics.h"

namespace matome::aggregate {

/// An SQL LIKE pattern: `%` is any run of characters, `_` exactly one code point, the whole text
/// must match, case counts. In Trino nothing escapes; PostgreSQL's backslash does (semantics §4.2,
/// §6 row 13).
class LikePattern {
 public:
  LikePattern(std::string_view pattern, model::Semantics semantics);

  /// `text` is valid UTF-8.
  bool Matches(std::string_view text) const;

 private:
  enum class Kind : uint8_t { kByte, kAnyOne, kAnyRun, kNothing };
  struct Token {
    Kind kind;
    char byte;
  };
  std::vector<Token> tokens_;
};

}  // namespace matome::aggregate
