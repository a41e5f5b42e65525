// SPDX-License-Identifier: Apache-2.0
#include "aggregate/day_for_test.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "model/day.h"
#include "model/table_schema.h"

namespace matome::aggregate {
namespace {

std::string_view Trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

DayForTest::DayForTest(Setup setup)
    : setup_(std::move(setup)),
      roles_(setup_.nodes),
      rules_{.enabled_tag_keys = setup_.enabled_tag_keys,
             .cost_categories = setup_.cost_categories,
             .node_roles = &roles_,
             .storage_exists = setup_.storage_exists,
             .count_label_keys = false,
             .semantics = setup_.semantics},
      vocabulary_(rules_),
      day_(rules_) {
  Start("2024-02-29");
}

void DayForTest::Start(std::string_view day) {
  day_.Start(*model::Day::Parse(day));
  summary_.rows.clear();
  audit_ = {};
}

void DayForTest::Add(model::Report report, std::string_view table, int64_t block_rows,
                     testing::TextCodes codes) {
  testing::TextRowGroup rows(model::SummaryProjection(report), table, codes);
  codes_.Reset(report, vocabulary_);
  const RowOrigin object{.object = "object", .row_group = 0, .first_row = 0};
  while (const batch::Block* block = rows.Next(block_rows)) {
    const base::Status status = codes_.Extend(*block, vocabulary_);
    ASSERT_TRUE(status.ok()) << status.message();
    RowOrigin origin = object;
    origin.first_row = block->first_row;
    if (block->times.empty()) {
      day_.Add(*block, codes_, day_.day().start_millis(), 0, block->rows, origin, vocabulary_);
    }
    int64_t first = 0;
    for (const auto& [millis, end] : block->times) {
      if (millis && model::Day::OfMillis(*millis) == day_.day()) {
        day_.Add(*block, codes_, *millis, first, end, origin, vocabulary_);
      }
      first = end;
    }
  }
}

const model::DaySummary& DayForTest::Finish() {
  day_.Finish(vocabulary_, check_, summary_, audit_);
  return summary_;
}

std::string DayForTest::Value(const model::SummaryRow& row, std::string_view column) const {
  const auto found = std::find_if(model::SummaryColumns().begin(), model::SummaryColumns().end(),
                                  [&](const auto& each) { return each.name == column; });
  if (found == model::SummaryColumns().end()) return "no column " + std::string(column);
  switch (found->source) {
    case model::ColumnSource::kName: {
      const base::TextId id = row.name(found->name_index());
      if (id == base::kNullText) return "NULL";
      const auto text = summary_.text(found->name_index(), id);
      return text.empty() ? "''" : std::string(text);
    }
    case model::ColumnSource::kLabels: {
      const auto id = row.label(found->labels_index());
      return id == model::kNullLabelSet ? "NULL" : std::string(summary_.label_json(id));
    }
    case model::ColumnSource::kNumber: {
      const auto value = row.value(found->number_index());
      return value ? fmt::format("{}", *value) : "NULL";
    }
    case model::ColumnSource::kCostCategoryId:
      return row.has_cost_category ? std::to_string(row.cost_category_id) : "NULL";
    default:
      return "not a column of rows: " + std::string(column);
  }
}

std::string DayForTest::Rows(model::RowKind kind, std::string_view columns) const {
  std::string lines;
  for (const auto& row : summary_.rows) {
    if (row.kind != kind) continue;
    std::string line;
    for (std::string_view rest = columns; !rest.empty();) {
      const auto end = rest.find('|');
      if (!line.empty()) line += " | ";
      line += Value(row, Trimmed(rest.substr(0, end)));
      rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    lines += line + "\n";
  }
  return lines;
}

std::vector<std::string> DayForTest::Bits() const {
  std::vector<std::string> lines;
  for (const auto& row : summary_.rows) {
    std::string line(model::RowKindName(row.kind));
    for (const auto& column : model::SummaryColumns()) {
      if (column.source == model::ColumnSource::kNumber) {
        const auto value = row.value(column.number_index());
        line += value ? fmt::format(" {:a}", *value) : " NULL";
      } else if (column.source == model::ColumnSource::kName ||
                 column.source == model::ColumnSource::kLabels ||
                 column.source == model::ColumnSource::kCostCategoryId) {
        line += " " + Value(row, column.name);
      }
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace matome::aggregate
