// SPDX-License-Identifier: Apache-2.0
#include "datagen/report_writer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include "arrow_io/parquet_writer.h"
#include "base/check.h"
#include "base/hash.h"
#include "datagen/lake_file.h"
#include "datagen/random.h"
#include "matome_version.h"

namespace matome::datagen {
namespace {

constexpr double kNull = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kMillisPerHour = 3'600'000;
constexpr int32_t kNullDay = INT32_MIN;

// The columns that every report has.
constexpr std::string_view kPeriodStart = "report_period_start";
constexpr std::string_view kPeriodEnd = "report_period_end";
constexpr std::string_view kIntervalStart = "interval_start";
constexpr std::string_view kIntervalEnd = "interval_end";

int32_t DayOfRow(int64_t start_millis) {
  return start_millis == kNullHour ? kNullDay : model::Day::OfMillis(start_millis).days_since_epoch;
}

std::string PandasColumn(std::string_view name, std::string_view pandas_type,
                         std::string_view numpy_type) {
  return fmt::format(
      R"({{"name": "{0}", "field_name": "{0}", "pandas_type": "{1}", "numpy_type": "{2}", "metadata": null}})",
      name, pandas_type, numpy_type);
}

struct PandasType {
  std::string_view pandas;
  std::string_view numpy;

  static PandasType Of(const arrow_io::TextValues&) { return {"unicode", "object"}; }
  static PandasType Of(const arrow_io::DoubleValues&) { return {"float64", "float64"}; }
  static PandasType Of(const arrow_io::TimestampValues&) { return {"datetime", "datetime64[ns]"}; }
  template <typename Other>
  static PandasType Of(const Other&) {
    return {"object", "object"};
  }
};

// What pandas stores about a frame, as readers that look at it expect.
std::string PandasMetadata(std::span<const arrow_io::WriteColumn> columns) {
  std::string text = R"({"index_columns": [], "column_indexes": [], "columns": [)";
  for (const auto& column : columns) {
    const auto type =
        std::visit([](const auto& values) { return PandasType::Of(values); }, column.values);
    if (&column != columns.data()) text += ", ";
    text += PandasColumn(column.name, type.pandas, type.numpy);
  }
  text += R"(], "attributes": {}, "creator": {"library": "matome", "version": ")" MATOME_VERSION
          R"("}, "pandas_version": "2.3.3"})";
  return text;
}

struct GroupKey {
  RowTexts keys{};
  int32_t day = 0;

  bool operator==(const GroupKey&) const = default;
};

struct GroupKeyHash {
  uint64_t operator()(const GroupKey& key) const {
    char bytes[sizeof(key.keys) + sizeof(key.day)];
    std::memcpy(bytes, key.keys.data(), sizeof(key.keys));
    std::memcpy(bytes + sizeof(key.keys), &key.day, sizeof(key.day));
    return base::HashBytes({bytes, sizeof(bytes)});
  }
};

// Kahan's sum with a NULL, a NaN, counted as nothing: a plain sum of a month's hours would depend
// on their order more.
void AddSum(std::span<const double> values, std::span<const int32_t> groups,
            std::span<double> sums) {
  std::vector<double> corrections(sums.size());
  for (size_t row = 0; row < groups.size(); ++row) {
    const auto group = static_cast<size_t>(groups[row]);
    const double value = values[row];
    if (std::isnan(value)) continue;
    const double corrected = value - corrections[group];
    const double sum = sums[group] + corrected;
    corrections[group] = (sum - sums[group]) - corrected;
    sums[group] = sum;
  }
}

void TakeMaximum(std::span<const double> values, std::span<const int32_t> groups,
                 std::span<double> maxima) {
  std::ranges::fill(maxima, kNull);
  for (size_t row = 0; row < groups.size(); ++row) {
    double& maximum = maxima[static_cast<size_t>(groups[row])];
    maximum = std::fmax(maximum, values[row]);
  }
}

// Validity bytes of a number column, or none if nothing in it is NULL.
std::vector<uint8_t> ValidityOf(std::span<const double> values) {
  const auto is_null = [](double value) { return std::isnan(value); };
  if (std::ranges::none_of(values, is_null)) return {};
  std::vector<uint8_t> valid(values.size());
  std::ranges::transform(values, valid.begin(),
                         [&](double value) { return uint8_t{!is_null(value)}; });
  return valid;
}

std::vector<uint8_t> ValidityOf(std::span<const int64_t> times) {
  if (std::ranges::find(times, kNullHour) == times.end()) return {};
  std::vector<uint8_t> valid(times.size());
  std::ranges::transform(times, valid.begin(),
                         [](int64_t time) { return uint8_t{time != kNullHour}; });
  return valid;
}

}  // namespace

