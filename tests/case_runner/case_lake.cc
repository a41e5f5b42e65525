// SPDX-License-Identifier: Apache-2.0
#include "case_runner/case_lake.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>
#include <optional>
#include <string_view>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <fmt/format.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include "model/day.h"

namespace matome::case_runner {
namespace {

using base::ConfigInvalid;
using base::Result;
using base::Status;

Status FromArrow(const arrow::Status& status) {
  return status.ok() ? Status::Ok() : base::Failed("Arrow: " + status.ToString());
}

/// `text` from `first` on for `length` characters as a number, or nothing.
std::optional<int64_t> Digits(std::string_view text, size_t first, size_t length) {
  if (text.size() < first + length) return std::nullopt;
  int64_t value = 0;
  const char* begin = text.data() + first;
  const auto [end, error] = std::from_chars(begin, begin + length, value);
  return error == std::errc() && end == begin + length ? std::optional(value) : std::nullopt;
}

/// "2025-11-03", or with " 01:00:00" and perhaps ".123456789", as nanoseconds since 1970.
Result<int64_t> ParseNanos(std::string_view text) {
  const auto bad = [text] { return ConfigInvalid(fmt::format("not a time: {}", text)); };
  const auto day = model::Day::Parse(text.substr(0, 10));
  if (!day) return bad();
  int64_t nanos = day->start_millis() * 1'000'000;
  if (text.size() == 10) return nanos;
  const auto hour = Digits(text, 11, 2);
  const auto minute = Digits(text, 14, 2);
  const auto second = Digits(text, 17, 2);
  if (text.size() < 19 || !hour || !minute || !second) return bad();
  nanos += ((*hour * 60 + *minute) * 60 + *second) * 1'000'000'000;
  if (text.size() == 19) return nanos;
  const auto fraction = Digits(text, 20, text.size() - 20);
  if (text[19] != '.' || !fraction || text.size() > 29) return bad();
  return nanos + *fraction * static_cast<int64_t>(std::pow(10, 29 - text.size()));
}

/// The type Koku gives a column of this name.
std::string DefaultType(std::string_view name, const RunConfig& config) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  if (lower == "interval_start" || lower == "interval_end" || lower.starts_with("report_period_")) {
    return "timestamp[ms]";
  }
  for (const std::string_view suffix : {"_seconds", "_cores", "_bytes"}) {
    if (lower.ends_with(suffix)) return "double";
  }
  return config.large_string ? "large_string" : "string";
}

std::shared_ptr<arrow::DataType> ArrowType(std::string_view type) {
  if (type == "int32") return arrow::int32();
  if (type == "int64") return arrow::int64();
  if (type == "float") return arrow::float32();
  if (type == "double") return arrow::float64();
  if (type == "decimal") return arrow::decimal128(18, 2);
  if (type == "string") return arrow::utf8();
  if (type == "large_string") return arrow::large_utf8();
  if (type == "binary") return arrow::binary();
  if (type == "bool") return arrow::boolean();
  if (type == "null") return arrow::null();
  if (type == "date32") return arrow::date32();
  if (type == "timestamp[ms]") return arrow::timestamp(arrow::TimeUnit::MILLI);
  if (type == "timestamp[us]") return arrow::timestamp(arrow::TimeUnit::MICRO);
  if (type == "timestamp[ns]" || type == "int96") return arrow::timestamp(arrow::TimeUnit::NANO);
  if (type == "timestamp[ms,UTC]") return arrow::timestamp(arrow::TimeUnit::MILLI, "UTC");
  if (type == "timestamp[us,UTC]") return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  if (type == "timestamp[ns,UTC]") return arrow::timestamp(arrow::TimeUnit::NANO, "UTC");
  return nullptr;
}

/// Whole numbers are taken digit by digit where possible, since not all of them are doubles.
Result<int64_t> ParseWhole(std::string_view text) {
  if (const auto digits = Digits(text, 0, text.size())) return *digits;
  MATOME_ASSIGN_OR_RETURN(const double value, EvaluateNumber(text));
  if (value != std::floor(value)) return ConfigInvalid(fmt::format("not whole: {}", text));
  return static_cast<int64_t>(value);
}

Status AppendText(std::string_view text, arrow::ArrayBuilder& builder) {
  switch (builder.type()->id()) {
    case arrow::Type::INT32: {
      MATOME_ASSIGN_OR_RETURN(const int64_t value, ParseWhole(text));
      return FromArrow(
          static_cast<arrow::Int32Builder&>(builder).Append(static_cast<int32_t>(value)));
    }
    case arrow::Type::INT64: {
      MATOME_ASSIGN_OR_RETURN(const int64_t value, ParseWhole(text));
      return FromArrow(static_cast<arrow::Int64Builder&>(builder).Append(value));
    }
    case arrow::Type::FLOAT: {
      MATOME_ASSIGN_OR_RETURN(const double value, EvaluateNumber(text));
      return FromArrow(
          static_cast<arrow::FloatBuilder&>(builder).Append(static_cast<float>(value)));
    }
    case arrow::Type::DOUBLE: {
      MATOME_ASSIGN_OR_RETURN(const double value, EvaluateNumber(text));
      return FromArrow(static_cast<arrow::DoubleBuilder&>(builder).Append(value));
    }
    case arrow::Type::DECIMAL128: {
      MATOME_ASSIGN_OR_RETURN(const int64_t value, ParseWhole(text));
      return FromArrow(
          static_cast<arrow::Decimal128Builder&>(builder).Append(arrow::Decimal128(value * 100)));
    }
    case arrow::Type::STRING:
      return FromArrow(static_cast<arrow::StringBuilder&>(builder).Append(text));
    case arrow::Type::LARGE_STRING:
      return FromArrow(static_cast<arrow::LargeStringBuilder&>(builder).Append(text));
    case arrow::Type::BINARY:
      return FromArrow(static_cast<arrow::BinaryBuilder&>(builder).Append(text));
    case arrow::Type::BOOL:
      if (text != "true" && text != "false")
        return ConfigInvalid(fmt::format("not a bool: {}", text));
      return FromArrow(static_cast<arrow::BooleanBuilder&>(builder).Append(text == "true"));
    case arrow::Type::DATE32: {
      const auto day = model::Day::Parse(text);
      if (!day) return ConfigInvalid(fmt::format("not a date: {}", text));
      return FromArrow(static_cast<arrow::Date32Builder&>(builder).Append(day->days_since_epoch));
    }
    case arrow::Type::TIMESTAMP: {
      MATOME_ASSIGN_OR_RETURN(int64_t value, ParseNanos(text));
      const auto unit = static_cast<const arrow::TimestampType&>(*builder.type()).unit();
      if (unit == arrow::TimeUnit::MICRO) value /= 1'000;
      if (unit == arrow::TimeUnit::MILLI) value /= 1'000'000;
      return FromArrow(static_cast<arrow::TimestampBuilder&>(builder).Append(value));
    }
    default:
      return ConfigInvalid(fmt::format("a {} is NULL, not {}", builder.type()->ToString(), text));
  }
}

/// Some rows of a table as an Arrow table.
Result<std::shared_ptr<arrow::Table>> MakeArrowTable(const InputTable& table, size_t first,
                                                     size_t count, const RunConfig& config) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (size_t index = 0; index < table.columns.size(); ++index) {
    const Column& column = table.columns[index];
    const std::string type_name =
        column.type.empty() ? DefaultType(column.name, config) : column.type;
    const auto type = ArrowType(type_name);
    if (!type) return ConfigInvalid(fmt::format("there is no type {}", type_name));
    std::unique_ptr<arrow::ArrayBuilder> builder;
    MATOME_RETURN_IF_ERROR(
        FromArrow(arrow::MakeBuilder(arrow::default_memory_pool(), type, &builder)));
    for (size_t row = 0; row < count; ++row) {
      const size_t from = config.reversed ? first + count - 1 - row : first + row;
      const Cell& cell = table.rows[from][index];
      Status status = cell ? AppendText(*cell, *builder) : FromArrow(builder->AppendNull());
      if (!status.ok()) return std::move(status).WithContext(column.name);
    }
    std::shared_ptr<arrow::Array> array;
    MATOME_RETURN_IF_ERROR(FromArrow(builder->Finish(&array)));
    fields.push_back(arrow::field(column.name, type, !column.required));
    arrays.push_back(std::move(array));
  }
  return arrow::Table::Make(arrow::schema(fields), arrays, static_cast<int64_t>(count));
}

