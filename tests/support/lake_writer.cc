// SPDX-License-Identifier: Apache-2.0
#include "support/lake_writer.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <fmt/format.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include "model/day.h"

namespace matome::support {
namespace {

using base::Result;
using base::Status;
using testing::Dataset;
using testing::LabelRow;
using testing::PodRow;
using testing::StorageRow;
using testing::SummaryParameters;

constexpr std::string_view kOtherSource = "11111111-2222-4333-8444-555555555555";
constexpr std::string_view kManifest = "0c7f6a62-5d9c-4b59-9f0d-8f2f6c1d1a11";

Status FromArrow(const arrow::Status& status) {
  return status.ok() ? Status::Ok() : base::Failed("Arrow: " + status.ToString());
}

/// A column of a report, and where its values stand in a row.
template <typename Row>
struct ReportColumn {
  std::string_view name;
  std::variant<std::optional<int64_t> Row::*, std::optional<double> Row::*,
               std::optional<std::string> Row::*>
      member;
};

template <typename Row>
using ReportColumns = std::vector<ReportColumn<Row>>;

#define MATOME_COLUMN(row, name) {#name, &row::name}

ReportColumns<PodRow> PodColumns() {
  return {{"interval_start", &PodRow::interval_start_ms},
          {"namespace", &PodRow::namespace_},
          MATOME_COLUMN(PodRow, node),
          MATOME_COLUMN(PodRow, pod),
          MATOME_COLUMN(PodRow, pod_labels),
          MATOME_COLUMN(PodRow, resource_id),
          MATOME_COLUMN(PodRow, pod_usage_cpu_core_seconds),
          MATOME_COLUMN(PodRow, pod_request_cpu_core_seconds),
          MATOME_COLUMN(PodRow, pod_limit_cpu_core_seconds),
          MATOME_COLUMN(PodRow, pod_usage_memory_byte_seconds),
          MATOME_COLUMN(PodRow, pod_request_memory_byte_seconds),
          MATOME_COLUMN(PodRow, pod_limit_memory_byte_seconds),
          MATOME_COLUMN(PodRow, node_capacity_cpu_cores),
          MATOME_COLUMN(PodRow, node_capacity_cpu_core_seconds),
          MATOME_COLUMN(PodRow, node_capacity_memory_bytes),
          MATOME_COLUMN(PodRow, node_capacity_memory_byte_seconds),
          MATOME_COLUMN(PodRow, node_role),
          MATOME_COLUMN(PodRow, pod_effective_usage_cpu_core_seconds),
          MATOME_COLUMN(PodRow, pod_effective_usage_memory_byte_seconds)};
}

ReportColumns<StorageRow> StorageColumns() {
  return {{"interval_start", &StorageRow::interval_start_ms},
          {"namespace", &StorageRow::namespace_},
          MATOME_COLUMN(StorageRow, pod),
          MATOME_COLUMN(StorageRow, persistentvolumeclaim),
          MATOME_COLUMN(StorageRow, persistentvolume),
          MATOME_COLUMN(StorageRow, storageclass),
          MATOME_COLUMN(StorageRow, csi_volume_handle),
          MATOME_COLUMN(StorageRow, persistentvolume_labels),
          MATOME_COLUMN(StorageRow, persistentvolumeclaim_labels),
          MATOME_COLUMN(StorageRow, persistentvolumeclaim_capacity_bytes),
          MATOME_COLUMN(StorageRow, persistentvolumeclaim_capacity_byte_seconds),
          MATOME_COLUMN(StorageRow, volume_request_storage_byte_seconds),
          MATOME_COLUMN(StorageRow, persistentvolumeclaim_usage_byte_seconds)};
}

ReportColumns<LabelRow> LabelColumns(std::string_view owner, std::string_view labels) {
  return {{"interval_start", &LabelRow::interval_start_ms},
          {owner, &LabelRow::key},
          {labels, &LabelRow::labels}};
}

#undef MATOME_COLUMN

/// A report of the lake: where its objects lie, and its columns.
template <typename Row>
struct Report {
  std::string_view root;    // "data/parquet/daily/"
  std::string_view type;    // "pod_usage"
  std::string_view suffix;  // Of base names, before the counter of files.
  ReportColumns<Row> columns;
};

/// The rows of one object.
template <typename Row>
struct FileRows {
  model::Month month;
  std::string base_name;
  int64_t counter = 0;
  std::vector<const Row*> rows;
};

std::shared_ptr<arrow::DataType> TimeArrowType(TimeType type) {
  switch (type) {
    case TimeType::kMillis:
      return arrow::timestamp(arrow::TimeUnit::MILLI);
    case TimeType::kMicros:
      return arrow::timestamp(arrow::TimeUnit::MICRO);
    case TimeType::kMillisUtc:
      return arrow::timestamp(arrow::TimeUnit::MILLI, "UTC");
    case TimeType::kNanos:
    case TimeType::kInt96:
      return arrow::timestamp(arrow::TimeUnit::NANO);
  }
  return nullptr;
}

int64_t UnitsPerMilli(TimeType type) {
  if (type == TimeType::kMicros) return 1'000;
  return type == TimeType::kNanos || type == TimeType::kInt96 ? 1'000'000 : 1;
}

template <typename Builder, typename Row, typename Value, typename Convert>
Result<std::shared_ptr<arrow::Array>> MakeArray(Builder builder,
                                                const std::vector<const Row*>& rows,
                                                std::optional<Value> Row::* member,
                                                Convert convert) {
  for (const Row* row : rows) {
    const auto& value = row->*member;
    MATOME_RETURN_IF_ERROR(
        FromArrow(value ? builder.Append(convert(*value)) : builder.AppendNull()));
  }
  std::shared_ptr<arrow::Array> array;
  MATOME_RETURN_IF_ERROR(FromArrow(builder.Finish(&array)));
  return array;
}

/// Makes the array of a column, by the type of its values.
template <typename Row>
struct ArrayMaker {
  const std::vector<const Row*>& rows;
  const LakeLayout& layout;

