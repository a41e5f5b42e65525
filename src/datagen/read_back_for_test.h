// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "datagen/generate.h"
#include "datagen/report_layout.h"
#include "model/day.h"

namespace matome::datagen {

/// A directory of a test's own, removed at the end.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

using OptionalText = std::optional<std::string>;

/// A file of a report, row by row.
struct Table {
  std::vector<std::optional<int64_t>> starts;  // interval_start
  std::map<std::string, std::vector<OptionalText>, std::less<>> texts;
  std::map<std::string, std::vector<std::optional<double>>, std::less<>> numbers;
  std::set<std::string, std::less<>>
      missing;  // Columns of the layout that the file lacks; their values are NULL.

  size_t rows() const { return starts.size(); }
  const std::vector<OptionalText>& Texts(std::string_view column) const;
  const std::vector<std::optional<double>>& Numbers(std::string_view column) const;
};

/// Keys of all objects below `root` that a reader of a lake does not pass over, sorted.
std::vector<std::string> VisibleKeys(const std::string& root);

/// Keys of all files below `root`, sorted.
std::vector<std::string> AllKeys(const std::string& root);

/// The columns of `layout` in one file. A failure is an error of the test.
Table ReadTable(const std::string& root, const std::string& key, const ReportLayout& layout);

inline constexpr std::array kReports = {GeneratedReport::kPods, GeneratedReport::kStorage,
                                        GeneratedReport::kNodeLabels,
                                        GeneratedReport::kNamespaceLabels};

/// Three days of a cluster of nine nodes.
GenerateOptions SmallOptions(const std::string& directory);
/// A failure is an error of the test.
GenerateResult MustGenerate(const GenerateOptions& options);

/// Where a report of SmallOptions' month lies, with a '/' at the end.
std::string ReportDirectory(GeneratedReport report, bool daily, const std::string& source);

/// A file's hourly and daily tables. Messy lakes lack some hourly ones.
struct FilePair {
  std::string hourly_key;
  std::optional<Table> hourly;
  Table daily;
};

std::vector<FilePair> ReadPairs(const std::string& root, GeneratedReport report,
                                const std::string& source);

/// Compares a daily table with the rules for making it from the hourly one, evaluated row by row.
/// `nulls_allowed`: a daily number may be NULL.
void ExpectDailyIsAggregate(const FilePair& pair, const ReportLayout& layout, bool nulls_allowed);

std::string ReadBytes(const std::string& root, const std::string& key);

}  // namespace matome::datagen
