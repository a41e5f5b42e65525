// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace matome::case_runner {

/// A value in a case file: absent is NULL.
using Cell = std::optional<std::string>;

/// Reads the values of one line from left to right.
///
/// A value is `NULL`, bare text up to a stop character (blanks around it do not count), or quoted
/// text: '…' with the escapes \n \t \r \\ \' \" \| \0 \u{1F600}, which may be repeated and joined:
/// 'x'*253 + ' '*9. Quoted 'NULL' is text. A value may not be blank; the empty text is ''.
class TextScanner {
 public:
  explicit TextScanner(std::string_view line) : rest_(line) {}

  /// The value that ends before `stop` or at the end of the line.
  base::Result<Cell> TakeCell(std::string_view stop);

  /// Whether `token` comes next, blanks apart; if so it is passed over.
  bool Take(std::string_view token);

  /// Whether only blanks are left.
  bool AtEnd();

 private:
  base::Result<std::string> TakeQuoted();

  std::string_view rest_;
};

/// The values of a line that `separator` divides.
base::Result<std::vector<Cell>> SplitCells(std::string_view line, std::string_view separator = "|");

/// A number as cases write it: decimals, nan, inf, + - * / ^ and brackets, evaluated in double:
/// 86400*29*2^30.
base::Result<double> EvaluateNumber(std::string_view text);

std::string_view TrimBlanks(std::string_view text);

}  // namespace matome::case_runner
