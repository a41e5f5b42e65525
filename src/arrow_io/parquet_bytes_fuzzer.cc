// SPDX-License-Identifier: Apache-2.0
// Parquet files: arbitrary bytes must end in rows or kBadInput, whichever report they are taken
// for.
//
// The seeds are real small files, made when the fuzzer starts: the custom mutator puts one in the
// place of an input that is no file. Footers that claim millions of rows are passed over: Arrow and
// we read them in as many steps, which is slow and no crash.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <arrow/json/from_string.h>
#include <parquet/arrow/writer.h>

#include "arrow_io/parquet_file.h"
#include "arrow_io/row_group_reader.h"
#include "model/report.h"
#include "store/memory_store.h"

namespace matome::arrow_io {
namespace {

constexpr int64_t kMostRows = 100'000;

/// Looks at everything that a block promises, so that a bad pointer is touched.
uint64_t Touch(const batch::Block& block, std::vector<uint32_t>& entries) {
  uint64_t sum = 0;
  for (size_t column = 0; column < block.texts.size(); ++column) {
    const auto& text = block.texts[column];
    if (!text.new_entries.empty() && text.first_new_code != entries[column] + 1) std::abort();
    entries[column] += static_cast<uint32_t>(text.new_entries.size());
    for (const auto entry : text.new_entries) {
      for (const char byte : entry) sum += static_cast<unsigned char>(byte);
    }
    for (int64_t row = 0; row < block.rows; ++row) {
      if (text.codes[row] > entries[column]) std::abort();
    }
  }
  for (const auto& number : block.numbers) {
    for (int64_t row = 0; row < block.rows; ++row)
      sum += number.has(row) && number.values[row] > 0 ? 1 : 0;
  }
  if (!block.times.empty() && block.times.back().end != block.rows) std::abort();
  return sum;
}

void Expect(const base::Status& status) {
  if (status.code() == base::Code::kBadInput) return;
  std::fprintf(stderr, "not kBadInput: %s\n", status.message().c_str());
  std::abort();
}

void ReadAll(const store::MemoryStore& store, const ParquetFile& file,
             const model::Projection& projection, bool read_time) {
  for (size_t group = 0; group < file.row_groups.size(); ++group) {
    if (file.row_groups[group].rows > kMostRows) continue;
    auto reader = RowGroupReader::Open(store, file, static_cast<int>(group), projection,
                                       {.batch_rows = 100, .read_time = read_time});
    if (!reader.ok()) {
      Expect(reader.status());
      continue;
    }
    std::vector<uint32_t> entries(projection.texts.size(), 0);
    int64_t rows = 0;
    while (true) {
      const auto block = reader->Next();
      if (!block.ok()) {
        Expect(block.status());
        break;
      }
      if (*block == nullptr) {
        if (rows != file.row_groups[group].rows) std::abort();
        break;
      }
      rows += (*block)->rows;
      Touch(**block, entries);
    }
  }
}

/// A small file with a column of every kind that some report has, in one of several physical forms.
/// Not compressed: a wrong byte would mostly be found out by the decompression.
std::vector<uint8_t> SeedFile(int form) {
  constexpr int kRows = 40;
  std::string times, texts, labels, numbers;
  for (int row = 0; row < kRows; ++row) {
    const std::string comma = row > 0 ? "," : "";
    times +=
        comma + (row % 11 == 7 ? "null" : std::to_string(1'762'128'000'000 + row / 10 * 3'600'000));
    texts += comma + (row % 5 == 0 ? "null" : "\"n" + std::to_string(row % 7) + "\"");
    labels += comma + (row % 3 == 0   ? R"("{\"app\": \"shop\"}")"
                       : row % 3 == 1 ? "\"\""
                                      : "\"a rather longer text\"");
    numbers += comma + (row % 4 == 1 ? "null" : std::to_string(row * 3) + ".25");
  }
  struct Column {
    const char* name;
    std::shared_ptr<arrow::DataType> type;
    const std::string& values;
  };
  const Column columns[] = {{"interval_start", arrow::timestamp(arrow::TimeUnit::MILLI), times},
                            {"node", arrow::utf8(), texts},
                            {"node_labels", arrow::utf8(), labels},
                            {"node_capacity_cpu_core_seconds", arrow::float64(), numbers},
                            {"pod_usage_cpu_core_seconds", arrow::float32(), numbers}};
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const auto& column : columns) {
    fields.push_back(arrow::field(column.name, column.type));
    arrays.push_back(*arrow::json::ArrayFromJSONString(column.type, "[" + column.values + "]"));
  }
  parquet::WriterProperties::Builder properties;
  if (form % 2 == 1) properties.disable_dictionary();
  if (form / 2 % 2 == 1) properties.data_page_version(parquet::ParquetDataPageVersion::V2);
  if (form >= 4) properties.compression(parquet::Compression::SNAPPY);
  if (form == 6) properties.dictionary_pagesize_limit(8)->data_pagesize(32)->write_batch_size(4);
  if (form == 7) {
    properties.encoding("node", parquet::Encoding::DELTA_BYTE_ARRAY);
    properties.encoding("interval_start", parquet::Encoding::DELTA_BINARY_PACKED);
    properties.encoding("node_capacity_cpu_core_seconds", parquet::Encoding::BYTE_STREAM_SPLIT);
  }
  const auto sink = *arrow::io::BufferOutputStream::Create();
  const auto table = arrow::Table::Make(arrow::schema(fields), arrays);
  if (!parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, 25,
                                  properties.build())
           .ok())
    std::abort();
  const auto buffer = *sink->Finish();
  return {buffer->data(), buffer->data() + buffer->size()};
}

