// SPDX-License-Identifier: Apache-2.0
#include "ingest/csv_converter.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>
#include <fmt/format.h>

#include "base/hash.h"
#include "ingest/batch_writer.h"
#include "ingest/converted_batch.h"
#include "ingest/date_memo.h"
#include "ingest/field_values.h"
#include "ingest/printable.h"
#include "ingest/report_columns.h"
#include "ingest/row_buffer.h"
#include "ingest/text_memo.h"

namespace matome::ingest {
namespace {

constexpr double kNull = std::numeric_limits<double>::quiet_NaN();

// Different texts of interval_start that are told apart: far more than a report has hours.
constexpr size_t kMostStarts = 1'000'000;

base::Status Interrupted() { return {base::Code::kInterrupted, "interrupted"}; }

// Remembers which texts of interval_start there were, as hashes.
class StartTexts {
 public:
  // False: it was there, or there are too many.
  bool Add(std::string_view text) {
    if (hashes_.size() >= kMostStarts) return false;
    return hashes_.insert(base::HashBytes(text)).second;
  }
  bool full() const { return hashes_.size() >= kMostStarts; }

 private:
  absl::flat_hash_set<uint64_t, base::IntegerHash> hashes_;
};

struct DayRows {
  DayRows(DayFile file, int32_t key, std::span<const CsvColumn> columns)
      : hours_key(key), buffer(columns) {
    outcome.file = std::move(file);
    month = model::Month::Of(outcome.file.report_date);
  }

  int32_t hours_key;
  DayOutcome outcome;
  RowBuffer buffer;
  model::Month month;
  std::atomic<int64_t> daily_rows = 0;  // Counted by the threads that write.
  std::vector<uint32_t> block_rows;     // Rows of the block at hand that are this day's.
};

class Conversion {
 public:
  Conversion(ByteSource& csv, const ConvertRequest& request, const ConvertOptions& options,
             DayFileSink& sink, const std::atomic<bool>& stop)
      : request_(request),
        options_(options),
        sink_(sink),
        stop_(stop),
        reader_(csv, options.csv),
        writer_(options.writer_threads) {}

  CsvOutcome Run() {
    base::Status status = ConvertAll();
    const base::Status written = writer_.Finish();
    outcome_.status = status.ok() ? written : status;
    FillOutcome();
    return std::move(outcome_);
  }

 private:
  using Texts = std::vector<std::unique_ptr<TextMemo>>;

  base::Status ConvertAll() {
    MATOME_ASSIGN_OR_RETURN(const bool has_header, reader_.ReadHeader());
    outcome_.empty = !has_header;
    if (!has_header) return {};
    outcome_.report = ReportOfHeader(reader_.columns());
    if (!outcome_.report) return {};
    SetColumns();
    CsvBlock block;
    while (true) {
      if (stop_) return Interrupted();
      MATOME_ASSIGN_OR_RETURN(const bool more, reader_.Next(block));
      if (options_.strict && reader_.rows_with_more_fields() > 0) {
        return base::BadInput(fmt::format("row {} or one before it has more fields than the header",
                                          reader_.row_count()));
      }
      if (!more) break;
      MATOME_RETURN_IF_ERROR(ConvertBlock(block));
      MATOME_RETURN_IF_ERROR(KeepWithinBounds());
      if (request_.on_progress) request_.on_progress(reader_.bytes_read());
    }
    return FlushAll();
  }

  void SetColumns() {
    for (const auto& name : reader_.columns()) {
      columns_.push_back({name, RuleOf(name)});
      outcome_.columns.push_back({.column = name});
      const size_t column = columns_.size() - 1;
      if (columns_.back().rule.kind == ColumnKind::kDate) {
        if (name == kIntervalStart) start_ = dates_.size();
        dates_.push_back({column, {}, {}});
      }
    }
    ResetTexts();
  }

  void ResetTexts() {
    texts_ = std::make_shared<Texts>();
    memos_.clear();
    for (const CsvColumn& column : columns_) {
      const auto kind = column.rule.kind;
      const bool is_text = kind == ColumnKind::kText || kind == ColumnKind::kLabels;
      texts_->push_back(is_text ? std::make_unique<TextMemo>(column.rule, options_.keep_na_words)
                                : nullptr);
      memos_.push_back(texts_->back().get());
    }
  }

  base::Status ConvertBlock(const CsvBlock& block) {
    MATOME_RETURN_IF_ERROR(ReadDates(block));
    MATOME_RETURN_IF_ERROR(AssignDays(block));
    for (DayRows* day : block_days_) {
      const std::span<const uint32_t> rows = day->block_rows;
      day->outcome.rows += static_cast<int64_t>(rows.size());
      if (!day->outcome.passed_over) MATOME_RETURN_IF_ERROR(AppendAll(block, *day, rows));
      day->block_rows.clear();
    }
    return {};
  }

