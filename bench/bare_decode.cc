// SPDX-License-Identifier: Apache-2.0
//
// Decodes the columns that a month's daily summary needs, and does nothing with them: what Arrow's
// table reader costs, against which the summary's own cost is measured.
//
//   bare_decode LAKE ACCOUNT SOURCE YYYY-MM THREADS
//
// FileReader with its defaults, text kept as dictionaries, a file at a time on each thread, tables
// thrown away. Prints one JSON object.

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <arrow/io/file.h>
#include <arrow/memory_pool.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/table.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

namespace matome::bench {
namespace {

namespace fs = std::filesystem;

/// A report's Parquet, and the columns of it that the summary needs.
struct Dataset {
  std::string_view granularity;  // "" or "daily/".
  std::string_view report;
  std::vector<std::string_view> columns;
};

const std::vector<Dataset>& Datasets() {
  static const std::vector<Dataset> datasets = {
      {"daily/",
       "pod_usage",
       {"interval_start", "namespace", "node", "pod", "pod_labels", "resource_id",
        "pod_usage_cpu_core_seconds", "pod_request_cpu_core_seconds",
        "pod_effective_usage_cpu_core_seconds", "pod_limit_cpu_core_seconds",
        "pod_usage_memory_byte_seconds", "pod_request_memory_byte_seconds",
        "pod_effective_usage_memory_byte_seconds", "pod_limit_memory_byte_seconds",
        "node_capacity_cpu_cores", "node_capacity_memory_bytes"}},
      {"",
       "pod_usage",
       {"interval_start", "node", "node_capacity_cpu_core_seconds",
        "node_capacity_memory_byte_seconds"}},
      {"daily/",
       "storage_usage",
       {"interval_start", "namespace", "pod", "persistentvolumeclaim", "persistentvolume",
        "storageclass", "csi_volume_handle", "persistentvolume_labels",
        "persistentvolumeclaim_labels", "persistentvolumeclaim_capacity_bytes",
        "persistentvolumeclaim_capacity_byte_seconds", "volume_request_storage_byte_seconds",
        "persistentvolumeclaim_usage_byte_seconds"}},
      {"daily/", "node_labels", {"interval_start", "node", "node_labels"}},
      {"daily/", "namespace_labels", {"interval_start", "namespace", "namespace_labels"}},
  };
  return datasets;
}

struct File {
  const Dataset* dataset;
  std::string path;
  uintmax_t bytes;
};

/// The month's files, largest first, so that threads end together.
std::vector<File> ListFiles(const fs::path& lake, const std::string& account,
                            const std::string& source, const std::string& month) {
  std::vector<File> files;
  for (const Dataset& dataset : Datasets()) {
    const fs::path folder = lake / "data/parquet" / dataset.granularity / account / "OCP" /
                            dataset.report / ("source=" + source) / ("year=" + month.substr(0, 4)) /
                            ("month=" + month.substr(5));
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
      if (entry.is_regular_file()) {
        files.push_back({&dataset, entry.path().string(), entry.file_size()});
      }
    }
  }
  std::sort(files.begin(), files.end(), [](const File& left, const File& right) {
    return std::tie(right.bytes, left.path) < std::tie(left.bytes, right.path);
  });
  return files;
}

/// Adds the file's rows to `rows`.
arrow::Status DecodeFile(const File& file, int64_t& rows) {
  ARROW_ASSIGN_OR_RAISE(auto input, arrow::io::ReadableFile::Open(file.path));
  parquet::arrow::FileReaderBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Open(std::move(input)));

  const parquet::SchemaDescriptor& schema = *builder.raw_reader()->metadata()->schema();
  parquet::ArrowReaderProperties properties;
  std::vector<int> columns;
  for (const std::string_view name : file.dataset->columns) {
    const int column = schema.ColumnIndex(std::string(name));
    if (column < 0) continue;
    columns.push_back(column);
    if (schema.Column(column)->physical_type() == parquet::Type::BYTE_ARRAY) {
      properties.set_read_dictionary(column, true);
    }
  }
  builder.properties(properties);
  ARROW_ASSIGN_OR_RAISE(auto reader, builder.Build());
  ARROW_ASSIGN_OR_RAISE(const auto table, reader->ReadTable(columns));
  rows += table->num_rows();
  return arrow::Status::OK();
}

int Run(const std::vector<std::string>& arguments) {
  int threads = 0;
  if (arguments.size() == 5) {
    std::from_chars(arguments[4].data(), arguments[4].data() + arguments[4].size(), threads);
  }
  if (threads < 1 || arguments[3].size() != 7) {
    std::fputs("usage: bare_decode LAKE ACCOUNT SOURCE YYYY-MM THREADS\n", stderr);
    return 2;
  }
  const auto start = std::chrono::steady_clock::now();
  const std::vector<File> files = ListFiles(arguments[0], arguments[1], arguments[2], arguments[3]);
  if (files.empty()) {
    std::fputs("bare_decode: no files of this source and month\n", stderr);
    return 1;
  }

  std::atomic<size_t> next = 0;
  std::atomic<int64_t> rows = 0;
  std::atomic<bool> failed = false;
  const auto work = [&] {
    int64_t decoded = 0;
    for (size_t i = next++; i < files.size() && !failed; i = next++) {
      if (const arrow::Status status = DecodeFile(files[i], decoded); !status.ok()) {
        std::fprintf(stderr, "bare_decode: %s: %s\n", files[i].path.c_str(),
                     status.ToString().c_str());
        failed = true;
      }
    }
    rows += decoded;
  };
  std::vector<std::thread> others;
  for (int thread = 1; thread < threads; ++thread) others.emplace_back(work);
  work();
  for (std::thread& thread : others) thread.join();

  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  std::printf("{\"files\": %zu, \"rows\": %lld, \"seconds\": %.6f, \"arrow_peak_bytes\": %lld}\n",
              files.size(), static_cast<long long>(rows), taken.count(),
              static_cast<long long>(arrow::default_memory_pool()->max_memory()));
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace matome::bench

int main(int argc, char** argv) {
  return matome::bench::Run(std::vector<std::string>(argv + 1, argv + argc));
}