// The columns of a file. The texts' dictionaries are those of the coders.
struct ReportWriter::Columns {
  explicit Columns(const ReportWriter& writer) : codes(writer.text_count()) {}

  std::vector<std::vector<int32_t>> codes;       // By the layout's keys and attributes.
  std::vector<std::span<const double>> numbers;  // By the layout's numbers and larger ones.
  std::vector<int64_t> period_starts;
  std::vector<int64_t> period_ends;
  std::span<const int64_t> starts;
  std::vector<int64_t> ends;  // Daily files have none.
};

// The aggregate of a batch, by column, sorted by keys and day.
struct ReportWriter::DailyRows {
  std::vector<RowTexts> texts;
  std::vector<int32_t> days;
  std::vector<std::vector<double>> numbers;
};

ReportWriter::ReportWriter(const ReportLayout& layout, const base::Interner& texts,
                           ReportPlace place)
    : layout_(layout),
      texts_(texts),
      place_(std::move(place)),
      period_start_millis_(place_.month.first_day().start_millis()),
      period_end_millis_((place_.month.last_day() + 1).start_millis()),
      coders_(layout.keys.size() + layout.attributes.size(), TextCoder(texts)),
      numbers_(layout.numbers.size() + layout.larger.size()),
      added_(layout.numbers.size()) {}

EntityId ReportWriter::AddEntity(const RowTexts& texts) {
  entities_.push_back(texts);
  return static_cast<EntityId>(entities_.size() - 1);
}

void ReportWriter::BeginFile(std::string base_name, FileForm form, size_t batch_rows) {
  MATOME_DCHECK(row_entities_.empty());
  base_name_ = std::move(base_name);
  form_ = std::move(form);
  batch_rows_ = batch_rows;
  batch_number_ = 0;
}

std::span<double* const> ReportWriter::AddRows(int64_t start_millis,
                                               std::span<const EntityId> entities) {
  const size_t first = row_entities_.size();
  row_entities_.insert(row_entities_.end(), entities.begin(), entities.end());
  row_starts_.resize(row_entities_.size(), start_millis);
  for (size_t number = 0; number < added_.size(); ++number) {
    numbers_[number].resize(row_entities_.size());
    added_[number] = numbers_[number].data() + first;
  }
  return added_;
}

base::Status ReportWriter::WriteFullBatches() {
  while (row_entities_.size() >= batch_rows_) MATOME_RETURN_IF_ERROR(WriteBatch(batch_rows_));
  return {};
}

base::Status ReportWriter::EndFile() {
  MATOME_RETURN_IF_ERROR(WriteFullBatches());
  return row_entities_.empty() ? base::Status() : WriteBatch(row_entities_.size());
}

base::Status ReportWriter::WriteBatch(size_t rows) {
  ComputeLarger(rows);
  if (form_.hourly) MATOME_RETURN_IF_ERROR(WriteHourly(rows));
  MATOME_RETURN_IF_ERROR(WriteDaily(rows));
  ++batch_number_;
  const auto drop = [rows](auto& column) {
    column.erase(column.begin(), column.begin() + static_cast<ptrdiff_t>(rows));
  };
  drop(row_entities_);
  drop(row_starts_);
  for (size_t number = 0; number < layout_.numbers.size(); ++number) drop(numbers_[number]);
  return {};
}

void ReportWriter::ComputeLarger(size_t rows) {
  for (size_t index = 0; index < layout_.larger.size(); ++index) {
    const LargerColumn& column = layout_.larger[index];
    const auto& left = numbers_[column.left];
    const auto& right = numbers_[column.right];
    auto& larger = numbers_[layout_.numbers.size() + index];
    larger.resize(rows);
    for (size_t row = 0; row < rows; ++row) {
      // A NaN on the left makes the comparison false, one on the right is asked for.
      larger[row] = left[row] >= right[row] || std::isnan(right[row]) ? left[row] : right[row];
    }
  }
}

