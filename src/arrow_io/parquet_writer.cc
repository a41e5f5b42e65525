// SPDX-License-Identifier: Apache-2.0
#include "arrow_io/parquet_writer.h"

#include <algorithm>
#include <exception>
#include <limits>
#include <memory>
#include <utility>

#include <arrow/api.h>
#include <arrow/io/interfaces.h>
#include <arrow/ipc/writer.h>
#include <arrow/util/base64.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <parquet/arrow/schema.h>
#include <parquet/column_writer.h>
#include <parquet/exception.h>
#include <parquet/file_writer.h>
#include <parquet/properties.h>
#include <parquet/schema.h>

#include "arrow_io/pool_internal.h"
#include "base/check.h"

namespace matome::arrow_io {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;
using BufferPtr = std::shared_ptr<arrow::Buffer>;

// Rows that the column writer takes at once. Many, because it gathers the statistics of dictionary
// codes per batch; few where texts are written one by one, because it looks at the sizes of pages
// and dictionary between batches, and because the texts are copied for it.
constexpr int64_t kWriteBatchRows = 20'000;
constexpr int64_t kDenseWriteBatchRows = 1024;
constexpr int64_t kSinkBlockBytes = int64_t{256} * 1024;

// Arrow's writer on one side, a ByteSink on the other.
class SinkStream final : public arrow::io::OutputStream {
 public:
  explicit SinkStream(const ByteSink& sink) : sink_(sink) { block_.reserve(kSinkBlockBytes); }

  arrow::Status Write(const void* data, int64_t byte_count) override {
    if (stopped_) return arrow::Status::IOError("the file was given up");
    const auto* bytes = static_cast<const uint8_t*>(data);
    position_ += byte_count;
    if (static_cast<int64_t>(block_.size()) + byte_count > kSinkBlockBytes) {
      ARROW_RETURN_NOT_OK(Flush());
      if (byte_count >= kSinkBlockBytes) return Send({bytes, static_cast<size_t>(byte_count)});
    }
    block_.insert(block_.end(), bytes, bytes + byte_count);
    return arrow::Status::OK();
  }

  arrow::Status Flush() override {
    if (block_.empty()) return arrow::Status::OK();
    const auto status = Send(block_);
    block_.clear();
    return status;
  }

  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return position_; }

  // From now on nothing reaches the sink, whatever Arrow's destructors still try to write.
  void Stop() { stopped_ = true; }
  const base::Status& sink_status() const { return sink_status_; }

 private:
  arrow::Status Send(std::span<const uint8_t> bytes) {
    sink_status_ = sink_(bytes);
    if (sink_status_.ok()) return arrow::Status::OK();
    stopped_ = true;
    return arrow::Status::IOError("the sink failed");
  }

  const ByteSink& sink_;
  base::Status sink_status_;
  std::vector<uint8_t> block_;
  int64_t position_ = 0;
  bool closed_ = false;
  bool stopped_ = false;
};

template <typename T>
BufferPtr Borrow(std::span<const T> values) {
  return std::make_shared<arrow::Buffer>(reinterpret_cast<const uint8_t*>(values.data()),
                                         static_cast<int64_t>(values.size_bytes()));
}

struct Validity {
  BufferPtr bits;  // Null if no value is NULL.
  int64_t null_count = 0;
};

template <typename IsNull>
arrow::Result<Validity> MakeValidity(size_t length, IsNull is_null) {
  int64_t null_count = 0;
  for (size_t row = 0; row < length; ++row) null_count += is_null(row) ? 1 : 0;
  if (null_count == 0) return Validity{};
  ARROW_ASSIGN_OR_RAISE(BufferPtr bits, arrow::AllocateBitmap(static_cast<int64_t>(length)));
  uint8_t* out = bits->mutable_data();
  std::fill_n(out, bits->size(), uint8_t{0});
  for (size_t row = 0; row < length; ++row) {
    if (!is_null(row)) arrow::bit_util::SetBit(out, static_cast<int64_t>(row));
  }
  return Validity{std::move(bits), null_count};
}

template <typename T>
arrow::Result<ArrayPtr> MakeNumbers(const std::shared_ptr<arrow::DataType>& type,
                                    std::span<const T> values, std::span<const uint8_t> valid) {
  Validity validity;
  if (!valid.empty()) {
    ARROW_ASSIGN_OR_RAISE(
        validity, MakeValidity(values.size(), [valid](size_t row) { return valid[row] == 0; }));
  }
  return arrow::MakeArray(arrow::ArrayData::Make(type, static_cast<int64_t>(values.size()),
                                                 {validity.bits, Borrow(values)},
                                                 validity.null_count));
}