  Result<std::shared_ptr<arrow::Array>> operator()(std::optional<int64_t> Row::* member) const {
    const int64_t factor = UnitsPerMilli(layout.time_type);
    return MakeArray(
        arrow::TimestampBuilder(TimeArrowType(layout.time_type), arrow::default_memory_pool()),
        rows, member, [factor](int64_t millis) { return millis * factor; });
  }
  Result<std::shared_ptr<arrow::Array>> operator()(std::optional<double> Row::* member) const {
    return MakeArray(arrow::DoubleBuilder(), rows, member, [](double number) { return number; });
  }
  Result<std::shared_ptr<arrow::Array>> operator()(std::optional<std::string> Row::* member) const {
    const auto text = [](const std::string& value) { return std::string_view(value); };
    if (layout.large_string) return MakeArray(arrow::LargeStringBuilder(), rows, member, text);
    return MakeArray(arrow::StringBuilder(), rows, member, text);
  }
};

std::string UpperCase(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return upper;
}

template <typename Row>
Result<std::shared_ptr<arrow::Table>> MakeTable(const ReportColumns<Row>& columns,
                                                const std::vector<const Row*>& rows,
                                                const LakeLayout& layout) {
  std::vector<std::pair<std::string, std::shared_ptr<arrow::Array>>> made;
  for (const ReportColumn<Row>& column : columns) {
    MATOME_ASSIGN_OR_RETURN(auto array, std::visit(ArrayMaker<Row>{rows, layout}, column.member));
    if (layout.null_columns_left_out && array->null_count() == array->length()) continue;
    made.emplace_back(column.name, std::move(array));
  }
  if (layout.unused_columns) {
    const auto count = static_cast<int64_t>(rows.size());
    MATOME_ASSIGN_OR_RETURN(auto period, ArrayMaker<Row>(rows, layout)(&Row::interval_start_ms));
    made.emplace_back("report_period_start", std::move(period));
    auto driver = arrow::MakeArrayFromScalar(arrow::StringScalar("ebs.csi"), count);
    if (!driver.ok()) return FromArrow(driver.status());
    made.emplace_back("csi_driver", *std::move(driver));
  }
  testing::RandomSource random(layout.column_order);
  for (size_t left = made.size(); layout.column_order != 0 && left > 1; --left) {
    std::swap(made[left - 1], made[random.Below(left)]);
  }
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (auto& [name, array] : made) {
    fields.push_back(arrow::field(layout.upper_case_names ? UpperCase(name) : name, array->type()));
    arrays.push_back(std::move(array));
  }
  return arrow::Table::Make(arrow::schema(fields), arrays, static_cast<int64_t>(rows.size()));
}

parquet::Compression::type CodecOf(Codec codec) {
  switch (codec) {
    case Codec::kSnappy:
      return parquet::Compression::SNAPPY;
    case Codec::kZstd:
      return parquet::Compression::ZSTD;
    case Codec::kGzip:
      return parquet::Compression::GZIP;
    case Codec::kNone:
      break;
  }
  return parquet::Compression::UNCOMPRESSED;
}

std::shared_ptr<parquet::WriterProperties> MakeProperties(const arrow::Schema& schema,
                                                          const LakeLayout& layout) {
  parquet::WriterProperties::Builder properties;
  properties.compression(CodecOf(layout.codec));
  if (layout.page_v2) properties.data_page_version(parquet::ParquetDataPageVersion::V2);
  if (!layout.statistics) properties.disable_statistics();
  if (layout.encoding != Encoding::kDictionary) properties.disable_dictionary();
  for (const auto& field : schema.fields()) {
    if (layout.encoding != Encoding::kDelta) break;
    if (arrow::is_base_binary_like(field->type()->id())) {
      properties.encoding(field->name(), parquet::Encoding::DELTA_BYTE_ARRAY);
    } else if (arrow::is_floating(field->type()->id())) {
      properties.encoding(field->name(), parquet::Encoding::BYTE_STREAM_SPLIT);
    }
  }
  if (layout.page_rows > 0) {
    properties.data_pagesize(1);
    properties.write_batch_size(layout.page_rows);
  }
  if (layout.dictionary_page_bytes > 0) {
    properties.dictionary_pagesize_limit(layout.dictionary_page_bytes);
  }
  return properties.build();
}

Result<std::vector<uint8_t>> MakeFile(const arrow::Table& table, const LakeLayout& layout) {
  parquet::ArrowWriterProperties::Builder arrow_properties;
  if (layout.arrow_schema) arrow_properties.store_schema();
  if (layout.time_type == TimeType::kInt96) arrow_properties.enable_deprecated_int96_timestamps();
  const auto stream = arrow::io::BufferOutputStream::Create();
  if (!stream.ok()) return FromArrow(stream.status());
  const int64_t all_rows = std::max<int64_t>(table.num_rows(), 1);
  MATOME_RETURN_IF_ERROR(FromArrow(parquet::arrow::WriteTable(
      table, arrow::default_memory_pool(), *stream,
      layout.row_group_rows > 0 ? layout.row_group_rows : all_rows,
      MakeProperties(*table.schema(), layout), arrow_properties.build())));
  const auto buffer = (*stream)->Finish();
  if (!buffer.ok()) return FromArrow(buffer.status());
  return std::vector<uint8_t>((*buffer)->data(), (*buffer)->data() + (*buffer)->size());
}

/// Cuts rows into objects. A row without a time goes with the one before it.
template <typename Row>
std::vector<FileRows<Row>> CutIntoFiles(const std::vector<Row>& rows, int64_t first_day,
                                        const LakeLayout& layout) {
  std::map<int64_t, std::vector<const Row*>> by_day;
  int64_t day = first_day;
  for (const Row& row : rows) {
    if (!layout.days_in_one_file) day = testing::DayOf(row.interval_start_ms).value_or(day);
    by_day[day].push_back(&row);
  }
  std::vector<FileRows<Row>> files;
  for (const auto& [of_day, day_rows] : by_day) {
    const model::Day date{static_cast<int32_t>(of_day)};
    const auto most =
        layout.file_rows > 0 ? static_cast<size_t>(layout.file_rows) : day_rows.size();
    int64_t counter = 0;
    for (size_t first = 0; first < day_rows.size(); first += most) {
      const size_t count = std::min(most, day_rows.size() - first);
      const auto begin = day_rows.begin() + static_cast<std::ptrdiff_t>(first);
      files.push_back({.month = model::Month::Of(date),
                       .base_name = layout.days_in_one_file ? "upload" : date.ToString(),
                       .counter = counter++,
                       .rows = {begin, begin + static_cast<std::ptrdiff_t>(count)}});
    }
  }
  return files;
}

class LakeWriter {
 public:
  LakeWriter(const SummaryParameters& parameters, const LakeLayout& layout)
      : parameters_(parameters), layout_(layout) {}

