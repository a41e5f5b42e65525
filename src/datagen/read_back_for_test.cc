// SPDX-License-Identifier: Apache-2.0
#include "datagen/read_back_for_test.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "arrow_io/parquet_file.h"
#include "arrow_io/row_group_reader.h"
#include "store/local_store.h"

namespace matome::datagen {
namespace {

// The texts of a column, by the codes of its row group.
using CodeTexts = std::vector<OptionalText>;

void AppendTexts(const batch::TextView& view, int64_t rows, CodeTexts& of_code,
                 std::vector<OptionalText>& texts) {
  of_code.resize(view.first_new_code + view.new_entries.size());
  for (size_t entry = 0; entry < view.new_entries.size(); ++entry) {
    of_code[view.first_new_code + entry] = std::string(view.new_entries[entry]);
  }
  for (int64_t row = 0; row < rows; ++row) texts.push_back(of_code[view.codes[row]]);
}

using RowKey = std::vector<std::optional<std::string>>;

std::vector<RowKey> KeysOf(const Table& table, const ReportLayout& layout) {
  std::vector<RowKey> keys(table.rows());
  for (size_t row = 0; row < table.rows(); ++row) {
    for (const auto name : layout.keys) keys[row].push_back(table.Texts(name)[row]);
    const auto start = table.starts[row];
    keys[row].push_back(start ? std::optional(model::Day::OfMillis(*start).ToString())
                              : std::nullopt);
  }
  return keys;
}

}  // namespace

ScratchDirectory::ScratchDirectory() {
  path_ = (std::filesystem::temp_directory_path() / "matome-datagen-XXXXXX").string();
  EXPECT_NE(mkdtemp(path_.data()), nullptr);
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

const std::vector<OptionalText>& Table::Texts(std::string_view column) const {
  return texts.find(column)->second;
}

const std::vector<std::optional<double>>& Table::Numbers(std::string_view column) const {
  return numbers.find(column)->second;
}

std::vector<std::string> AllKeys(const std::string& root) {
  std::vector<std::string> keys;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (entry.is_regular_file()) {
      keys.push_back(std::filesystem::relative(entry.path(), root).string());
    }
  }
  std::ranges::sort(keys);
  return keys;
}

std::vector<std::string> VisibleKeys(const std::string& root) {
  std::vector<std::string> keys;
  for (const std::string& key : AllKeys(root)) {
    const bool is_hidden =
        key.find("/_") != std::string::npos || key.find("/.") != std::string::npos;
    if (!is_hidden && std::filesystem::file_size(std::filesystem::path(root) / key) > 0)
      keys.push_back(key);
  }
  return keys;
}

Table ReadTable(const std::string& root, const std::string& key, const ReportLayout& layout) {
  SCOPED_TRACE(key);
  std::vector<std::string_view> texts(layout.keys.begin(), layout.keys.end());
  texts.insert(texts.end(), layout.attributes.begin(), layout.attributes.end());
  std::vector<std::string_view> numbers;
  for (const auto& column : layout.numbers) numbers.push_back(column.name);
  for (const auto& column : layout.larger) numbers.push_back(column.name);
  std::vector<std::string_view> columns = {"interval_start"};
  columns.insert(columns.end(), texts.begin(), texts.end());
  columns.insert(columns.end(), numbers.begin(), numbers.end());

  Table table;
  auto store = store::LocalStore::Make(root);
  EXPECT_TRUE(store.ok());
  const auto objects = store->List(key.substr(0, key.rfind('/') + 1));
  EXPECT_TRUE(objects.ok());
  const auto object = std::ranges::find(*objects, key, &store::ObjectRef::key);
  const auto file = arrow_io::ReadFooter(*store, *object, columns);
  EXPECT_TRUE(file.ok()) << file.status().message();
  if (!file.ok()) return table;
  EXPECT_EQ(file->row_groups.size(), 1U);

  for (const std::string_view name : texts) table.texts[std::string(name)];
  for (const std::string_view name : numbers) table.numbers[std::string(name)];
  for (size_t group = 0; group < file->row_groups.size(); ++group) {
    for (size_t column = 0; column < columns.size(); ++column) {
      if (file->row_groups[group].chunks[column].type == arrow_io::StoredType::kMissing) {
        table.missing.emplace(columns[column]);
      }
    }
    auto reader = arrow_io::RowGroupReader::Open(*store, *file, static_cast<int>(group),
                                                 {texts, numbers}, {});
    EXPECT_TRUE(reader.ok()) << reader.status().message();
    std::vector<CodeTexts> of_code(texts.size(), CodeTexts(1));
    while (true) {
      const auto next = reader->Next();
      EXPECT_TRUE(next.ok()) << next.status().message();
      if (!next.ok() || *next == nullptr) break;
      const batch::Block& block = **next;
      for (const auto& run : block.times) {
        while (static_cast<int64_t>(table.starts.size()) < block.first_row + run.end) {
          table.starts.push_back(run.millis);
        }
      }
      for (size_t column = 0; column < texts.size(); ++column) {
        AppendTexts(block.texts[column], block.rows, of_code[column],
                    table.texts[std::string(texts[column])]);
      }
      for (size_t column = 0; column < numbers.size(); ++column) {
        const auto& view = block.numbers[column];
        auto& values = table.numbers[std::string(numbers[column])];
        for (int64_t row = 0; row < block.rows; ++row) {
          values.push_back(view.has(row) ? std::optional(view.values[row]) : std::nullopt);
        }
      }
    }
  }
  return table;
}

GenerateOptions SmallOptions(const std::string& directory) {
  GenerateOptions options;
  options.output_directory = directory;
  options.month = {2025, 3};
  options.nodes = 9;
  options.pods_per_node = 12;
  options.days = 3;
  options.seed = 42;
  return options;
}

GenerateResult MustGenerate(const GenerateOptions& options) {
  auto result = Generate(options, nullptr);
  EXPECT_TRUE(result.ok()) << result.status().message();
  return result.ok() ? *result : GenerateResult();
}

std::string ReportDirectory(GeneratedReport report, bool daily, const std::string& source) {
  return fmt::format("data/parquet/{}org1234567/OCP/{}/source={}/year=2025/month=03/",
                     daily ? "daily/" : "", LayoutOf(report).report_type, source);
}

std::vector<FilePair> ReadPairs(const std::string& root, GeneratedReport report,
                                const std::string& source) {
  const auto keys = VisibleKeys(root);
  std::vector<FilePair> pairs;
  for (const std::string& key : keys) {
    const std::string daily_directory = ReportDirectory(report, true, source);
    if (!key.starts_with(daily_directory)) continue;
    FilePair pair;
    pair.hourly_key = ReportDirectory(report, false, source) + key.substr(daily_directory.size());
    const size_t mark = pair.hourly_key.rfind("_daily");
    pair.hourly_key.erase(mark, 6);
    pair.daily = ReadTable(root, key, LayoutOf(report));
    if (std::ranges::binary_search(keys, pair.hourly_key)) {
      pair.hourly = ReadTable(root, pair.hourly_key, LayoutOf(report));
    }
    pairs.push_back(std::move(pair));
  }
  return pairs;
}

void ExpectDailyIsAggregate(const FilePair& pair, const ReportLayout& layout, bool nulls_allowed) {
  SCOPED_TRACE(pair.hourly_key);
  struct Group {
    std::map<std::string_view, double> sums;
    std::map<std::string_view, std::optional<double>> maxima;
    std::map<std::string_view, OptionalText> texts;
  };
  std::map<RowKey, Group> groups;
  const auto hourly_keys = KeysOf(*pair.hourly, layout);
  for (size_t row = 0; row < hourly_keys.size(); ++row) {
    Group& group = groups[hourly_keys[row]];
    for (const auto name : layout.attributes) {
      group.texts[name] = std::max(group.texts[name], pair.hourly->Texts(name)[row]);
    }
    for (const auto& column : layout.numbers) {
      const auto value = pair.hourly->Numbers(column.name)[row];
      if (column.daily == DailyNumber::kMax) {
        group.maxima[column.name] = std::max(group.maxima[column.name], value);
      } else {
        group.sums[column.name] += value.value_or(0);
      }
    }
    for (const auto& column : layout.larger) {
      const auto larger = std::max(pair.hourly->Numbers(layout.numbers[column.left].name)[row],
                                   pair.hourly->Numbers(layout.numbers[column.right].name)[row]);
      if (!pair.hourly->missing.contains(column.name)) {
        EXPECT_EQ(pair.hourly->Numbers(column.name)[row], larger);
      }
      group.sums[column.name] += larger.value_or(0);
    }
  }

  const auto daily_keys = KeysOf(pair.daily, layout);
  ASSERT_EQ(daily_keys.size(), groups.size());
  for (size_t row = 0; row < daily_keys.size(); ++row) {
    const auto found = groups.find(daily_keys[row]);
    ASSERT_NE(found, groups.end()) << ::testing::PrintToString(daily_keys[row]);
    for (const auto& [name, text] : found->second.texts) {
      EXPECT_EQ(pair.daily.Texts(name)[row], text) << name;
    }
    for (const auto& [name, maximum] : found->second.maxima) {
      const auto value = pair.daily.Numbers(name)[row];
      if (!value && nulls_allowed) continue;
      EXPECT_EQ(value, maximum) << name;
    }
    for (const auto& [name, sum] : found->second.sums) {
      const auto value = pair.daily.Numbers(name)[row];
      if (!value && nulls_allowed) continue;
      ASSERT_TRUE(value.has_value()) << name;
      EXPECT_NEAR(*value, sum, std::abs(sum) * 1e-12) << name;
    }
  }
}

std::string ReadBytes(const std::string& root, const std::string& key) {
  std::ifstream file(root + "/" + key, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace matome::datagen