arrow::Result<ArrayPtr> MakeDictionary(std::span<const std::string_view> texts) {
  arrow::StringBuilder builder;
  size_t bytes = 0;
  for (const auto text : texts) bytes += text.size();
  if (bytes > size_t{std::numeric_limits<int32_t>::max()}) {
    return arrow::Status::CapacityError("the texts of a dictionary exceed 2 GiB");
  }
  ARROW_RETURN_NOT_OK(builder.Reserve(static_cast<int64_t>(texts.size())));
  ARROW_RETURN_NOT_OK(builder.ReserveData(static_cast<int64_t>(bytes)));
  for (const auto text : texts) builder.UnsafeAppend(text);
  return builder.Finish();
}

// What Arrow counts for the dictionary page: each text with its length in four bytes.
int64_t DictionaryPageBytes(std::span<const std::string_view> texts) {
  int64_t bytes = 0;
  for (const auto text : texts) bytes += static_cast<int64_t>(text.size()) + 4;
  return bytes;
}

std::shared_ptr<arrow::DataType> TypeOfTimes(const TimestampValues& times) {
  constexpr auto unit = arrow::TimeUnit::MILLI;
  return times.adjusted_to_utc ? arrow::timestamp(unit, "UTC") : arrow::timestamp(unit);
}

// Makes the arrays of one column, a row group at a time. The arrays borrow the numbers and codes.
class ColumnMaker {
 public:
  ColumnMaker(const WriteColumn& column, int64_t dictionary_page_bytes) : column_(column) {
    if (const auto* text = std::get_if<TextValues>(&column.values)) {
      // Given a dictionary, Arrow writes all of it, however large; given texts, it watches the
      // limit.
      dense_ = DictionaryPageBytes(text->dictionary) >= dictionary_page_bytes;
    }
  }

  int64_t length() const {
    return std::visit([](const auto& values) { return static_cast<int64_t>(LengthOf(values)); },
                      column_.values);
  }

  /// How the column is handed to the writer.
  std::shared_ptr<arrow::DataType> array_type() const {
    if (IsText() && !dense_) return arrow::dictionary(arrow::int32(), arrow::utf8());
    return logical_type();
  }

  /// How a reader is to see the column.
  std::shared_ptr<arrow::DataType> logical_type() const {
    struct TypeOf {
      std::shared_ptr<arrow::DataType> operator()(const TextValues&) { return arrow::utf8(); }
      std::shared_ptr<arrow::DataType> operator()(const DoubleValues&) { return arrow::float64(); }
      std::shared_ptr<arrow::DataType> operator()(const Int32Values&) { return arrow::int32(); }
      std::shared_ptr<arrow::DataType> operator()(const DateValues&) { return arrow::date32(); }
      std::shared_ptr<arrow::DataType> operator()(const TimestampValues& times) {
        return TypeOfTimes(times);
      }
    };
    return std::visit(TypeOf{}, column_.values);
  }

  std::string name() const { return std::string(column_.name); }
  bool wants_dictionary() const {
    const auto* numbers = std::get_if<DoubleValues>(&column_.values);
    return numbers == nullptr || numbers->dictionary_encoding;
  }
  bool wants_statistics() const { return column_.statistics; }

  /// Writes some rows, which are one row group. Texts are put together a few at a time.
  arrow::Status Write(int64_t first, int64_t count, parquet::ColumnWriter& writer,
                      parquet::ArrowWriteContext& context) {
    const int64_t end = first + count;
    const int64_t most = dense_ ? kDenseWriteBatchRows : std::max<int64_t>(count, 1);
    do {
      const int64_t now = std::min(most, end - first);
      ARROW_ASSIGN_OR_RAISE(const ArrayPtr array, std::visit(
                                                      [&](const auto& values) {
                                                        return MakeRows(values,
                                                                        static_cast<size_t>(first),
                                                                        static_cast<size_t>(now));
                                                      },
                                                      column_.values));
      levels_.resize(static_cast<size_t>(now));
      for (int64_t row = 0; row < now; ++row)
        levels_[static_cast<size_t>(row)] = array->IsValid(row) ? 1 : 0;
      ARROW_RETURN_NOT_OK(writer.WriteArrow(levels_.data(), nullptr, now, *array, &context,
                                            /*leaf_field_nullable=*/true));
      first += now;
    } while (first < end);
    return arrow::Status::OK();
  }

 private:
  static size_t LengthOf(const TextValues& text) { return text.codes.size(); }
  template <typename Values>
  static size_t LengthOf(const Values& values) {
    return values.values.size();
  }

