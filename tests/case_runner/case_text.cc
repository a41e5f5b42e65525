// SPDX-License-Identifier: Apache-2.0
#include "case_runner/case_text.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace matome::case_runner {
namespace {

constexpr std::string_view kBlanks = " \t";

bool TakePrefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

void SkipBlanks(std::string_view& text) {
  const size_t first = text.find_first_not_of(kBlanks);
  text.remove_prefix(first == std::string_view::npos ? text.size() : first);
}

template <typename T>
bool TakeInteger(std::string_view& text, T& value, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return true;
}

void AppendUtf8(uint32_t code_point, std::string& out) {
  const auto put = [&out](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code_point < 0x80) {
    put(code_point);
  } else if (code_point < 0x800) {
    put(0xC0 | code_point >> 6);
    put(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    put(0xE0 | code_point >> 12);
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  } else {
    put(0xF0 | code_point >> 18);
    put(0x80 | (code_point >> 12 & 0x3F));
    put(0x80 | (code_point >> 6 & 0x3F));
    put(0x80 | (code_point & 0x3F));
  }
}

/// Appends what the escape that begins after a backslash stands for.
bool TakeEscape(std::string_view& text, std::string& out) {
  constexpr std::string_view kFrom = "ntr\\'\"|0";
  constexpr std::string_view kTo("\n\t\r\\'\"|\0", 8);
  if (text.empty()) return false;
  const char escape = text.front();
  text.remove_prefix(1);
  if (const size_t found = kFrom.find(escape); found != std::string_view::npos) {
    out.push_back(kTo[found]);
    return true;
  }
  uint32_t code_point = 0;
  if (escape != 'u' || !TakePrefix(text, "{") || !TakeInteger(text, code_point, 16) ||
      !TakePrefix(text, "}") || code_point > 0x10FFFF) {
    return false;
  }
  AppendUtf8(code_point, out);
  return true;
}

/// A calculator of one expression; a failed step leaves `ok` false.
class Expression {
 public:
  explicit Expression(std::string_view text) : rest_(text) {}

  base::Result<double> Evaluate() {
    const std::string_view whole = rest_;
    const double value = Sum();
    SkipBlanks(rest_);
    if (!ok_ || !rest_.empty()) return base::ConfigInvalid(fmt::format("not a number: {}", whole));
    return value;
  }

 private:
  bool Take(std::string_view token) {
    SkipBlanks(rest_);
    return TakePrefix(rest_, token);
  }

  double Sum() {
    double value = Product();
    while (ok_) {
      if (Take("+")) {
        value += Product();
      } else if (Take("-")) {
        value -= Product();
      } else {
        break;
      }
    }
    return value;
  }

  double Product() {
    double value = Power();
    while (ok_) {
      if (Take("*")) {
        value *= Power();
      } else if (Take("/")) {
        value /= Power();
      } else {
        break;
      }
    }
    return value;
  }

  double Power() {
    if (Take("-")) return -Power();
    const double base = Atom();
    return ok_ && Take("^") ? std::pow(base, Atom()) : base;
  }

  double Atom() {
    if (Take("(")) {
      const double value = Sum();
      ok_ = ok_ && Take(")");
      return value;
    }
    if (Take("nan")) return std::numeric_limits<double>::quiet_NaN();
    if (Take("inf")) return std::numeric_limits<double>::infinity();
    double value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    ok_ = ok_ && error == std::errc();
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return value;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace

std::string_view TrimBlanks(std::string_view text) {
  SkipBlanks(text);
  const size_t last = text.find_last_not_of(kBlanks);
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

bool TextScanner::Take(std::string_view token) {
  SkipBlanks(rest_);
  return TakePrefix(rest_, token);
}

bool TextScanner::AtEnd() {
  SkipBlanks(rest_);
  return rest_.empty();
}

base::Result<std::string> TextScanner::TakeQuoted() {
  std::string text;
  do {
    if (!Take("'")) return base::ConfigInvalid("a quoted text must follow the plus sign");
    std::string piece;
    while (!TakePrefix(rest_, "'")) {
      if (rest_.empty()) return base::ConfigInvalid("a quoted text does not end");
      if (!TakePrefix(rest_, "\\")) {
        piece.push_back(rest_.front());
        rest_.remove_prefix(1);
      } else if (!TakeEscape(rest_, piece)) {
        return base::ConfigInvalid("unknown escape in a quoted text");
      }
    }
    size_t times = 1;
    if (Take("*")) {
      SkipBlanks(rest_);
      if (!TakeInteger(rest_, times)) return base::ConfigInvalid("a count must follow the star");
    }
    for (; times > 0; --times) text += piece;
  } while (Take("+"));
  return text;
}

base::Result<Cell> TextScanner::TakeCell(std::string_view stop) {
  SkipBlanks(rest_);
  if (rest_.starts_with('\'')) {
    MATOME_ASSIGN_OR_RETURN(std::string text, TakeQuoted());
    SkipBlanks(rest_);
    if (!rest_.empty() && !rest_.starts_with(stop)) {
      return base::ConfigInvalid("there is something after a quoted text");
    }
    return Cell(std::move(text));
  }
  const size_t end = std::min(rest_.find(stop), rest_.size());
  const std::string_view text = TrimBlanks(rest_.substr(0, end));
  rest_.remove_prefix(end);
  if (text.empty()) {
    return base::ConfigInvalid("a value is blank; write NULL, or '' for the empty text");
  }
  return text == "NULL" ? Cell() : Cell(std::string(text));
}

base::Result<std::vector<Cell>> SplitCells(std::string_view line, std::string_view separator) {
  TextScanner scanner(line);
  std::vector<Cell> cells;
  do {
    MATOME_ASSIGN_OR_RETURN(Cell cell, scanner.TakeCell(separator));
    cells.push_back(std::move(cell));
  } while (scanner.Take(separator));
  return cells;
}

base::Result<double> EvaluateNumber(std::string_view text) { return Expression(text).Evaluate(); }

}  // namespace matome::case_runner
