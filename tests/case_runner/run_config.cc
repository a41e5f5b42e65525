// SPDX-License-Identifier: Apache-2.0
#include "case_runner/run_config.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "case_runner/case_text.h"

namespace matome::case_runner {
namespace {

using base::ConfigInvalid;
using base::Result;
using base::Status;

Status SetNumber(std::string_view value, int64_t& out) {
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), out);
  if (error != std::errc() || end != value.data() + value.size() || out <= 0) {
    return ConfigInvalid(fmt::format("not a positive number: {}", value));
  }
  return Status::Ok();
}

Status SetChoice(std::string_view value, std::string_view yes, std::string_view no, bool& out) {
  if (value != yes && value != no) {
    return ConfigInvalid(fmt::format("{} is neither {} nor {}", value, yes, no));
  }
  out = value == yes;
  return Status::Ok();
}

Status SetStore(std::string_view value, Store& out) {
  if (value == "memory") {
    out = Store::kMemory;
  } else if (value == "local") {
    out = Store::kLocal;
  } else if (value == "s3") {
    out = Store::kS3;
  } else {
    return ConfigInvalid(fmt::format("{} is none of memory, local and s3", value));
  }
  return Status::Ok();
}

Status Set(std::string_view key, std::string_view value, RunConfig& out) {
  if (key == "threads") {
    int64_t threads = 0;
    MATOME_RETURN_IF_ERROR(SetNumber(value, threads));
    out.threads = static_cast<int>(threads);
    return Status::Ok();
  }
  if (key == "codec") {
    out.codec = value;
    return Status::Ok();
  }
  if (key == "memory_beyond_kib") return SetNumber(value, out.memory_beyond_kib);
  if (key == "batch_rows") return SetNumber(value, out.batch_rows);
  if (key == "file_rows") return SetNumber(value, out.file_rows);
  if (key == "row_group_rows") return SetNumber(value, out.row_group_rows);
  if (key == "page_rows") return SetNumber(value, out.page_rows);
  if (key == "dictionary_page_bytes") return SetNumber(value, out.dictionary_page_bytes);
  if (key == "database") return SetChoice(value, "yes", "no", out.database);
  if (key == "format") return SetChoice(value, "csv", "parquet", out.csv);
  if (key == "output") return SetChoice(value, "s3", "local", out.output_to_s3);
  if (key == "store") return SetStore(value, out.store);
  if (key == "same_bytes") return SetChoice(value, "yes", "no", out.same_bytes);
  if (key == "row_order") return SetChoice(value, "reversed", "written", out.reversed);
  if (key == "encoding") return SetChoice(value, "dict", "plain", out.dictionary);
  if (key == "page") return SetChoice(value, "v2", "v1", out.page_v2);
  if (key == "stats") return SetChoice(value, "on", "off", out.statistics);
  if (key == "text") return SetChoice(value, "large_string", "string", out.large_string);
  return ConfigInvalid(fmt::format("there is no key {}", key));
}

}  // namespace

Result<RunConfig> ParseRunConfig(std::string_view path, std::string_view text) {
  RunConfig config;
  config.name = std::filesystem::path(path).stem().string();
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = TrimBlanks(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    const size_t colon = line.find(':');
    Status status = colon == std::string_view::npos
                        ? ConfigInvalid("a line is key: value")
                        : Set(line.substr(0, colon), TrimBlanks(line.substr(colon + 1)), config);
    if (!status.ok()) return std::move(status).WithContext(fmt::format("{}:{}", path, number));
  }
  return config;
}

Result<RunConfig> ReadRunConfig(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return ConfigInvalid(fmt::format("{}: cannot be read", path));
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return ParseRunConfig(path, text);
}

}  // namespace matome::case_runner