std::string OptionOr(const Options& options, std::string_view key, std::string_view otherwise) {
  const auto found = options.find(key);
  return found == options.end() ? std::string(otherwise) : found->second;
}

std::optional<parquet::Compression::type> CodecOf(std::string_view name) {
  if (name == "snappy") return parquet::Compression::SNAPPY;
  if (name == "none") return parquet::Compression::UNCOMPRESSED;
  if (name == "gzip") return parquet::Compression::GZIP;
  if (name == "zstd") return parquet::Compression::ZSTD;
  if (name == "brotli") return parquet::Compression::BROTLI;
  if (name == "lz4") return parquet::Compression::LZ4;  // Arrow writes this as LZ4_RAW.
  return std::nullopt;
}

Result<std::shared_ptr<parquet::WriterProperties>> MakeProperties(const InputTable& table,
                                                                  const arrow::Schema& schema,
                                                                  const RunConfig& config) {
  parquet::WriterProperties::Builder properties;
  const std::string codec = OptionOr(table.options, "codec", config.codec);
  const auto compression = CodecOf(codec);
  if (!compression) return ConfigInvalid(fmt::format("there is no codec {}", codec));
  properties.compression(*compression);
  if (OptionOr(table.options, "page", config.page_v2 ? "v2" : "v1") == "v2") {
    properties.data_page_version(parquet::ParquetDataPageVersion::V2);
  }
  if (OptionOr(table.options, "stats", config.statistics ? "on" : "off") == "off") {
    properties.disable_statistics();
  }
  const std::string encoding =
      OptionOr(table.options, "encoding", config.dictionary ? "dict" : "plain");
  if (encoding != "dict") properties.disable_dictionary();
  for (const auto& field : schema.fields()) {
    const arrow::Type::type type = field->type()->id();
    if (encoding == "delta" && arrow::is_base_binary_like(type)) {
      properties.encoding(field->name(), parquet::Encoding::DELTA_BYTE_ARRAY);
    }
    if (encoding == "bss" && arrow::is_floating(type)) {
      properties.encoding(field->name(), parquet::Encoding::BYTE_STREAM_SPLIT);
    }
  }
  if (config.page_rows > 0) {
    properties.data_pagesize(1);
    properties.write_batch_size(config.page_rows);
  }
  if (config.dictionary_page_bytes > 0) {
    properties.dictionary_pagesize_limit(config.dictionary_page_bytes);
  }
  return properties.build();
}

