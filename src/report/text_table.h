// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace matome::report {

/// A table of text with aligned columns, headings above groups of columns, and rows that hold one
/// remark instead of values.
class TextTable {
 public:
  struct Column {
    std::string heading;
    bool right = true;  // Numbers stand at the right.
    int gap = 1;        // Spaces before it.
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// A heading centred above the columns `first` to `last`, which exist.
  void AddGroup(std::string heading, size_t first, size_t last);
  /// A row of as many cells as there are columns, or fewer: the others are blank.
  void AddRow(std::vector<std::string> cells);
  /// A row whose first cell is as usual, with `remark` from the second column on, whatever their
  /// widths.
  void AddRemark(std::string first_cell, std::string remark);
  /// A line below what was added so far.
  void AddRule();

  size_t width() const;
  /// With `bold` the headings and the row after the last rule are set off by terminal escapes. No
  /// space ends a line.
  std::string Text(bool bold) const;

 private:
  struct Group {
    std::string heading;
    size_t first;
    size_t last;
  };
  struct Row {
    std::vector<std::string> cells;
    bool remark = false;
    bool rule = false;
  };

  std::vector<size_t> Widths() const;

  std::vector<Column> columns_;
  std::vector<Group> groups_;
  std::vector<Row> rows_;
};

}  // namespace matome::report