base::Status ReportWriter::WriteHourly(size_t rows) {
  Columns columns(*this);
  columns.period_starts.assign(rows, period_start_millis_);
  columns.period_ends.assign(rows, period_end_millis_);
  columns.starts = std::span(row_starts_).first(rows);
  columns.ends.resize(rows);
  std::ranges::transform(columns.starts, columns.ends.begin(), [](int64_t start) {
    return start == kNullHour ? kNullHour : start + kMillisPerHour;
  });
  for (const auto& values : numbers_) columns.numbers.push_back(std::span(values).first(rows));

  // Texts are looked at once per entity, not once per row.
  const auto row_entities = std::span(row_entities_).first(rows);
  std::vector<uint8_t> used(entities_.size());
  for (const EntityId entity : row_entities) used[static_cast<size_t>(entity)] = 1;
  std::vector<int32_t> code_of_entity(entities_.size());
  for (size_t text = 0; text < text_count(); ++text) {
    for (size_t entity = 0; entity < entities_.size(); ++entity) {
      if (used[entity] != 0) code_of_entity[entity] = coders_[text].Code(entities_[entity][text]);
    }
    auto& codes = columns.codes[text];
    codes.resize(rows);
    for (size_t row = 0; row < rows; ++row) {
      codes[row] = code_of_entity[static_cast<size_t>(row_entities[row])];
    }
  }
  counts_.hourly_rows += static_cast<int64_t>(rows);
  return WriteFile(
      fmt::format("{}{}_{}.parquet", place_.hourly_directory, base_name_, batch_number_),
      layout_.hourly_order, {}, columns);
}

ReportWriter::DailyRows ReportWriter::Aggregate(size_t rows) const {
  const size_t key_count = layout_.keys.size();
  std::array<bool, kMostTexts> missing{};
  for (size_t key = 0; key < key_count; ++key) missing[key] = !IsKept(layout_.keys[key]);

  DailyRows daily;
  absl::flat_hash_map<GroupKey, int32_t, GroupKeyHash> group_of_key;
  struct LastGroup {
    int32_t day = kNullDay + 1;
    int32_t group = 0;
  };
  std::vector<LastGroup> last_group_of_entity(entities_.size());
  std::vector<int32_t> groups(rows);
  int64_t last_start = kNullHour;
  int32_t day = kNullDay;
  for (size_t row = 0; row < rows; ++row) {
    if (row_starts_[row] != last_start) {
      last_start = row_starts_[row];
      day = DayOfRow(last_start);
    }
    const auto entity = static_cast<size_t>(row_entities_[row]);
    LastGroup& last = last_group_of_entity[entity];
    if (last.day != day) {
      const RowTexts& texts = entities_[entity];
      GroupKey key{.day = day};
      for (size_t index = 0; index < key_count; ++index) {
        key.keys[index] = missing[index] ? base::kNullText : texts[index];
      }
      const auto [found, is_new] =
          group_of_key.try_emplace(key, static_cast<int32_t>(daily.texts.size()));
      last = {day, found->second};
      if (is_new) {
        RowTexts group_texts = key.keys;
        std::copy(texts.begin() + static_cast<ptrdiff_t>(key_count), texts.end(),
                  group_texts.begin() + static_cast<ptrdiff_t>(key_count));
        daily.texts.push_back(group_texts);
        daily.days.push_back(day);
      } else {
        RowTexts& group_texts = daily.texts[static_cast<size_t>(last.group)];
        for (size_t text = key_count; text < text_count(); ++text) {
          const bool is_larger = group_texts[text] == base::kNullText ||
                                 (texts[text] != base::kNullText &&
                                  texts_.text(texts[text]) > texts_.text(group_texts[text]));
          if (is_larger) group_texts[text] = texts[text];
        }
      }
    }
    groups[row] = last.group;
  }

  for (size_t number = 0; number < numbers_.size(); ++number) {
    auto& values = daily.numbers.emplace_back(daily.texts.size());
    const auto hourly = std::span(numbers_[number]).first(rows);
    const bool is_maximum =
        number < layout_.numbers.size() && layout_.numbers[number].daily == DailyNumber::kMax;
    is_maximum ? TakeMaximum(hourly, groups, values) : AddSum(hourly, groups, values);
  }
  return daily;
}

