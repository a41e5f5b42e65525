// SPDX-License-Identifier: Apache-2.0
#include "case_runner/case_file.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "model/summary_row.h"
#include "model/table_schema.h"

namespace matome::case_runner {
namespace {

using base::ConfigInvalid;
using base::Result;
using base::Status;

/// Takes the first word off `text`.
std::string_view TakeWord(std::string_view& text) {
  text = TrimBlanks(text);
  const size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text = TrimBlanks(text.substr(end));
  return word;
}

bool TakeSuffix(std::string_view& text, std::string_view word) {
  if (!text.ends_with(word)) return false;
  text = TrimBlanks(text.substr(0, text.size() - word.size()));
  return true;
}

Result<int32_t> ParseInteger(std::string_view text) {
  int32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return ConfigInvalid(fmt::format("not a whole number: {}", text));
  }
  return value;
}

Result<model::Day> ParseDay(std::string_view text) {
  if (const auto day = model::Day::Parse(text)) return *day;
  return ConfigInvalid(fmt::format("not a date: {}", text));
}

Result<model::Semantics> ParseSemantics(std::string_view text) {
  if (text == "trino") return model::Semantics::kTrino;
  if (text == "koku-postgresql") return model::Semantics::kKokuPostgresql;
  return ConfigInvalid(fmt::format("semantics are trino or koku-postgresql, not {}", text));
}

Result<Options> ParseOptions(std::string_view text, const std::set<std::string_view>& known) {
  Options options;
  while (!text.empty()) {
    const std::string_view word = TakeWord(text);
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos) {
      return ConfigInvalid(fmt::format("an option is key=value, not {}", word));
    }
    const std::string_view key = word.substr(0, equals);
    if (!known.contains(key)) return ConfigInvalid(fmt::format("there is no option {}", key));
    options[std::string(key)] = word.substr(equals + 1);
  }
  return options;
}

/// Takes the value of option `key` out of `options`.
std::optional<std::string> TakeOption(Options& options, std::string_view key) {
  const auto found = options.find(key);
  if (found == options.end()) return std::nullopt;
  std::string value = std::move(found->second);
  options.erase(found);
  return value;
}

Result<std::string> TakeText(TextScanner& scanner, std::string_view stop) {
  MATOME_ASSIGN_OR_RETURN(Cell cell, scanner.TakeCell(stop));
  if (!cell) return ConfigInvalid("NULL is not possible here");
  return *std::move(cell);
}

Status ParseEnabledKeys(std::string_view value, CaseFile& out) {
  auto& keys = out.reference.enabled_tag_keys.emplace();
  if (value == "(none)") return Status::Ok();
  MATOME_ASSIGN_OR_RETURN(std::vector<Cell> cells, SplitCells(value, ","));
  for (Cell& cell : cells) {
    if (!cell) return ConfigInvalid("a key is not NULL");
    keys.push_back(*std::move(cell));
  }
  return Status::Ok();
}

/// openshift-% -> 1, 'a, b' -> 2
Status ParsePatterns(std::string_view value, CaseFile& out) {
  auto& categories = out.reference.cost_categories;
  categories.clear();
  if (value == "(none)") return Status::Ok();
  TextScanner scanner(value);
  do {
    MATOME_ASSIGN_OR_RETURN(std::string pattern, TakeText(scanner, "->"));
    if (!scanner.Take("->")) return ConfigInvalid("a pattern is written: pattern -> category");
    MATOME_ASSIGN_OR_RETURN(std::string category, TakeText(scanner, ","));
    MATOME_ASSIGN_OR_RETURN(int32_t id, ParseInteger(category));
    categories.push_back({std::move(pattern), id});
  } while (scanner.Take(","));
  return Status::Ok();
}

