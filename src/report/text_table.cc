// SPDX-License-Identifier: Apache-2.0
#include "report/text_table.h"

#include <algorithm>
#include <string_view>

#include "report/text.h"

namespace matome::report {
namespace {

void AppendPadded(std::string_view text, size_t width, bool right, std::string& line) {
  const size_t padding = width - std::min(DisplayWidth(text), width);
  if (right) line.append(padding, ' ');
  line += text;
  if (!right) line.append(padding, ' ');
}

void AppendLine(std::string line, bool bold, std::string& out) {
  line.resize(line.find_last_not_of(' ') + 1);
  out += bold && !line.empty() ? "\x1b[1m" + line + "\x1b[0m" : line;
  out += '\n';
}

}  // namespace

void TextTable::AddGroup(std::string heading, size_t first, size_t last) {
  groups_.push_back({std::move(heading), first, last});
}

void TextTable::AddRow(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  rows_.push_back({std::move(cells), false, false});
}

void TextTable::AddRemark(std::string first_cell, std::string remark) {
  rows_.push_back({{std::move(first_cell), std::move(remark)}, true, false});
}

void TextTable::AddRule() { rows_.push_back({{}, false, true}); }

std::vector<size_t> TextTable::Widths() const {
  std::vector<size_t> widths;
  for (size_t column = 0; column < columns_.size(); ++column) {
    size_t width = DisplayWidth(columns_[column].heading);
    for (const auto& row : rows_) {
      if (row.rule || (row.remark && column > 0)) continue;
      width = std::max(width, DisplayWidth(row.cells[column]));
    }
    widths.push_back(width);
  }
  return widths;
}

size_t TextTable::width() const {
  size_t total = 0;
  const auto widths = Widths();
  for (size_t column = 0; column < columns_.size(); ++column) {
    total += widths[column] + (column > 0 ? static_cast<size_t>(columns_[column].gap) : 0);
  }
  return total;
}

std::string TextTable::Text(bool bold) const {
  const auto widths = Widths();
  std::vector<size_t> starts;
  size_t at = 0;
  for (size_t column = 0; column < columns_.size(); ++column) {
    if (column > 0) at += static_cast<size_t>(columns_[column].gap);
    starts.push_back(at);
    at += widths[column];
  }

  std::string out;
  if (!groups_.empty()) {
    std::string line;
    for (const auto& group : groups_) {
      const size_t first = starts[group.first];
      const size_t span = starts[group.last] + widths[group.last] - first;
      const size_t left = (span - std::min(DisplayWidth(group.heading), span)) / 2;
      line.resize(std::max(line.size(), first + left), ' ');
      line += group.heading;
    }
    AppendLine(std::move(line), bold, out);
  }
  std::string headings;
  for (size_t column = 0; column < columns_.size(); ++column) {
    headings.resize(starts[column], ' ');
    AppendPadded(columns_[column].heading, widths[column], columns_[column].right, headings);
  }
  AppendLine(std::move(headings), bold, out);

  bool after_rule = false;
  for (const auto& row : rows_) {
    std::string line;
    if (row.rule) {
      line.append(at, '-');
    } else if (row.remark) {
      AppendPadded(row.cells[0], widths[0], columns_[0].right, line);
      line += " " + row.cells[1];
    } else {
      for (size_t column = 0; column < columns_.size(); ++column) {
        if (column > 0) line.append(static_cast<size_t>(columns_[column].gap), ' ');
        AppendPadded(row.cells[column], widths[column], columns_[column].right, line);
      }
    }
    const bool last = &row == &rows_.back();
    AppendLine(std::move(line), bold && last && after_rule, out);
    after_rule = row.rule;
  }
  return out;
}

}  // namespace matome::report