/// Rows `first` to `first + count` of a table as the bytes of a file.
Result<std::vector<uint8_t>> MakeFile(const InputTable& table, size_t first, size_t count,
                                      const RunConfig& config) {
  MATOME_ASSIGN_OR_RETURN(const auto rows, MakeArrowTable(table, first, count, config));
  MATOME_ASSIGN_OR_RETURN(const auto properties, MakeProperties(table, *rows->schema(), config));
  parquet::ArrowWriterProperties::Builder arrow_properties;
  if (OptionOr(table.options, "arrow_schema", "on") == "on") arrow_properties.store_schema();
  if (std::ranges::any_of(table.columns,
                          [](const Column& column) { return column.type == "int96"; })) {
    arrow_properties.enable_deprecated_int96_timestamps();
  }
  MATOME_ASSIGN_OR_RETURN(int64_t row_group_rows,
                          ParseWhole(OptionOr(table.options, "rowgroup", "0")));
  if (row_group_rows == 0) row_group_rows = config.row_group_rows;
  if (row_group_rows == 0) row_group_rows = 1'000'000;

  const auto stream = arrow::io::BufferOutputStream::Create();
  if (!stream.ok()) return FromArrow(stream.status());
  MATOME_RETURN_IF_ERROR(
      FromArrow(parquet::arrow::WriteTable(*rows, arrow::default_memory_pool(), *stream,
                                           row_group_rows, properties, arrow_properties.build())));
  const auto buffer = (*stream)->Finish();
  if (!buffer.ok()) return FromArrow(buffer.status());
  std::vector<uint8_t> bytes((*buffer)->data(), (*buffer)->data() + (*buffer)->size());
  MATOME_ASSIGN_OR_RETURN(const int64_t cut, ParseWhole(OptionOr(table.options, "truncate", "0")));
  bytes.resize(bytes.size() - std::min(bytes.size(), static_cast<size_t>(cut)));
  return bytes;
}