/// n1/i-1=worker, n2/''=master
Status ParseNodes(std::string_view value, CaseFile& out) {
  auto& nodes = out.reference.nodes;
  nodes.reset();
  if (value == "derive") return Status::Ok();
  nodes.emplace();
  if (value == "(none)") return Status::Ok();
  TextScanner scanner(value);
  do {
    model::NodeRole role;
    MATOME_ASSIGN_OR_RETURN(role.node, scanner.TakeCell("/"));
    if (!scanner.Take("/")) return ConfigInvalid("a node is written: node/resource_id=role");
    MATOME_ASSIGN_OR_RETURN(role.resource_id, scanner.TakeCell("="));
    if (!scanner.Take("=")) return ConfigInvalid("a node is written: node/resource_id=role");
    MATOME_ASSIGN_OR_RETURN(role.node_role, scanner.TakeCell(","));
    nodes->push_back(std::move(role));
  } while (scanner.Take(","));
  return Status::Ok();
}

bool IsSummaryColumn(std::string_view name) {
  return name == "kind" || std::ranges::any_of(model::SummaryColumns(), [name](const auto& column) {
           return column.name == name;
         });
}

/// Whether the name stands for a Parquet data set: openshift_<report type>_line_items[_daily].
bool IsInputTable(std::string_view name) {
  return name.starts_with("openshift_") &&
         (name.ends_with("_line_items") || name.ends_with("_line_items_daily"));
}

/// Rows of cells under a line of column names; transposed, a line per column.
struct CellTable {
  std::vector<Cell> header;
  std::vector<std::vector<Cell>> rows;
};

