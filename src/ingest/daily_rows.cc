// SPDX-License-Identifier: Apache-2.0
#include "ingest/daily_rows.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "base/hash.h"
#include "ingest/report_columns.h"
#include "model/day.h"

namespace matome::ingest {
namespace {

constexpr double kNull = std::numeric_limits<double>::quiet_NaN();

const ConvertedColumn* Find(const ConvertedTable& table, std::string_view name) {
  const auto found = std::ranges::find(table.columns, name, &ConvertedColumn::name);
  return found == table.columns.end() ? nullptr : &*found;
}

// Gives rows of equal key codes and days one group number, in order of first appearance.
class Grouping {
 public:
  Grouping(std::vector<std::span<const int32_t>> keys, std::span<const int32_t> days)
      : keys_(std::move(keys)), days_(days) {
    group_of_row_.resize(days.size());
    std::vector<uint32_t> slots(std::bit_ceil(std::max<size_t>(days.size() * 2, 16)), kFree);
    const size_t mask = slots.size() - 1;
    for (uint32_t row = 0; row < days.size(); ++row) {
      size_t at = HashOf(row) & mask;
      while (slots[at] != kFree && !IsSame(first_rows_[slots[at]], row)) at = (at + 1) & mask;
      if (slots[at] == kFree) {
        slots[at] = static_cast<uint32_t>(first_rows_.size());
        first_rows_.push_back(row);
      }
      group_of_row_[row] = slots[at];
    }
  }

  size_t size() const { return first_rows_.size(); }
  std::span<const uint32_t> group_of_row() const { return group_of_row_; }
  uint32_t first_row(size_t group) const { return first_rows_[group]; }

 private:
  static constexpr uint32_t kFree = UINT32_MAX;

  uint64_t HashOf(uint32_t row) const {
    uint64_t hash = base::HashInteger(static_cast<uint32_t>(days_[row]));
    for (const auto& codes : keys_) {
      hash = base::HashInteger(hash * 31 + static_cast<uint32_t>(codes[row]));
    }
    return hash;
  }

  bool IsSame(uint32_t left, uint32_t right) const {
    return days_[left] == days_[right] && std::ranges::all_of(keys_, [&](const auto& codes) {
             return codes[left] == codes[right];
           });
  }

  std::vector<std::span<const int32_t>> keys_;
  std::span<const int32_t> days_;
  std::vector<uint32_t> group_of_row_;
  std::vector<uint32_t> first_rows_;
};

// The places of a dictionary's texts in the order of their bytes, which is that of code points;
// NULL comes last.
class Ranks {
 public:
  explicit Ranks(const TextColumn& column) : ranks_(column.dictionary.size()) {
    std::vector<int32_t> order(column.dictionary.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, {},
                      [&](int32_t code) { return column.dictionary[static_cast<size_t>(code)]; });
    for (size_t place = 0; place < order.size(); ++place)
      ranks_[static_cast<size_t>(order[place])] = static_cast<int32_t>(place);
  }

  int32_t Of(int32_t code) const {
    return code == TextColumn::kNull ? INT32_MAX : ranks_[static_cast<size_t>(code)];
  }

 private:
  std::vector<int32_t> ranks_;
};

// Kahan's sum, as pandas takes it: an infinity has no error to carry on.
std::vector<double> SumOf(std::span<const double> values, const Grouping& groups) {
  std::vector<double> sums(groups.size(), 0.0);
  std::vector<double> errors(groups.size(), 0.0);
  for (size_t row = 0; row < values.size(); ++row) {
    const double value = values[row];
    if (std::isnan(value)) continue;
    const uint32_t group = groups.group_of_row()[row];
    const double corrected = value - errors[group];
    const double sum = sums[group] + corrected;
    const double error = sum - sums[group] - corrected;
    errors[group] = std::isnan(error) ? 0.0 : error;
    sums[group] = sum;
  }
  return sums;
}

std::vector<double> MaximumOf(std::span<const double> values, const Grouping& groups) {
  std::vector<double> maxima(groups.size(), kNull);
  for (size_t row = 0; row < values.size(); ++row) {
    double& maximum = maxima[groups.group_of_row()[row]];
    if (std::isnan(maximum) || values[row] > maximum) maximum = values[row];
  }
  return maxima;
}

std::vector<int64_t> MaximumOf(std::span<const int64_t> values, const Grouping& groups) {
  std::vector<int64_t> maxima(groups.size(), INT64_MIN);
  for (size_t row = 0; row < values.size(); ++row) {
    int64_t& maximum = maxima[groups.group_of_row()[row]];
    maximum = std::max(maximum, values[row]);
  }
  return maxima;
}

std::vector<int32_t> MaximumOf(const TextColumn& column, const Grouping& groups) {
  const Ranks ranks(column);
  std::vector<int32_t> maxima(groups.size(), TextColumn::kNull);
  for (size_t row = 0; row < column.codes.size(); ++row) {
    const int32_t code = column.codes[row];
    int32_t& maximum = maxima[groups.group_of_row()[row]];
    if (code == TextColumn::kNull || code == maximum) continue;
    if (maximum == TextColumn::kNull || ranks.Of(code) > ranks.Of(maximum)) maximum = code;
  }
  return maxima;
}

// A column of fewer rows uses fewer texts: the dictionary keeps only those.
TextColumn Compacted(std::vector<int32_t> codes, const std::vector<std::string_view>& dictionary) {
  TextColumn column;
  std::vector<int32_t> new_codes(dictionary.size(), TextColumn::kNull);
  for (int32_t& code : codes) {
    if (code == TextColumn::kNull) continue;
    int32_t& new_code = new_codes[static_cast<size_t>(code)];
    if (new_code == TextColumn::kNull) {
      new_code = static_cast<int32_t>(column.dictionary.size());
      column.dictionary.push_back(dictionary[static_cast<size_t>(code)]);
    }
    code = new_code;
  }
  column.codes = std::move(codes);
  return column;
}

template <typename T>
std::vector<T> Ordered(const std::vector<T>& by_group, std::span<const uint32_t> order) {
  std::vector<T> ordered;
  ordered.reserve(order.size());
  for (const uint32_t group : order) ordered.push_back(by_group[group]);
  return ordered;
}

class DailyTable {
 public:
  DailyTable(CsvReport report, const ConvertedTable& hourly)
      : columns_(DailyColumnsOf(report)), hourly_(hourly) {
    const auto& starts = std::get<TimeColumn>(Find(hourly, kIntervalStart)->values);
    days_.reserve(starts.millis.size());
    for (const int64_t millis : starts.millis)
      days_.push_back(model::Day::OfMillis(millis).days_since_epoch);
    adjusted_to_utc_ = starts.adjusted_to_utc;
    for (const DailyColumn& column : columns_) {
      if (const auto* key = KeyOf(column)) keys_.push_back(key);
    }
  }