  bool IsText() const { return std::holds_alternative<TextValues>(column_.values); }

  arrow::Result<ArrayPtr> MakeRows(const TextValues& text, size_t first, size_t count) {
    const auto codes = text.codes.subspan(first, count);
    MATOME_DCHECK(std::ranges::all_of(
        codes, [&](int32_t code) { return code < static_cast<int64_t>(text.dictionary.size()); }));
    if (dense_) return MakeDense(codes, text.dictionary);
    if (dictionary_ == nullptr) {
      ARROW_ASSIGN_OR_RAISE(dictionary_, MakeDictionary(text.dictionary));
    }
    ARROW_ASSIGN_OR_RAISE(const Validity validity,
                          MakeValidity(count, [codes](size_t row) { return codes[row] < 0; }));
    auto data = arrow::ArrayData::Make(array_type(), static_cast<int64_t>(count),
                                       {validity.bits, Borrow(codes)}, validity.null_count);
    data->dictionary = dictionary_->data();
    return arrow::MakeArray(data);
  }

  static arrow::Result<ArrayPtr> MakeDense(std::span<const int32_t> codes,
                                           std::span<const std::string_view> dictionary) {
    arrow::LargeStringBuilder builder;
    for (const int32_t code : codes) {
      if (code < 0) {
        ARROW_RETURN_NOT_OK(builder.AppendNull());
      } else {
        ARROW_RETURN_NOT_OK(builder.Append(dictionary[static_cast<size_t>(code)]));
      }
    }
    return builder.Finish();
  }

  static arrow::Result<ArrayPtr> MakeRows(const DoubleValues& numbers, size_t first, size_t count) {
    return MakeSome(arrow::float64(), numbers.values, numbers.valid, first, count);
  }
  static arrow::Result<ArrayPtr> MakeRows(const Int32Values& numbers, size_t first, size_t count) {
    return MakeSome(arrow::int32(), numbers.values, numbers.valid, first, count);
  }
  static arrow::Result<ArrayPtr> MakeRows(const DateValues& dates, size_t first, size_t count) {
    return MakeSome(arrow::date32(), dates.values, {}, first, count);
  }
  static arrow::Result<ArrayPtr> MakeRows(const TimestampValues& times, size_t first,
                                          size_t count) {
    return MakeSome(TypeOfTimes(times), times.values, times.valid, first, count);
  }

  template <typename T>
  static arrow::Result<ArrayPtr> MakeSome(const std::shared_ptr<arrow::DataType>& type,
                                          std::span<const T> values, std::span<const uint8_t> valid,
                                          size_t first, size_t count) {
    MATOME_DCHECK(valid.empty() || valid.size() == values.size());
    return MakeNumbers(type, values.subspan(first, count),
                       valid.empty() ? valid : valid.subspan(first, count));
  }

  const WriteColumn& column_;
  bool dense_ = false;
  ArrayPtr dictionary_;          // Made when first needed; shared by the row groups.
  std::vector<int16_t> levels_;  // 0 for NULL, else 1.
};

// Names the columns' logical types, not the dictionaries that we happen to write from; so Arrow's
// own option for storing the schema will not do.
arrow::Result<std::string> EncodedArrowSchema(const std::vector<ColumnMaker>& columns) {
  arrow::FieldVector fields;
  for (const auto& column : columns) {
    fields.push_back(arrow::field(column.name(), column.logical_type()));
  }
  ARROW_ASSIGN_OR_RAISE(const BufferPtr bytes, arrow::ipc::SerializeSchema(arrow::Schema(fields)));
  return arrow::util::base64_encode(std::string_view(*bytes));
}

std::shared_ptr<arrow::Schema> MakeSchema(const std::vector<ColumnMaker>& columns) {
  arrow::FieldVector fields;
  for (const auto& column : columns) {
    fields.push_back(arrow::field(column.name(), column.array_type()));
  }
  return arrow::schema(std::move(fields));
}

arrow::Result<std::shared_ptr<arrow::KeyValueMetadata>> MakeMetadata(
    const std::vector<ColumnMaker>& columns, const WriteOptions& options) {
  auto metadata = std::make_shared<arrow::KeyValueMetadata>();
  for (const auto& [key, value] : options.metadata) metadata->Append(key, value);
  if (options.store_arrow_schema) {
    ARROW_ASSIGN_OR_RAISE(std::string encoded, EncodedArrowSchema(columns));
    metadata->Append("ARROW:schema", std::move(encoded));
  }
  return metadata;
}

