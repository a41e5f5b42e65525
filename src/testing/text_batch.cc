// SPDX-License-Identifier: Apache-2.0
#include "testing/text_batch.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <map>

#include <fmt/format.h>

#include "model/day.h"

namespace matome::testing {
namespace {

using Cells = std::vector<std::optional<std::string_view>>;

[[noreturn]] void Unreadable(std::string_view what, std::string_view text) {
  fmt::print(stderr, "text table: {}: {}\n", what, text);
  std::abort();
}

std::string_view Trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<std::string_view> CellOf(std::string_view text) {
  text = Trimmed(text);
  if (text.empty()) Unreadable("a blank cell; write NULL or ''", text);
  if (text == "NULL") return std::nullopt;
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'')
    return text.substr(1, text.size() - 2);
  return text;
}

double NumberOf(std::string_view text) {
  double value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size())
    Unreadable("not a number", text);
  return value;
}

}  // namespace

int64_t MillisOf(std::string_view text) {
  const auto day = model::Day::Parse(text.substr(0, 10));
  if (!day) Unreadable("not a timestamp", text);
  int64_t seconds = 0;
  int64_t unit = 3600;
  if (text.size() > 10) {
    for (const auto part : Split(text.substr(11), ':')) {
      seconds += static_cast<int64_t>(NumberOf(part)) * unit;
      unit /= 60;
    }
  }
  return day->start_millis() + seconds * 1000;
}

TextRowGroup::TextRowGroup(const model::Projection& projection, std::string_view table,
                           TextCodes codes)
    : table_(table), text_codes_(codes) {
  std::map<std::string_view, Cells> columns;
  std::vector<std::string_view> names;
  for (const auto line : Split(table_, '\n')) {
    if (Trimmed(line).empty()) continue;
    const auto parts = Split(line, '|');
    if (names.empty()) {
      for (const auto part : parts) names.push_back(Trimmed(part));
      continue;
    }
    if (parts.size() != names.size())
      Unreadable("a row with more or fewer cells than columns", line);
    for (size_t at = 0; at < parts.size(); ++at) columns[names[at]].push_back(CellOf(parts[at]));
    ++rows_;
  }
  const auto take = [&](std::string_view name) {
    const auto found = columns.find(name);
    const bool named = std::find(names.begin(), names.end(), name) != names.end();
    names.erase(std::remove(names.begin(), names.end(), name), names.end());
    return named && found != columns.end() ? found->second : Cells(static_cast<size_t>(rows_));
  };
  has_times_ = std::find(names.begin(), names.end(), model::kIntervalStart) != names.end();
  for (const auto& cell : take(model::kIntervalStart)) {
    millis_.push_back(cell ? std::optional(MillisOf(*cell)) : std::nullopt);
  }
  for (const auto name : projection.texts) FillText(take(name), texts_.emplace_back());
  for (const auto name : projection.numbers) FillNumber(take(name), numbers_.emplace_back());
  if (!names.empty()) Unreadable("no such column", names.front());
}

void TextRowGroup::FillText(const Cells& cells, TextColumn& column) const {
  std::map<std::string_view, batch::Code> known;
  for (const auto& cell : cells) {
    if (!cell) {
      column.codes.push_back(batch::kNullCode);
      continue;
    }
    const auto next = static_cast<batch::Code>(column.entries.size() + 1);
    const auto [found, added] = known.try_emplace(*cell, next);
    if (added || text_codes_ == TextCodes::kPlain) {
      column.entries.push_back(*cell);
      column.codes.push_back(next);
    } else {
      column.codes.push_back(found->second);
    }
  }
}

void TextRowGroup::FillNumber(const Cells& cells, NumberColumn& column) const {
  for (const auto& cell : cells) {
    column.values.push_back(cell ? NumberOf(*cell) : 0.0);
    column.valid.push_back(cell ? 1 : 0);
  }
}

const batch::Block* TextRowGroup::Next(int64_t most_rows) {
  block_.first_row += block_.rows;
  block_.rows = std::min(most_rows, rows_ - block_.first_row);
  if (block_.rows <= 0) return nullptr;
  const auto first = static_cast<size_t>(block_.first_row);
  const auto end = first + static_cast<size_t>(block_.rows);
  block_.texts.clear();
  for (auto& column : texts_) {
    size_t seen = column.entries.size();
    if (text_codes_ == TextCodes::kPlain) {
      seen = std::max(column.announced, static_cast<size_t>(*std::max_element(
                                            column.codes.begin() + static_cast<int64_t>(first),
                                            column.codes.begin() + static_cast<int64_t>(end))));
    }
    block_.texts.push_back(
        {.codes = column.codes.data() + first,
         .new_entries =
             std::span(column.entries).subspan(column.announced, seen - column.announced),
         .first_new_code = static_cast<batch::Code>(column.announced + 1)});
    column.announced = seen;
  }
  block_.numbers.clear();
  for (const auto& column : numbers_) {
    const bool no_nulls = std::all_of(column.valid.begin() + static_cast<int64_t>(first),
                                      column.valid.begin() + static_cast<int64_t>(end),
                                      [](uint8_t valid) { return valid != 0; });
    block_.numbers.push_back({.values = column.values.data() + first,
                              .valid = no_nulls ? nullptr : column.valid.data() + first});
  }
  block_.times.clear();
  for (size_t row = first; has_times_ && row < end; ++row) {
    if (!block_.times.empty() && block_.times.back().millis == millis_[row]) {
      block_.times.back().end = static_cast<int64_t>(row + 1 - first);
    } else {
      block_.times.push_back({millis_[row], static_cast<int64_t>(row + 1 - first)});
    }
  }
  return &block_;
}

}  // namespace matome::testing
