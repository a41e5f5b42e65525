// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "case_runner/case_text.h"
#include "model/day.h"
#include "model/reference.h"
#include "model/semantics.h"

namespace matome::case_runner {

/// key=value words behind the name of a table or an object.
using Options = std::map<std::string, std::string, std::less<>>;

/// A column of an input table. An empty type is the one Koku writes: double, text or timestamp, by
/// the column's name.
struct Column {
  std::string name;
  std::string type;       // "int32", "timestamp[us,UTC]", …
  bool required = false;  // The file's column cannot be NULL.
};

/// One Parquet file.
struct InputTable {
  std::string table;  // "openshift_pod_usage_line_items_daily"
  Options options;
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  // A cell per column.
  int line = 0;
};

/// An object of these very bytes.
struct InputObject {
  std::string table;
  Options options;
  std::string bytes;
  int line = 0;
};

enum class ExpectationKind : uint8_t {
  kRows,        // These rows, as a multiset, and no others of the kinds named.
  kCsvRows,     // The same, each number as the CSV output writes it.
  kNoRows,      // No row on any day.
  kError,       // The day fails, or without a day every day; its message holds each of `contains`.
  kExit,        // The run's exit code.
  kQuarantine,  // How many rows and objects were put aside.
  kWarning,     // A warning of the run holds each of `contains`.
  kAudit,       // What the run counted of one way to count usage more than once.
};

struct Expectation {
  ExpectationKind kind = ExpectationKind::kRows;
  model::Semantics semantics = model::Semantics::kTrino;
  std::vector<std::string> row_kinds;  // "pod", "storage", "unallocated"; empty: all.
  std::vector<std::string> columns;    // Of the summary, or "kind".
  std::vector<std::vector<Cell>> rows;
  std::optional<model::Day> day;
  std::vector<std::string> contains;
  int64_t number = 0;
  std::string audit_cause;                // "node_label_sets"
  std::map<std::string, double> figures;  // Of kAudit: rows, groups, core_hours, gigabyte_months.
  int line = 0;
};

/// A case of tests/cases, as tests/cases/README.md describes the format.
struct CaseFile {
  std::string path;
  std::string name;
  std::string description;

  std::string source_uuid = "11111111-2222-3333-4444-555555555555";
  std::string schema = "org1234567";
  model::DayRange days;
  model::ReferenceData reference;
  bool quarantine = false;
  std::vector<InputTable> tables;
  std::vector<InputObject> objects;
  std::vector<Expectation> expectations;

  /// The schema as object keys have it.
  std::string account() const;
  /// The semantics that the expectations speak of: one run for each.
  std::vector<model::Semantics> semantics() const;
};

/// Parses the text of a case. An error says "path:line: what is wrong".
base::Result<CaseFile> ParseCase(std::string_view path, std::string_view text);

base::Result<CaseFile> ReadCase(const std::string& path);

}  // namespace matome::case_runner