base::Status ReportWriter::WriteDaily(size_t rows) {
  const DailyRows daily = Aggregate(rows);
  const size_t row_count = daily.texts.size();
  Columns columns(*this);

  // Codes in the order of the texts turn comparing rows into comparing integers. NULL comes last,
  // as in pandas.
  for (size_t text = 0; text < text_count(); ++text) {
    for (const RowTexts& texts : daily.texts) coders_[text].Code(texts[text]);
    coders_[text].Sort();
  }
  std::vector<std::array<uint32_t, kMostTexts + 1>> ranks(row_count);
  for (size_t row = 0; row < row_count; ++row) {
    for (size_t key = 0; key < layout_.keys.size(); ++key) {
      ranks[row][key] = static_cast<uint32_t>(coders_[key].Code(daily.texts[row][key]));
    }
    ranks[row][kMostTexts] = static_cast<uint32_t>(daily.days[row]);
  }
  std::vector<size_t> order(row_count);
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [&](size_t row) -> const auto& { return ranks[row]; });

  columns.period_starts.assign(row_count, period_start_millis_);
  columns.period_ends.assign(row_count, period_end_millis_);
  std::vector<int64_t> starts(row_count);
  for (size_t row = 0; row < row_count; ++row) {
    const int32_t day = daily.days[order[row]];
    starts[row] = day == kNullDay ? kNullHour : model::Day{day}.start_millis();
  }
  columns.starts = starts;
  for (size_t text = 0; text < text_count(); ++text) {
    columns.codes[text].resize(row_count);
    for (size_t row = 0; row < row_count; ++row) {
      columns.codes[text][row] = coders_[text].Code(daily.texts[order[row]][text]);
    }
  }
  std::vector<std::vector<double>> numbers;
  Random random(form_.daily_null_seed, {static_cast<uint64_t>(batch_number_)});
  for (const auto& unsorted : daily.numbers) {
    auto& values = numbers.emplace_back(row_count);
    for (size_t row = 0; row < row_count; ++row) values[row] = unsorted[order[row]];
    if (form_.daily_null_seed == 0) continue;
    for (double& value : values) {
      if (random.Chance(0.05)) value = kNull;
    }
  }
  for (const auto& values : numbers) columns.numbers.emplace_back(values);

  counts_.daily_rows += static_cast<int64_t>(row_count);
  return WriteFile(
      fmt::format("{}{}_daily_{}.parquet", place_.daily_directory, base_name_, batch_number_),
      layout_.daily_order, form_.not_sent, columns);
}

bool ReportWriter::IsKept(std::string_view column) const {
  return std::ranges::find(form_.missing, column) == form_.missing.end() &&
         std::ranges::find(form_.not_sent, column) == form_.not_sent.end();
}

base::Status ReportWriter::WriteFile(const std::string& path,
                                     std::span<const std::string_view> order,
                                     std::span<const std::string_view> added,
                                     const Columns& columns) {
  const auto index_in = [](const auto& names, std::string_view name) -> std::optional<size_t> {
    for (size_t index = 0; index < names.size(); ++index) {
      if constexpr (requires { names[index].name; }) {
        if (names[index].name == name) return index;
      } else {
        if (names[index] == name) return index;
      }
    }
    return std::nullopt;
  };

  const std::vector<uint8_t> start_valid = ValidityOf(columns.starts);
  std::vector<std::vector<uint8_t>> valid;
  for (const auto& values : columns.numbers) valid.push_back(ValidityOf(values));

  std::vector<arrow_io::WriteColumn> written;
  const auto add_text = [&](std::string_view name, size_t text) {
    written.push_back(
        {name, arrow_io::TextValues{columns.codes[text], coders_[text].dictionary()}});
  };
  const auto add_number = [&](std::string_view name, size_t number) {
    written.push_back({name, arrow_io::DoubleValues{columns.numbers[number], valid[number]}});
  };
  for (const std::string_view name : order) {
    if (!IsKept(name)) continue;
    if (name == kPeriodStart) {
      written.push_back({name, arrow_io::TimestampValues{columns.period_starts}});
    } else if (name == kPeriodEnd) {
      written.push_back({name, arrow_io::TimestampValues{columns.period_ends}});
    } else if (name == kIntervalStart) {
      written.push_back({name, arrow_io::TimestampValues{columns.starts, start_valid}});
    } else if (name == kIntervalEnd) {
      written.push_back({name, arrow_io::TimestampValues{columns.ends, start_valid}});
    } else if (const auto key = index_in(layout_.keys, name)) {
      add_text(name, *key);
    } else if (const auto attribute = index_in(layout_.attributes, name)) {
      add_text(name, layout_.keys.size() + *attribute);
    } else if (const auto number = index_in(layout_.numbers, name)) {
      add_number(name, *number);
    } else if (const auto larger = index_in(layout_.larger, name)) {
      add_number(name, layout_.numbers.size() + *larger);
    } else {
      MATOME_DCHECK(false);
    }
  }
  const std::vector<int32_t> nulls(added.empty() ? 0 : columns.period_starts.size(), -1);
  for (const std::string_view name : added) {
    written.push_back({name, arrow_io::TextValues{nulls, {}}});
  }

  MATOME_ASSIGN_OR_RETURN(LakeFile file, LakeFile::Create(path));
  MATOME_RETURN_IF_ERROR(arrow_io::WriteParquet(
      written,
      {.metadata = {{"pandas", PandasMetadata(written)}},
       .dictionary_page_bytes = form_.dictionary_page_bytes},
      [&file](std::span<const uint8_t> bytes) { return file.Write(bytes); }));
  MATOME_ASSIGN_OR_RETURN(const int64_t size_bytes, std::move(file).Commit());
  ++counts_.files;
  counts_.bytes += size_bytes;
  for (TextCoder& coder : coders_) coder.Clear();
  return {};
}

}  // namespace matome::datagen