bool IsDaily(std::string_view table) { return table.ends_with("_daily"); }

/// "pod_usage" of "openshift_pod_usage_line_items_daily".
std::string_view ReportType(std::string_view table) {
  table.remove_prefix(std::string_view("openshift_").size());
  return table.substr(0, table.rfind("_line_items"));
}

std::string KeyOf(const CaseFile& source, std::string_view table, const Options& options,
                  std::string_view file) {
  const std::string month =
      OptionOr(options, "month", model::Month::Of(source.days.first).ToString());
  return fmt::format("data/parquet/{}{}/OCP/{}/source={}/year={}/month={}/{}",
                     IsDaily(table) ? "daily/" : "", OptionOr(options, "account", source.account()),
                     ReportType(table), OptionOr(options, "source", source.source_uuid),
                     month.substr(0, 4), month.substr(5), file);
}

Status AddTable(const CaseFile& source, const InputTable& table, const RunConfig& config,
                std::vector<LakeObject>& out) {
  if (const auto file = table.options.find("file"); file != table.options.end()) {
    MATOME_ASSIGN_OR_RETURN(auto bytes, MakeFile(table, 0, table.rows.size(), config));
    out.push_back({KeyOf(source, table.table, table.options, file->second), std::move(bytes)});
    return Status::Ok();
  }
  const size_t step =
      config.file_rows > 0 ? static_cast<size_t>(config.file_rows) : table.rows.size();
  size_t first = 0;
  do {
    const size_t count = std::min(step, table.rows.size() - first);
    MATOME_ASSIGN_OR_RETURN(auto bytes, MakeFile(table, first, count, config));
    // Padded, so that the order of keys is that of the rows.
    const std::string file = fmt::format("{}.line{:04}{}_{:04}.parquet", ReportType(table.table),
                                         table.line, IsDaily(table.table) ? "_daily" : "", first);
    out.push_back({KeyOf(source, table.table, table.options, file), std::move(bytes)});
    first += count;
  } while (first < table.rows.size());
  return Status::Ok();
}

}  // namespace

Result<std::vector<LakeObject>> MakeLake(const CaseFile& source, const RunConfig& config) {
  std::vector<LakeObject> lake;
  for (const InputTable& table : source.tables) {
    Status status = AddTable(source, table, config, lake);
    if (!status.ok()) {
      return std::move(status).WithContext(fmt::format("{}:{}", source.path, table.line));
    }
  }
  for (const InputObject& object : source.objects) {
    lake.push_back(
        {KeyOf(source, object.table, object.options, object.options.find("file")->second),
         std::vector<uint8_t>(object.bytes.begin(), object.bytes.end())});
  }
  return lake;
}

}  // namespace matome::case_runner