std::shared_ptr<parquet::WriterProperties> MakeProperties(const std::vector<ColumnMaker>& columns,
                                                          const WriteOptions& options) {
  parquet::WriterProperties::Builder properties;
  properties.memory_pool(Pool());
  properties.version(parquet::ParquetVersion::PARQUET_2_6)
      ->data_page_version(parquet::ParquetDataPageVersion::V1)
      ->compression(parquet::Compression::SNAPPY)
      ->disable_write_page_index()
      ->write_batch_size(kWriteBatchRows)
      ->max_row_group_length(options.row_group_rows);
  if (options.dictionary_page_bytes > 0) {
    properties.dictionary_pagesize_limit(options.dictionary_page_bytes);
  } else {
    properties.disable_dictionary();
  }
  for (const auto& column : columns) {
    if (!column.wants_dictionary()) properties.disable_dictionary(column.name());
    if (!column.wants_statistics()) properties.disable_statistics(column.name());
  }
  return properties.build();
}

// An unfinished Parquet writer tries to end its file when destroyed. Declared after it, this keeps
// the sink from taking half a file for a whole one.
class StopUnlessFinished {
 public:
  explicit StopUnlessFinished(SinkStream& stream) : stream_(stream) {}
  ~StopUnlessFinished() {
    if (!finished_) stream_.Stop();
  }
  StopUnlessFinished(const StopUnlessFinished&) = delete;
  StopUnlessFinished& operator=(const StopUnlessFinished&) = delete;

  void Finished() { finished_ = true; }

 private:
  SinkStream& stream_;
  bool finished_ = false;
};

arrow::Status Write(std::vector<ColumnMaker>& columns, int64_t row_count,
                    const WriteOptions& options, const std::shared_ptr<SinkStream>& stream) {
  ARROW_ASSIGN_OR_RAISE(const auto metadata, MakeMetadata(columns, options));
  const auto properties = MakeProperties(columns, options);
  const auto arrow_properties = parquet::default_arrow_writer_properties();
  std::shared_ptr<parquet::SchemaDescriptor> schema;
  ARROW_RETURN_NOT_OK(parquet::arrow::ToParquetSchema(MakeSchema(columns).get(), *properties,
                                                      *arrow_properties, &schema));
  const auto writer = parquet::ParquetFileWriter::Open(
      stream, std::static_pointer_cast<parquet::schema::GroupNode>(schema->schema_root()),
      properties, metadata);
  StopUnlessFinished guard(*stream);
  parquet::ArrowWriteContext context(Pool(), arrow_properties.get());
  // A file without rows still has a row group, as pyarrow writes it.
  int64_t first = 0;
  do {
    const int64_t count = std::min(options.row_group_rows, row_count - first);
    parquet::RowGroupWriter* group = writer->AppendRowGroup();
    for (auto& column : columns) {
      parquet::ColumnWriter* values = group->NextColumn();
      ARROW_RETURN_NOT_OK(column.Write(first, count, *values, context));
      values->Close();
    }
    first += count;
  } while (first < row_count);
  writer->Close();
  ARROW_RETURN_NOT_OK(stream->Flush());
  guard.Finished();
  return arrow::Status::OK();
}

base::Status CheckShape(const std::vector<ColumnMaker>& columns, const WriteOptions& options) {
  if (columns.empty()) return base::Failed("a Parquet file needs at least one column");
  if (options.row_group_rows < 1) return base::Failed("a row group needs at least one row");
  for (const auto& column : columns) {
    if (column.length() != columns.front().length()) {
      return base::Failed(fmt::format("column {} has {} values, column {} has {}", column.name(),
                                      column.length(), columns.front().name(),
                                      columns.front().length()));
    }
  }
  return {};
}

base::Status WriteError(std::string_view message) {
  return base::Failed(fmt::format("cannot write Parquet: {}", message));
}

}  // namespace

base::Status WriteParquet(std::span<const WriteColumn> columns, const WriteOptions& options,
                          const ByteSink& sink) {
  std::vector<ColumnMaker> makers;
  makers.reserve(columns.size());
  for (const auto& column : columns) makers.emplace_back(column, options.dictionary_page_bytes);
  MATOME_RETURN_IF_ERROR(CheckShape(makers, options));

  const auto stream = std::make_shared<SinkStream>(sink);
  base::Status error;
  try {
    const auto status = Write(makers, makers.front().length(), options, stream);
    if (!status.ok()) error = WriteError(status.message());
  } catch (const std::exception& exception) {
    error = WriteError(exception.what());
  }
  return stream->sink_status().ok() ? error : stream->sink_status();
}

}  // namespace matome::arrow_io