  template <typename Row>
  Status Add(const std::vector<Row>& rows, const Report<Row>& report) {
    for (const FileRows<Row>& file : CutIntoFiles(rows, parameters_.start_day, layout_)) {
      MATOME_ASSIGN_OR_RETURN(const auto table, MakeTable(report.columns, file.rows, layout_));
      MATOME_ASSIGN_OR_RETURN(auto bytes, MakeFile(*table, layout_));
      // The counter is padded, so that the order of keys is the order of rows.
      const std::string name = fmt::format("{}.{}.{}.0{}_{:05}.parquet", report.type,
                                           file.base_name, kManifest, report.suffix, file.counter);
      const auto put = [&](std::string_view source, model::Month month, std::string_view below) {
        store_.Put(KeyOf(report, source, month, below), bytes);
      };
      if (layout_.decoys && file.counter == 0) {
        put(kOtherSource, file.month, name);
        put(parameters_.source_uuid, model::Month::Of(file.month.last_day() + 1), "late_0.parquet");
        put(parameters_.source_uuid, file.month, "_" + name);
        put(parameters_.source_uuid, file.month, ".staging/" + name);
      }
      store_.Put(KeyOf(report, parameters_.source_uuid, file.month, name), std::move(bytes));
    }
    if (layout_.decoys) {
      const model::Month month = model::Month::Of({static_cast<int32_t>(parameters_.start_day)});
      const auto put = [&](std::string_view below, std::string_view text) {
        store_.Put(KeyOf(report, parameters_.source_uuid, month, below),
                   {text.begin(), text.end()});
      };
      put("empty.parquet", "");
      put("_SUCCESS", "done");
      put("folder/_temporary/0.parquet", "not Parquet");
    }
    return Status::Ok();
  }