  // Reads all dates of a block, and finds the rows in which one is bad.
  base::Status ReadDates(const CsvBlock& block) {
    const size_t row_count = block.row_count();
    bad_rows_.assign(row_count, 0);
    start_days_.resize(row_count);
    std::optional<std::pair<size_t, size_t>> first_bad;  // Row and column.
    for (DateColumn& dates : dates_) {
      const bool is_start = &dates == &dates_[start_];
      dates.values.resize(row_count);
      for (size_t row = 0; row < row_count; ++row) {
        const auto text = block.text(row, dates.column);
        const DateMemo::Entry& entry = dates.memo.Read(text);
        if (!entry.date) {
          bad_rows_[row] = 1;
          first_bad = std::min(first_bad.value_or(std::pair(row, dates.column)),
                               std::pair(row, dates.column));
          continue;
        }
        dates.values[row] = *entry.date;
        if (!is_start) continue;
        start_days_[row] = entry.cut_day;
        if (entry.is_new && starts_.Add(text)) ++hours_[HoursKey(entry.cut_day)];
      }
    }
    if (!first_bad) return {};
    if (!options_.drop_bad_dates || options_.strict) {
      const auto [row, column] = *first_bad;
      return base::BadInput(fmt::format("row {}: column {}: {} is not a date",
                                        block.row_number(row), columns_[column].name,
                                        Printable(block.text(row, column))));
    }
    outcome_.rows_with_bad_dates += std::ranges::count(bad_rows_, 1);
    return {};
  }

  int32_t HoursKey(model::Day day) const {
    return request_.cut_into_days ? day.days_since_epoch : 0;
  }

  // Deals the rows of a block out to their day files.
  base::Status AssignDays(const CsvBlock& block) {
    block_days_.clear();
    DayRows* last = nullptr;
    model::Day last_day;
    for (size_t row = 0; row < block.row_count(); ++row) {
      if (bad_rows_[row] != 0) continue;
      const model::Day day = start_days_[row];
      if (last == nullptr || day != last_day) {
        MATOME_ASSIGN_OR_RETURN(last, FindDay(day));
        last_day = day;
        if (last->block_rows.empty()) block_days_.push_back(last);
      }
      last->block_rows.push_back(static_cast<uint32_t>(row));
      if (!request_.cut_into_days && model::Month::Of(day) != last->month) {
        ++last->outcome.rows_outside_month;
        MATOME_RETURN_IF_ERROR(
            Lost(block, row, start_column(), "is outside the month of its file"));
      }
    }
    return {};
  }

  base::Result<DayRows*> FindDay(model::Day day) {
    const int32_t key = HoursKey(day);
    if (const auto found = day_of_key_.find(key); found != day_of_key_.end()) return found->second;
    const auto named = request_.cut_into_days ? std::optional(day) : std::nullopt;
    MATOME_ASSIGN_OR_RETURN(DayFile file, request_.name_file(*outcome_.report, named));
    MATOME_ASSIGN_OR_RETURN(const bool wanted, sink_.Begin(file));
    DayRows& rows = days_.emplace_back(std::move(file), key, columns_);
    rows.outcome.passed_over = !wanted;
    day_of_key_[key] = &rows;
    return &rows;
  }

  base::Status AppendAll(const CsvBlock& block, DayRows& day, std::span<const uint32_t> rows) {
    while (!rows.empty()) {
      const auto room = static_cast<size_t>(options_.batch_rows) - day.buffer.row_count();
      const auto now = rows.first(std::min(room, rows.size()));
      MATOME_RETURN_IF_ERROR(Append(block, day, now));
      rows = rows.subspan(now.size());
      if (static_cast<int64_t>(day.buffer.row_count()) == options_.batch_rows)
        MATOME_RETURN_IF_ERROR(Flush(day));
    }
    return {};
  }

  base::Status Append(const CsvBlock& block, DayRows& day, std::span<const uint32_t> rows) {
    for (size_t column = 0; column < columns_.size(); ++column) {
      switch (columns_[column].rule.kind) {
        case ColumnKind::kText:
        case ColumnKind::kLabels:
          MATOME_RETURN_IF_ERROR(AppendTexts(block, day, rows, column));
          break;
        case ColumnKind::kDate:
          break;
        default:
          MATOME_RETURN_IF_ERROR(AppendNumbers(block, day, rows, column));
      }
    }
    for (const DateColumn& dates : dates_)
      MATOME_RETURN_IF_ERROR(AppendDates(block, day, rows, dates));
    day.buffer.AddRows(rows.size());
    return {};
  }

