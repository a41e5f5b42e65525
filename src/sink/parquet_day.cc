// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <deque>

#include "model/table_schema.h"
#include "sink/day_file.h"
#include "sink/ordered_day.h"

namespace matome::sink {
namespace {

using arrow_io::WriteColumn;
using model::ColumnSource;
using model::Number;
using model::SummaryRow;

/// Sums of measurements hardly ever repeat, so a dictionary of them would be made in vain.
bool Repeats(Number number) {
  switch (number) {
    case Number::kPodUsageCpuCoreHours:
    case Number::kPodEffectiveUsageCpuCoreHours:
    case Number::kPodUsageMemoryGigabyteHours:
    case Number::kPodEffectiveUsageMemoryGigabyteHours:
    case Number::kPersistentVolumeClaimUsageGigabyteMonths:
      return false;
    default:
      return true;
  }
}

/// Builds the columns and keeps what they point to.
class Columns {
 public:
  Columns(const OrderedDay& day, const model::RunConstants& constants)
      : day_(day), constants_(constants) {
    GatherNumbers();
    for (const auto& column : model::SummaryColumns()) {
      Add(column);
      // A day is one row group, and nobody skips a day by its smallest number or label text.
      columns_.back().statistics =
          column.source != ColumnSource::kNumber && column.source != ColumnSource::kLabels;
    }
  }

  const std::vector<WriteColumn>& columns() const { return columns_; }

 private:
  size_t rows() const { return day_.order.size(); }

  template <typename CodeOf>
  void AddText(std::string_view name, std::span<const std::string_view> dictionary,
               CodeOf code_of) {
    auto& codes = codes_.emplace_back(rows());
    for (size_t at = 0; at < rows(); ++at) codes[at] = code_of(day_.row(at));
    columns_.push_back({name, arrow_io::TextValues{codes, dictionary}});
  }

  void AddConstant(std::string_view name, std::optional<std::string_view> text) {
    auto& dictionary = dictionaries_.emplace_back();
    if (text) dictionary.push_back(*text);
    AddText(name, dictionary, [&](const SummaryRow&) { return text ? 0 : RankedTexts::kNull; });
  }

  void AddNumber(std::string_view name, Number number) {
    const auto at = static_cast<size_t>(number);
    columns_.push_back(
        {name, arrow_io::DoubleValues{numbers_[at], number_valid_[at], Repeats(number)}});
  }

  /// Takes the numbers out of the rows, all of a row's at once: a row is a few cache lines,
  /// somewhere in memory.
  void GatherNumbers() {
    for (size_t number = 0; number < model::kNumberCount; ++number) {
      numbers_[number].resize(rows());
      number_valid_[number].resize(rows());
    }
    for (size_t at = 0; at < rows(); ++at) {
      const SummaryRow& row = day_.row(at);
      for (size_t number = 0; number < model::kNumberCount; ++number) {
        const bool has = row.has(static_cast<Number>(number));
        number_valid_[number][at] = has ? 1 : 0;
        numbers_[number][at] = has ? row.numbers[number] : 0.0;
      }
    }
  }

  void Add(const model::SummaryColumn& column) {
    switch (column.source) {
      case ColumnSource::kUuid:
        return AddConstant(column.name, std::nullopt);
      case ColumnSource::kClusterId:
        return AddConstant(column.name, constants_.cluster_id);
      case ColumnSource::kClusterAlias:
        return AddConstant(column.name, constants_.cluster_alias ? std::optional<std::string_view>(
                                                                       *constants_.cluster_alias)
                                                                 : std::nullopt);
      case ColumnSource::kSourceUuid:
        return AddConstant(column.name, constants_.source_uuid);
      case ColumnSource::kReportPeriodId: {
        auto& values = integers_.emplace_back(rows(), constants_.report_period_id);
        columns_.push_back({column.name, arrow_io::Int32Values{values, {}}});
        return;
      }
      case ColumnSource::kUsageDay: {
        auto& values = integers_.emplace_back(rows(), day_.summary.day.days_since_epoch);
        columns_.push_back({column.name, arrow_io::DateValues{values}});
        return;
      }
      case ColumnSource::kDataSource:
        dictionaries_.push_back({"Pod", "Storage"});
        return AddText(column.name, dictionaries_.back(), [](const SummaryRow& row) {
          return row.kind == model::RowKind::kStorage ? 1 : 0;
        });
      case ColumnSource::kName:
        return AddText(column.name, day_.names[column.index].texts,
                       [&](const SummaryRow& row) { return day_.code(row, column.name_index()); });
      case ColumnSource::kLabels:
        return AddLabels(column);
      case ColumnSource::kNumber:
        return AddNumber(column.name, column.number_index());
      case ColumnSource::kInfrastructureUsageCost:
        dictionaries_.push_back({model::kInfrastructureUsageCost});
        return AddText(column.name, dictionaries_.back(), [](const SummaryRow& row) {
          return row.kind == model::RowKind::kUnallocated ? RankedTexts::kNull : 0;
        });
      case ColumnSource::kCostCategoryId: {
        auto& values = integers_.emplace_back(rows());
        auto& valid = valid_.emplace_back(rows());
        for (size_t at = 0; at < rows(); ++at) {
          values[at] = day_.row(at).has_cost_category ? day_.row(at).cost_category_id : 0;
          valid[at] = day_.row(at).has_cost_category ? 1 : 0;
        }
        columns_.push_back({column.name, arrow_io::Int32Values{values, valid}});
        return;
      }
    }
  }

  /// Label columns share one ranking; each gets only the texts that it uses.
  void AddLabels(const model::SummaryColumn& column) {
    auto& codes = codes_.emplace_back(rows());
    std::vector<int32_t> own_code(day_.labels.texts.size(), RankedTexts::kNull);
    auto& dictionary = dictionaries_.emplace_back();
    for (size_t at = 0; at < rows(); ++at) {
      const int32_t code = day_.code(day_.row(at), column.labels_index());
      codes[at] = code;
      if (code != RankedTexts::kNull) own_code[static_cast<size_t>(code)] = 0;
    }
    for (size_t code = 0; code < own_code.size(); ++code) {
      if (own_code[code] == RankedTexts::kNull) continue;
      own_code[code] = static_cast<int32_t>(dictionary.size());
      dictionary.push_back(day_.labels.texts[code]);
    }
    for (auto& code : codes) {
      if (code != RankedTexts::kNull) code = own_code[static_cast<size_t>(code)];
    }
    columns_.push_back({column.name, arrow_io::TextValues{codes, dictionary}});
  }

  const OrderedDay& day_;
  const model::RunConstants& constants_;
  std::vector<WriteColumn> columns_;
  std::array<std::vector<double>, model::kNumberCount> numbers_;
  std::array<std::vector<uint8_t>, model::kNumberCount> number_valid_;
  // Deques, because the columns point to their elements.
  std::deque<std::vector<int32_t>> codes_, integers_;
  std::deque<std::vector<std::string_view>> dictionaries_;
  std::deque<std::vector<uint8_t>> valid_;
};

}  // namespace

base::Status WriteParquetDay(const model::DaySummary& summary, const model::RunConstants& constants,
                             const arrow_io::ByteSink& sink) {
  const OrderedDay ordered(summary);
  const Columns columns(ordered, constants);
  return arrow_io::WriteParquet(columns.columns(), arrow_io::WriteOptions{}, sink);
}

}  // namespace matome::sink