  ConvertedTable Make() {
    std::vector<std::span<const int32_t>> codes;
    for (const auto* key : keys_) codes.emplace_back(key->codes);
    const Grouping groups(std::move(codes), days_);
    const auto order = SortedGroups(groups);
    daily_.row_count = groups.size();

    for (const DailyColumn& column : columns_) {
      if (const auto* key = KeyOf(column)) AddKey(column.name, *key, groups, order);
    }
    AddDay(groups, order);
    for (const DailyColumn& column : columns_) {
      if (column.use != DailyUse::kKey) AddAggregate(column, groups, order);
    }
    for (const DailyColumn& column : columns_) {
      if (column.is_new && Find(hourly_, column.name) == nullptr) AddNulls(column.name);
    }
    return std::move(daily_);
  }

 private:
  const TextColumn* KeyOf(const DailyColumn& column) const {
    if (column.use != DailyUse::kKey) return nullptr;
    const auto* found = Find(hourly_, column.name);
    return found == nullptr ? nullptr : &std::get<TextColumn>(found->values);
  }

  std::vector<uint32_t> SortedGroups(const Grouping& groups) const {
    std::vector<Ranks> ranks;
    for (const auto* key : keys_) ranks.emplace_back(*key);
    std::vector<uint32_t> order(groups.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, [&](uint32_t left, uint32_t right) {
      const uint32_t left_row = groups.first_row(left);
      const uint32_t right_row = groups.first_row(right);
      for (size_t key = 0; key < keys_.size(); ++key) {
        const int32_t left_rank = ranks[key].Of(keys_[key]->codes[left_row]);
        const int32_t right_rank = ranks[key].Of(keys_[key]->codes[right_row]);
        if (left_rank != right_rank) return left_rank < right_rank;
      }
      return days_[left_row] < days_[right_row];
    });
    return order;
  }

  void AddKey(std::string_view name, const TextColumn& key, const Grouping& groups,
              std::span<const uint32_t> order) {
    std::vector<int32_t> codes;
    codes.reserve(order.size());
    for (const uint32_t group : order) codes.push_back(key.codes[groups.first_row(group)]);
    Add(name, Compacted(std::move(codes), key.dictionary));
  }

  void AddDay(const Grouping& groups, std::span<const uint32_t> order) {
    TimeColumn starts;
    starts.adjusted_to_utc = adjusted_to_utc_;
    for (const uint32_t group : order)
      starts.millis.push_back(model::Day{days_[groups.first_row(group)]}.start_millis());
    Add(kIntervalStart, std::move(starts));
  }

  void AddAggregate(const DailyColumn& column, const Grouping& groups,
                    std::span<const uint32_t> order) {
    const auto* found = Find(hourly_, column.name);
    if (found == nullptr) return;
    if (const auto* numbers = std::get_if<NumberColumn>(&found->values)) {
      const auto by_group = column.use == DailyUse::kSum ? SumOf(numbers->values, groups)
                                                         : MaximumOf(numbers->values, groups);
      Add(column.name, NumberColumn{Ordered(by_group, order)});
    } else if (const auto* times = std::get_if<TimeColumn>(&found->values)) {
      Add(column.name,
          TimeColumn{Ordered(MaximumOf(times->millis, groups), order), times->adjusted_to_utc});
    } else {
      const auto& texts = std::get<TextColumn>(found->values);
      Add(column.name, Compacted(Ordered(MaximumOf(texts, groups), order), texts.dictionary));
    }
  }

  void AddNulls(std::string_view name) {
    if (RuleOf(name).kind == ColumnKind::kText) {
      Add(name, TextColumn{std::vector<int32_t>(daily_.row_count, TextColumn::kNull), {}});
    } else {
      Add(name, NumberColumn{std::vector<double>(daily_.row_count, kNull)});
    }
  }

  template <typename Values>
  void Add(std::string_view name, Values values) {
    daily_.columns.push_back({std::string(name), std::move(values)});
  }

  std::span<const DailyColumn> columns_;
  const ConvertedTable& hourly_;
  std::vector<const TextColumn*> keys_;
  std::vector<int32_t> days_;  // By row.
  bool adjusted_to_utc_ = false;
  ConvertedTable daily_;
};

}  // namespace

ConvertedTable AggregateByDay(CsvReport report, const ConvertedTable& hourly) {
  MATOME_DCHECK(Find(hourly, kIntervalStart) != nullptr);
  return DailyTable(report, hourly).Make();
}

}  // namespace matome::ingest