  base::Status AppendTexts(const CsvBlock& block, DayRows& day, std::span<const uint32_t> rows,
                           size_t column) {
    fields_.clear();
    for (const uint32_t row : rows) fields_.push_back(block.text(row, column));
    TextMemo& memo = *memos_[column];
    memo.Convert(fields_, day.buffer.AddCodes(column, rows.size()));
    const auto losses = memo.losses();
    for (size_t at = 0; at < losses.size(); ++at) {
      if (losses[at].blanked + losses[at].dropped_labels == 0) continue;
      outcome_.columns[column].blanked_texts += losses[at].blanked;
      outcome_.columns[column].dropped_labels += losses[at].dropped_labels;
      MATOME_RETURN_IF_ERROR(
          Lost(block, rows[at], column,
               losses[at].blanked > 0 ? "would become empty" : "has a piece that is not a label"));
    }
    return {};
  }

  base::Status AppendNumbers(const CsvBlock& block, DayRows& day, std::span<const uint32_t> rows,
                             size_t column) {
    const ColumnKind kind = columns_[column].rule.kind;
    const double without = kind == ColumnKind::kNumber ? 0.0 : kNull;
    double* values = day.buffer.AddNumbers(column, rows.size());
    for (const uint32_t row : rows) {
      const auto text = block.text(row, column);
      double& value = *values++;
      auto number = ParseFloat(text);
      // "nan" stands for NULL, which is 0 like any text that is no number; "NAN" is NaN.
      if (number && std::isnan(*number) && IsNaWord(text)) number.reset();
      value = number.value_or(without);
      if (kind == ColumnKind::kIntegerOrNull)
        value = std::isfinite(value) ? std::trunc(value) + 0.0 : kNull;  // An integer is never -0.
      if (number || text.empty()) continue;
      ++outcome_.columns[column].bad_numbers;
      MATOME_RETURN_IF_ERROR(Lost(block, row, column, "is not a number"));
    }
    return {};
  }

  struct DateColumn {
    size_t column = 0;
    DateMemo memo;
    std::vector<FieldDate> values;  // Of the block's rows.
  };

  base::Status AppendDates(const CsvBlock& block, DayRows& day, std::span<const uint32_t> rows,
                           const DateColumn& dates) {
    int64_t* millis = day.buffer.AddTimes(dates.column, rows.size());
    const FieldDate* last = nullptr;
    for (const uint32_t row : rows) {
      const FieldDate& date = dates.values[row];
      *millis++ = date.utc_millis;
      if (last != nullptr && last->offset_seconds == date.offset_seconds) continue;
      last = &date;
      MATOME_RETURN_IF_ERROR(day.buffer.AddZone(dates.column, date)
                                 .WithContext(fmt::format("row {}", block.row_number(row))));
    }
    return {};
  }

  // A loss at a field was counted; with `strict` it is an error.
  base::Status Lost(const CsvBlock& block, size_t row, size_t column, std::string_view what) const {
    if (!options_.strict) return {};
    return base::BadInput(fmt::format("row {}: column {}: {} {}", block.row_number(row),
                                      columns_[column].name, Printable(block.text(row, column)),
                                      what));
  }

  // Hands the rows that wait to the writer.
  base::Status Flush(DayRows& day) {
    if (day.buffer.row_count() == 0) return {};
    RowBuffer::Taken taken = day.buffer.Take(memos_);
    const int number = day.outcome.batches++;
    outcome_.rows_too_large += taken.rows_too_large;
    if (options_.strict && taken.rows_too_large > 0) {
      return base::BadInput(fmt::format("{}: {} rows have a number above 1e18",
                                        day.outcome.file.base_name, taken.rows_too_large));
    }
    for (std::string& key : taken.new_label_keys) {
      if (outcome_.label_keys.size() < CsvOutcome::kMostLabelKeys)
        outcome_.label_keys.insert(std::move(key));
    }
    if (taken.table.row_count == 0) return {};
    day.outcome.hourly_rows += static_cast<int64_t>(taken.table.row_count);
    auto table = std::make_shared<ConvertedTable>(std::move(taken.table));
    return writer_.Submit([this, &day, number, table, texts = texts_] {
      const ConvertedBatch batch = MakeBatch(*outcome_.report, std::move(*table), texts);
      day.daily_rows += static_cast<int64_t>(batch.daily().row_count);
      return sink_.Write(day.outcome.file, number, batch);
    });
  }

