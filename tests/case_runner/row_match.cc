// SPDX-License-Identifier: Apache-2.0
#include "case_runner/row_match.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include <fmt/format.h>

#include "model/table_schema.h"

namespace matome::case_runner {
namespace {

bool IsNumber(std::string_view name) {
  const auto columns = model::SummaryColumns();
  const auto found = std::ranges::find(columns, name, &model::SummaryColumn::name);
  return found != columns.end() && found->source == model::ColumnSource::kNumber;
}

std::string Show(const std::optional<std::string>& text) {
  if (!text) return "NULL";
  const std::string shown = text->size() > 120 ? text->substr(0, 120) + "…" : *text;
  return shown.empty() || shown == "NULL" || shown.find('\n') != std::string::npos
             ? "'" + shown + "'"
             : shown;
}

class Matcher {
 public:
  Matcher(const Expectation& expected, bool from_csv) : expected_(expected), from_csv_(from_csv) {}

  /// The columns in which `actual` is not the expected row.
  std::vector<std::string> Differences(const std::vector<Cell>& row,
                                       const SummaryRowValues& actual) const {
    std::vector<std::string> differences;
    for (size_t index = 0; index < row.size(); ++index) {
      const std::string& column = expected_.columns[index];
      const SummaryValue& value = actual.at(column);
      if (!Agrees(column, row[index], value, actual)) {
        differences.push_back(
            fmt::format("{} is {}, not {}", column, Show(value.text), Show(row[index])));
      }
    }
    return differences;
  }

 private:
  bool Agrees(const std::string& column, const Cell& cell, const SummaryValue& value,
              const SummaryRowValues& row) const {
    if (!cell || !value.text) return !cell && !value.text;
    if (!IsNumber(column) || expected_.kind == ExpectationKind::kCsvRows)
      return *cell == *value.text;
    const auto number = EvaluateNumber(*cell);
    if (!number.ok()) return false;
    if (std::isnan(*number) || std::isnan(value.number))
      return std::isnan(*number) && std::isnan(value.number);
    return std::abs(*number - value.number) <= Tolerance(column, *number, row);
  }

  double Tolerance(std::string_view column, double number, const SummaryRowValues& row) const {
    double size = std::abs(number);
    if (row.at("kind").text == "unallocated" && column.starts_with("pod_")) {
      const bool cpu = column.ends_with("_cpu_core_hours");
      const auto& capacity =
          row.at(cpu ? "node_capacity_cpu_core_hours" : "node_capacity_memory_gigabyte_hours");
      size = std::max(size, std::abs(capacity.number));
    }
    return size * 1e-9 + (from_csv_ ? 1e-15 : 0);
  }

  const Expectation& expected_;
  const bool from_csv_;
};

}  // namespace

std::vector<std::string> MatchRows(const Expectation& expected,
                                   const std::vector<SummaryRowValues>& actual, bool from_csv) {
  std::vector<const SummaryRowValues*> left;
  for (const SummaryRowValues& row : actual) {
    const std::string& kind = *row.at("kind").text;
    if (expected.row_kinds.empty() ||
        std::ranges::find(expected.row_kinds, kind) != expected.row_kinds.end()) {
      left.push_back(&row);
    }
  }

  const Matcher matcher(expected, from_csv);
  std::vector<const std::vector<Cell>*> missing;
  for (const auto& row : expected.rows) {
    const auto found = std::ranges::find_if(
        left, [&](const auto* other) { return matcher.Differences(row, *other).empty(); });
    if (found == left.end()) {
      missing.push_back(&row);
    } else {
      left.erase(found);
    }
  }

  std::vector<std::string> problems;
  for (const auto* row : missing) {
    std::vector<std::string> shown;
    for (const Cell& cell : *row) shown.push_back(Show(cell));
    std::string problem = fmt::format("missing: {}", fmt::join(shown, " | "));
    size_t fewest = std::numeric_limits<size_t>::max();
    std::string nearest;
    for (const auto* other : left) {
      const auto differences = matcher.Differences(*row, *other);
      if (differences.size() < fewest) {
        fewest = differences.size();
        nearest = fmt::format("{}", fmt::join(differences, ", "));
      }
    }
    if (!nearest.empty()) problem += "\n  in the nearest row " + nearest;
    problems.push_back(std::move(problem));
  }
  for (const auto* row : left) {
    std::vector<std::string> shown;
    for (const std::string& column : expected.columns) shown.push_back(Show(row->at(column).text));
    problems.push_back(fmt::format("not expected: {}", fmt::join(shown, " | ")));
  }
  return problems;
}

}  // namespace matome::case_runner