const std::vector<std::vector<uint8_t>>& SeedFiles() {
  static const auto files = [] {
    std::vector<std::vector<uint8_t>> all;
    for (int form = 0; form < 8; ++form) all.push_back(SeedFile(form));
    return all;
  }();
  return files;
}

}  // namespace
}  // namespace matome::arrow_io

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace matome;
  store::MemoryStore store;
  store.Put("file", {data, data + size});
  const auto object = store.List("").value().front();
  for (const auto report : model::kReports) {
    const auto file = arrow_io::ReadFooter(store, object, model::KnownColumns(report));
    if (!file.ok()) {
      arrow_io::Expect(file.status());
      return 0;
    }
    arrow_io::ReadAll(store, *file, model::SummaryProjection(report), /*read_time=*/true);
    if (report == model::Report::kPodUsageDaily) {
      arrow_io::ReadAll(store, *file, model::NodeRoleProjection(report), /*read_time=*/false);
    }
  }
  return 0;
}

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  const auto& seeds = matome::arrow_io::SeedFiles();
  if (size < 100 || seed % 64 == 0) {
    const auto& file = seeds[seed / 64 % seeds.size()];
    if (file.size() <= max_size) {
      std::memcpy(data, file.data(), file.size());
      size = file.size();
    }
  }
  if (size < 16) return LLVMFuzzerMutate(data, size, max_size);
  // Mostly single bytes: what moves bytes about breaks the footer and is found out at once.
  uint64_t state = seed;
  for (unsigned int edit = 0; edit < 1 + seed / 8 % 4; ++edit) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const size_t at = (state >> 33) % size;
    switch (state >> 20 & 3) {
      case 0:
        data[at] = static_cast<uint8_t>(state >> 8);
        break;
      case 1:
        data[at] ^= static_cast<uint8_t>(1U << (state >> 8 & 7));
        break;
      case 2:
        data[at] = static_cast<uint8_t>(data[at] + (state >> 8 & 1 ? 1 : -1));
        break;
      default:
        data[at] = state >> 8 & 1 ? 0xFF : 0x7F;
        break;
    }
  }
  return seed % 32 == 5 ? LLVMFuzzerMutate(data, size, max_size) : size;
}