class Parser {
 public:
  Parser(std::string_view path, std::string_view text) {
    case_.path = path;
    case_.reference.enabled_tag_keys.emplace();
    while (!text.empty()) {
      const size_t end = std::min(text.find('\n'), text.size());
      lines_.push_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  Result<CaseFile> Parse() {
    Status status = ParseLines();
    if (status.ok()) {
      next_ = 0;
      status = Complete();
    }
    if (!status.ok()) return std::move(status).WithContext(Place());
    return std::move(case_);
  }

 private:
  std::string Place() const {
    return next_ == 0 ? case_.path : fmt::format("{}:{}", case_.path, next_);
  }

  /// The next line, without blanks around it; `next_` is its number afterwards.
  std::string_view NextLine() { return TrimBlanks(lines_[next_++]); }

  Status ParseLines() {
    while (next_ < lines_.size()) {
      std::string_view line = NextLine();
      if (line.starts_with('#')) {
        ParseComment(line);
      } else if (!line.empty()) {
        MATOME_RETURN_IF_ERROR(ParseStatement(line));
      }
    }
    return Status::Ok();
  }

  void ParseComment(std::string_view line) {
    constexpr std::string_view kName = "# name: ";
    constexpr std::string_view kDescription = "# description: ";
    if (line.starts_with(kName)) case_.name = line.substr(kName.size());
    if (line.starts_with(kDescription)) case_.description = line.substr(kDescription.size());
  }

  Status ParseStatement(std::string_view line) {
    const std::string_view whole = line;
    const std::string_view word = TakeWord(line);
    if (word == "table") return ParseTable(line);
    if (word == "object") return ParseObject(line);
    if (word == "expect") return ParseExpectation(line);
    if (word.ends_with(':')) return ParseSetting(word.substr(0, word.size() - 1), line);
    return ConfigInvalid(
        fmt::format("a line is key: value, table, object or expect, not: {}", whole));
  }

  Status ParseSetting(std::string_view key, std::string_view value) {
    if (!settings_.insert(std::string(key)).second) {
      return ConfigInvalid(fmt::format("{} is set twice", key));
    }
    if (value.empty()) return ConfigInvalid(fmt::format("{} has no value", key));
    const auto take_text = [value](std::string& out) {
      TextScanner scanner(value);
      MATOME_ASSIGN_OR_RETURN(out, TakeText(scanner, "\n"));
      return Status::Ok();
    };
    if (key == "source") return take_text(case_.source_uuid);
    if (key == "schema") return take_text(case_.schema);
    if (key == "enabled_keys") return ParseEnabledKeys(value, case_);
    if (key == "patterns") return ParsePatterns(value, case_);
    if (key == "nodes") return ParseNodes(value, case_);
    if (key == "cluster_id") return take_text(case_.reference.cluster_id.emplace());
    if (key == "cluster_alias") return take_text(case_.reference.cluster_alias.emplace());
    if (key == "report_period_id") {
      MATOME_ASSIGN_OR_RETURN(case_.reference.report_period_id, ParseInteger(value));
      return Status::Ok();
    }
    if (key == "semantics") {
      MATOME_ASSIGN_OR_RETURN(semantics_, ParseSemantics(value));
      return Status::Ok();
    }
    if (key == "storage_exists")
      return ParseChoice(value, "true", "false", case_.reference.storage_exists);
    if (key == "on_bad_input") return ParseChoice(value, "quarantine", "fail", case_.quarantine);
    if (key == "day" || key == "start" || key == "end") {
      MATOME_ASSIGN_OR_RETURN(model::Day day, ParseDay(value));
      if (key != "end") first_ = day;
      if (key != "start") last_ = day;
      return Status::Ok();
    }
    if (key == "month") {
      const auto month = model::Month::Parse(value);
      if (!month) return ConfigInvalid(fmt::format("not a month: {}", value));
      first_ = month->first_day();
      last_ = month->last_day();
      return Status::Ok();
    }
    return ConfigInvalid(fmt::format("there is no setting {}", key));
  }

  static Status ParseChoice(std::string_view value, std::string_view yes, std::string_view no,
                            bool& out) {
    if (value != yes && value != no) {
      return ConfigInvalid(fmt::format("{} is neither {} nor {}", value, yes, no));
    }
    out = value == yes;
    return Status::Ok();
  }

  /// The lines up to a blank one, as cells.
  Result<CellTable> ParseCells(bool transposed) {
    std::vector<std::vector<Cell>> grid;
    while (next_ < lines_.size()) {
      const std::string_view line = NextLine();
      if (line.empty()) break;
      if (line.starts_with('#')) continue;
      MATOME_ASSIGN_OR_RETURN(std::vector<Cell> cells, SplitCells(line));
      if (!grid.empty() && cells.size() != grid.front().size()) {
        return ConfigInvalid(
            fmt::format("{} cells where the first line has {}", cells.size(), grid.front().size()));
      }
      grid.push_back(std::move(cells));
    }
    if (grid.empty()) return ConfigInvalid("a table has no columns");
    CellTable table;
    if (transposed) {
      table.rows.resize(grid.front().size() - 1);
      for (auto& line : grid) {
        table.header.push_back(std::move(line.front()));
        for (size_t row = 1; row < line.size(); ++row) {
          table.rows[row - 1].push_back(std::move(line[row]));
        }
      }
    } else {
      table.header = std::move(grid.front());
      table.rows.assign(std::make_move_iterator(grid.begin() + 1),
                        std::make_move_iterator(grid.end()));
    }
    if (std::ranges::any_of(table.header, [](const Cell& name) { return !name; })) {
      return ConfigInvalid("a column is named NULL");
    }
    return table;
  }

  Status ParseTable(std::string_view line) {
    InputTable table;
    table.line = static_cast<int>(next_);
    const bool transposed = TakeSuffix(line, " transposed");
    table.table = TakeWord(line);
    if (!IsInputTable(table.table)) {
      return ConfigInvalid(fmt::format("there is no input table {}", table.table));
    }
    MATOME_ASSIGN_OR_RETURN(
        table.options,
        ParseOptions(line, {"file", "month", "source", "account", "codec", "page", "encoding",
                            "stats", "rowgroup", "truncate", "arrow_schema"}));
    MATOME_ASSIGN_OR_RETURN(CellTable cells, ParseCells(transposed));
    for (const Cell& cell : cells.header) {
      Column column;
      const size_t colon = std::min(cell->find(':'), cell->size());
      column.name = cell->substr(0, colon);
      column.required = cell->ends_with('!');
      if (colon < cell->size()) {
        column.type = cell->substr(colon + 1, cell->size() - colon - 1 - (column.required ? 1 : 0));
      }
      table.columns.push_back(std::move(column));
    }
    table.rows = std::move(cells.rows);
    case_.tables.push_back(std::move(table));
    return Status::Ok();
  }

  /// object <table> file=<name> <<END, and the lines before one that is END.
  Status ParseObject(std::string_view line) {
    InputObject object;
    object.line = static_cast<int>(next_);
    const size_t mark = line.rfind("<<");
    if (mark == std::string_view::npos) return ConfigInvalid("an object ends in <<END");
    const std::string_view end = line.substr(mark + 2);
    line = TrimBlanks(line.substr(0, mark));
    object.table = TakeWord(line);
    if (!IsInputTable(object.table)) {
      return ConfigInvalid(fmt::format("there is no input table {}", object.table));
    }
    MATOME_ASSIGN_OR_RETURN(object.options,
                            ParseOptions(line, {"file", "month", "source", "account"}));
    if (!object.options.contains("file")) return ConfigInvalid("an object needs file=");
    for (bool first = true; next_ < lines_.size(); first = false) {
      const std::string_view body = lines_[next_++];
      if (body == end) {
        case_.objects.push_back(std::move(object));
        return Status::Ok();
      }
      if (!first) object.bytes += '\n';
      object.bytes += body;
    }
    return ConfigInvalid(fmt::format("there is no line {} after the object", end));
  }

  Status ParseExpectation(std::string_view line) {
    Expectation expected;
    expected.line = static_cast<int>(next_);
    const bool transposed = TakeSuffix(line, " transposed");
    MATOME_RETURN_IF_ERROR(TakeContains(line, expected.contains));
    std::string_view word = TakeWord(line);
    const auto expect_number = [&]() -> Status {
      MATOME_ASSIGN_OR_RETURN(expected.number, ParseInteger(TakeWord(line)));
      return Status::Ok();
    };
    if (word == "csv") {
      expected.kind = ExpectationKind::kCsvRows;
      word = TakeWord(line);
    }
    const bool has_rows = word == model::kSummaryTable;
    if (!has_rows) {
      if (word == "no" && TakeWord(line) == "rows") {
        expected.kind = ExpectationKind::kNoRows;
      } else if (word == "error") {
        expected.kind = ExpectationKind::kError;
      } else if (word == "exit") {
        expected.kind = ExpectationKind::kExit;
        MATOME_RETURN_IF_ERROR(expect_number());
      } else if (word == "quarantine") {
        expected.kind = ExpectationKind::kQuarantine;
        MATOME_RETURN_IF_ERROR(expect_number());
      } else if (word == "warning") {
        expected.kind = ExpectationKind::kWarning;
      } else if (word == "audit") {
        return ParseAudit(line, std::move(expected));
      } else {
        return ConfigInvalid(fmt::format("cannot expect {}", word));
      }
    }
    MATOME_ASSIGN_OR_RETURN(Options options, ParseOptions(line, {"semantics", "kind", "day"}));
    expected.semantics = semantics_;
    if (const auto semantics = TakeOption(options, "semantics")) {
      MATOME_ASSIGN_OR_RETURN(expected.semantics, ParseSemantics(*semantics));
    }
    if (const auto day = TakeOption(options, "day")) {
      MATOME_ASSIGN_OR_RETURN(expected.day, ParseDay(*day));
    }
    if (const auto kinds = TakeOption(options, "kind")) {
      MATOME_RETURN_IF_ERROR(ParseRowKinds(*kinds, expected.row_kinds));
    }
    if (has_rows) MATOME_RETURN_IF_ERROR(ParseExpectedRows(transposed, expected));
    case_.expectations.push_back(std::move(expected));
    return Status::Ok();
  }

  /// expect audit CAUSE rows=1 groups=2 core_hours=0.5 gigabyte_months=0
  Status ParseAudit(std::string_view line, Expectation expected) {
    expected.kind = ExpectationKind::kAudit;
    expected.semantics = semantics_;
    expected.audit_cause = TakeWord(line);
    MATOME_ASSIGN_OR_RETURN(
        const Options options,
        ParseOptions(line, {"rows", "groups", "core_hours", "gigabyte_months"}));
    for (const auto& [key, value] : options) {
      MATOME_ASSIGN_OR_RETURN(expected.figures[key], EvaluateNumber(value));
    }
    case_.expectations.push_back(std::move(expected));
    return Status::Ok();
  }

  /// Takes every trailing: contains "…"
  static Status TakeContains(std::string_view& line, std::vector<std::string>& out) {
    constexpr std::string_view kContains = " contains \"";
    const size_t first = line.find(kContains);
    if (first == std::string_view::npos) return Status::Ok();
    std::string_view rest = line.substr(first);
    line = TrimBlanks(line.substr(0, first));
    while (!rest.empty()) {
      if (!rest.starts_with(kContains)) {
        return ConfigInvalid(fmt::format("cannot read:{}", rest));
      }
      rest.remove_prefix(kContains.size());
      const size_t end = rest.find('"');
      if (end == std::string_view::npos) return ConfigInvalid("contains \"… has no end");
      out.emplace_back(rest.substr(0, end));
      rest.remove_prefix(end + 1);
    }
    return Status::Ok();
  }

  static Status ParseRowKinds(std::string_view value, std::vector<std::string>& out) {
    MATOME_ASSIGN_OR_RETURN(std::vector<Cell> cells, SplitCells(value, ","));
    for (const Cell& cell : cells) {
      const bool known = cell && std::ranges::any_of(model::kRowKinds, [&](model::RowKind kind) {
                           return model::RowKindName(kind) == *cell;
                         });
      if (!known) return ConfigInvalid(fmt::format("there is no kind of rows {}", value));
      out.push_back(*cell);
    }
    return Status::Ok();
  }

  Status ParseExpectedRows(bool transposed, Expectation& expected) {
    MATOME_ASSIGN_OR_RETURN(CellTable cells, ParseCells(transposed));
    for (const Cell& cell : cells.header) {
      if (!IsSummaryColumn(*cell)) {
        return ConfigInvalid(fmt::format("the summary has no column {}", *cell));
      }
      expected.columns.push_back(*cell);
    }
    expected.rows = std::move(cells.rows);
    return Status::Ok();
  }

  /// Checks the case as a whole, and finds its days.
  Status Complete() {
    if (case_.name.empty()) return ConfigInvalid("there is no line: # name: …");
    if (!case_.path.ends_with(case_.name)) {
      return ConfigInvalid(fmt::format("the file is not where its name says: {}", case_.name));
    }
    if (case_.description.empty()) return ConfigInvalid("there is no line: # description: …");
    if (case_.expectations.empty()) return ConfigInvalid("nothing is expected");
    if (first_ && last_) {
      if (*last_ < *first_) return ConfigInvalid("the end is before the start");
      case_.days = {*first_, *last_};
      return Status::Ok();
    }
    if (first_ || last_) return ConfigInvalid("start and end belong together");
    return FindMonth();
  }

  /// Without a range, the month that all rows are of.
  Status FindMonth() {
    std::optional<model::Month> month;
    for (const InputTable& table : case_.tables) {
      for (size_t column = 0; column < table.columns.size(); ++column) {
        if (table.columns[column].name != "interval_start" &&
            table.columns[column].name != "INTERVAL_START") {
          continue;
        }
        for (const auto& row : table.rows) {
          if (!row[column]) continue;
          MATOME_ASSIGN_OR_RETURN(model::Day day, ParseDay(row[column]->substr(0, 10)));
          if (month && *month != model::Month::Of(day)) {
            return ConfigInvalid("rows of several months need start and end, or month");
          }
          month = model::Month::Of(day);
        }
      }
    }
    if (!month) return ConfigInvalid("without rows there must be a day, month or range");
    case_.days = {month->first_day(), month->last_day()};
    return Status::Ok();
  }

  CaseFile case_;
  std::vector<std::string_view> lines_;
  size_t next_ = 0;
  std::set<std::string> settings_;
  model::Semantics semantics_ = model::Semantics::kTrino;
  std::optional<model::Day> first_;
  std::optional<model::Day> last_;
};

}  // namespace

std::string CaseFile::account() const {
  return schema.starts_with("acct") ? schema.substr(4) : schema;
}

std::vector<model::Semantics> CaseFile::semantics() const {
  std::vector<model::Semantics> found;
  for (const Expectation& expected : expectations) {
    if (std::ranges::find(found, expected.semantics) == found.end()) {
      found.push_back(expected.semantics);
    }
  }
  return found;
}

Result<CaseFile> ParseCase(std::string_view path, std::string_view text) {
  return Parser(path, text).Parse();
}

Result<CaseFile> ReadCase(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return ConfigInvalid(fmt::format("{}: cannot be read", path));
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return ParseCase(path, text);
}

}  // namespace matome::case_runner
