// SPDX-License-Identifier: Apache-2.0
#include "datagen/read_back_for_test.h"

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

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
    if (!is_hidden && std::filesystem::file_size(root + "/" + key) > 0) keys.push_back(key);
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

std::string ReadBytes(const std::string& root, const std::string& key) {
  std::ifstream file(root + "/" + key, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace matome::datagen