  store::MemoryStore Take() && { return std::move(store_); }

 private:
  template <typename Row>
  static std::string KeyOf(const Report<Row>& report, std::string_view source, model::Month month,
                           std::string_view below) {
    return fmt::format("{}{}/OCP/{}/source={}/year={:04}/month={:02}/{}", report.root, kAccount,
                       report.type, source, month.year, month.month, below);
  }

  const SummaryParameters& parameters_;
  const LakeLayout& layout_;
  store::MemoryStore store_;
};

}  // namespace

Result<store::MemoryStore> WriteLake(const Dataset& dataset, const SummaryParameters& parameters,
                                     const LakeLayout& layout) {
  constexpr std::string_view kHourly = "data/parquet/";
  constexpr std::string_view kDaily = "data/parquet/daily/";
  LakeWriter writer(parameters, layout);
  MATOME_RETURN_IF_ERROR(
      writer.Add<PodRow>(dataset.pod_hourly, {kHourly, "pod_usage", "", PodColumns()}));
  MATOME_RETURN_IF_ERROR(
      writer.Add<PodRow>(dataset.pod_daily, {kDaily, "pod_usage", "_daily", PodColumns()}));
  MATOME_RETURN_IF_ERROR(writer.Add<StorageRow>(
      dataset.storage, {kDaily, "storage_usage", "_daily", StorageColumns()}));
  MATOME_RETURN_IF_ERROR(writer.Add<LabelRow>(
      dataset.node_labels, {kDaily, "node_labels", "_daily", LabelColumns("node", "node_labels")}));
  MATOME_RETURN_IF_ERROR(writer.Add<LabelRow>(
      dataset.namespace_labels,
      {kDaily, "namespace_labels", "_daily", LabelColumns("namespace", "namespace_labels")}));
  return std::move(writer).Take();
}

}  // namespace matome::support