  base::Status FlushAll() {
    for (DayRows& day : days_) MATOME_RETURN_IF_ERROR(Flush(day));
    return {};
  }

  base::Status KeepWithinBounds() {
    int64_t text_bytes = 0;
    for (const TextMemo* memo : memos_)
      text_bytes += memo == nullptr ? 0 : static_cast<int64_t>(memo->allocated_bytes());
    if (text_bytes > options_.buffered_bytes / 2) {
      MATOME_RETURN_IF_ERROR(FlushAll());
      ResetTexts();
      return {};
    }
    int64_t row_bytes = 0;
    for (const DayRows& day : days_) row_bytes += day.buffer.buffered_bytes();
    while (row_bytes + text_bytes > options_.buffered_bytes && row_bytes > 0) {
      DayRows& largest = *std::ranges::max_element(
          days_, {}, [](const DayRows& day) { return day.buffer.buffered_bytes(); });
      row_bytes -= largest.buffer.buffered_bytes();
      MATOME_RETURN_IF_ERROR(Flush(largest));
    }
    return {};
  }

  size_t start_column() const { return dates_[start_].column; }

  void FillOutcome() {
    outcome_.bytes = reader_.bytes_read();
    outcome_.rows = reader_.row_count();
    outcome_.rows_with_more_fields = reader_.rows_with_more_fields();
    outcome_.replaced_bytes = reader_.replaced_bytes();
    std::erase_if(outcome_.columns,
                  [](const ColumnLoss& loss) { return loss == ColumnLoss{.column = loss.column}; });
    for (DayRows& day : days_) {
      day.outcome.daily_rows = day.daily_rows;
      day.outcome.hours_covered = hours_[day.hours_key];
      outcome_.days.push_back(std::move(day.outcome));
    }
  }

  const ConvertRequest& request_;
  const ConvertOptions& options_;
  DayFileSink& sink_;
  const std::atomic<bool>& stop_;
  CsvReader reader_;
  CsvOutcome outcome_;
  std::vector<CsvColumn> columns_;
  std::vector<DateColumn> dates_;
  size_t start_ = 0;  // interval_start among dates_.
  std::shared_ptr<Texts> texts_;
  std::vector<TextMemo*> memos_;  // By column; null where it is not text.
  std::deque<DayRows> days_;      // In order of their first rows; they do not move.
  absl::flat_hash_map<int32_t, DayRows*> day_of_key_;
  absl::flat_hash_map<int32_t, int64_t> hours_;
  StartTexts starts_;
  std::vector<uint8_t> bad_rows_;       // Of the block's rows.
  std::vector<model::Day> start_days_;  // Of the block's rows.
  std::vector<DayRows*> block_days_;    // That have rows in the block.
  std::vector<std::string_view> fields_;
  BatchWriter writer_;  // Last: its threads use the rest.
};

}  // namespace

bool CsvOutcome::has_loss() const {
  return rows_with_more_fields + rows_with_bad_dates + rows_too_large + replaced_bytes > 0 ||
         !columns.empty() || std::ranges::any_of(days, [](const DayOutcome& day) {
           return day.rows_outside_month > 0;
         });
}

CsvOutcome ConvertCsv(ByteSource& csv, const ConvertRequest& request, const ConvertOptions& options,
                      DayFileSink& sink, const std::atomic<bool>& stop) {
  return Conversion(csv, request, options, sink, stop).Run();
}

base::Result<std::map<model::Day, int64_t>> CountHours(ByteSource& csv, const CsvOptions& options,
                                                       const std::atomic<bool>& stop) {
  std::map<model::Day, int64_t> hours;
  CsvReader reader(csv, options);
  MATOME_ASSIGN_OR_RETURN(const bool has_header, reader.ReadHeader());
  if (!has_header || !ReportOfHeader(reader.columns())) return hours;
  const auto column = static_cast<size_t>(std::ranges::find(reader.columns(), kIntervalStart) -
                                          reader.columns().begin());
  DateMemo memo;
  StartTexts starts;
  CsvBlock block;
  while (true) {
    if (stop) return Interrupted();
    MATOME_ASSIGN_OR_RETURN(const bool more, reader.Next(block));
    if (!more) return hours;
    for (size_t row = 0; row < block.row_count(); ++row) {
      const auto text = block.text(row, column);
      const DateMemo::Entry& entry = memo.Read(text);
      if (entry.date && entry.is_new && starts.Add(text)) ++hours[entry.cut_day];
    }
    if (starts.full()) {
      return base::BadInput(
          fmt::format("column {}: more than {} different hours", kIntervalStart, kMostStarts));
    }
  }
}

}  // namespace matome::ingest
