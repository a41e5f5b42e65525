// SPDX-License-Identifier: Apache-2.0
#include "case_runner/case_file.h"

#include <cmath>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matome::case_runner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::string_view kHead =
    "# name: a/b.case\n"
    "# description: what it shows\n";

CaseFile MustParse(const std::string& body) {
  auto parsed = ParseCase("cases/a/b.case", std::string(kHead) + body);
  EXPECT_TRUE(parsed.ok()) << parsed.status().message();
  return parsed.ok() ? std::move(parsed).value() : CaseFile();
}

std::string ErrorOf(const std::string& body) {
  auto parsed = ParseCase("cases/a/b.case", std::string(kHead) + body);
  return parsed.ok() ? "no error" : parsed.status().message();
}

Cell CellOf(std::string_view text) {
  auto cells = SplitCells(text);
  EXPECT_TRUE(cells.ok()) << cells.status().message();
  return cells.ok() && cells->size() == 1 ? cells->front() : "more than one cell";
}

double NumberOf(std::string_view text) {
  auto number = EvaluateNumber(text);
  EXPECT_TRUE(number.ok()) << text;
  return number.ok() ? *number : -1;
}

TEST(SplitCells, TellsNullFromText) {
  auto cells = SplitCells("NULL | 'NULL' | '' | a b | 'a|b'|{\"k\": \"v\"}");
  ASSERT_TRUE(cells.ok());
  EXPECT_THAT(*cells, ElementsAre(Cell(), Cell("NULL"), Cell(""), Cell("a b"), Cell("a|b"),
                                  Cell("{\"k\": \"v\"}")));
}

TEST(SplitCells, RefusesBlankCells) {
  for (const char* line : {"", " ", "a |", "| a", "a || b"}) {
    EXPECT_FALSE(SplitCells(line).ok()) << line;
  }
}

TEST(SplitCells, ReadsEscapesInQuotesOnly) {
  EXPECT_EQ(CellOf(R"('\n\t\r\\\'\"\|')"), "\n\t\r\\'\"|");
  EXPECT_EQ(CellOf(R"('a\0b')"), std::string("a\0b", 3));
  EXPECT_EQ(CellOf(R"('\u{e9}\u{4E2D}\u{1F600}')"), "é中😀");
  EXPECT_EQ(CellOf(R"(a\n)"), "a\\n");
  EXPECT_EQ(CellOf("it's"), "it's");
  EXPECT_EQ(CellOf("'  a  '"), "  a  ");
}

TEST(SplitCells, RepeatsAndJoinsQuotedTexts) {
  EXPECT_EQ(CellOf("'ab'*3"), "ababab");
  EXPECT_EQ(CellOf("'x' * 2 + ' '*3+'y'"), "xx   y");
  EXPECT_EQ(CellOf("'x'*0"), "");
}

TEST(SplitCells, RefusesBrokenQuotes) {
  for (const char* line :
       {"'a", "'a' b", R"('\q')", "'a'*", "'a' +", R"('\u{110000}')", R"('\u{}')"}) {
    EXPECT_FALSE(SplitCells(line).ok()) << line;
  }
}

TEST(EvaluateNumber, CalculatesInWrittenOrder) {
  EXPECT_EQ(NumberOf("86400*29*2^30*0.5"), 86400.0 * 29 * 0x1p30 * 0.5);
  EXPECT_EQ(NumberOf("28900/3600"), 28900.0 / 3600.0);
  EXPECT_EQ(NumberOf("0.1+0.2"), 0.1 + 0.2);
  EXPECT_EQ(NumberOf("1 - 2 - 3"), -4);
  EXPECT_EQ(NumberOf("-(1 + 2) * 2"), -6);
  EXPECT_EQ(NumberOf("-4.9e-16"), -4.9e-16);
  EXPECT_EQ(NumberOf("-2^2"), -4);
  EXPECT_EQ(NumberOf("-inf"), -INFINITY);
  EXPECT_TRUE(std::isnan(NumberOf("nan")));
  EXPECT_TRUE(std::signbit(NumberOf("-0.0")));
}

TEST(EvaluateNumber, RefusesWhatIsNoNumber) {
  for (const char* text : {"", "x", "1 2", "1 +", "(1", "1)", "2^", "0x10", "1,5"}) {
    EXPECT_FALSE(EvaluateNumber(text).ok()) << text;
  }
}

TEST(ParseCase, ReadsSettings) {
  const CaseFile parsed = MustParse(
      "source: 0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d\n"
      "schema: acct10001\n"
      "enabled_keys: app, 'a, b'\n"
      "start: 2024-02-28\n"
      "end: 2024-03-01\n"
      "storage_exists: false\n"
      "patterns: openshift-% -> 1, 'a -> b' -> 2\n"
      "nodes: n1/i-1=worker, n2/''=NULL\n"
      "cluster_id: 'c'*3\n"
      "cluster_alias: My Cluster\n"
      "report_period_id: 7\n"
      "on_bad_input: quarantine\n"
      "expect no rows\n");
  EXPECT_EQ(parsed.name, "a/b.case");
  EXPECT_EQ(parsed.description, "what it shows");
  EXPECT_EQ(parsed.source_uuid, "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d");
  EXPECT_EQ(parsed.account(), "10001");
  EXPECT_THAT(*parsed.reference.enabled_tag_keys, ElementsAre("app", "a, b"));
  EXPECT_EQ(parsed.days.first.ToString(), "2024-02-28");
  EXPECT_EQ(parsed.days.last.ToString(), "2024-03-01");
  EXPECT_FALSE(parsed.reference.storage_exists);
  ASSERT_THAT(parsed.reference.cost_categories, SizeIs(2));
  EXPECT_EQ(parsed.reference.cost_categories[1].pattern, "a -> b");
  EXPECT_EQ(parsed.reference.cost_categories[1].cost_category_id, 2);
  ASSERT_TRUE(parsed.reference.nodes);
  ASSERT_THAT(*parsed.reference.nodes, SizeIs(2));
  EXPECT_EQ((*parsed.reference.nodes)[0].node_role, "worker");
  EXPECT_EQ((*parsed.reference.nodes)[1].resource_id, "");
  EXPECT_EQ((*parsed.reference.nodes)[1].node_role, std::nullopt);
  EXPECT_EQ(parsed.reference.cluster_id, "ccc");
  EXPECT_EQ(parsed.reference.cluster_alias, "My Cluster");
  EXPECT_EQ(parsed.reference.report_period_id, 7);
  EXPECT_TRUE(parsed.quarantine);
}

TEST(ParseCase, KnowsDefaults) {
  const CaseFile parsed = MustParse("month: 2025-11\nexpect no rows\n");
  EXPECT_EQ(parsed.account(), "org1234567");
  ASSERT_TRUE(parsed.reference.enabled_tag_keys);
  EXPECT_THAT(*parsed.reference.enabled_tag_keys, IsEmpty());
  EXPECT_EQ(parsed.reference.nodes, std::nullopt);
  EXPECT_THAT(parsed.reference.cost_categories, SizeIs(4));
  EXPECT_EQ(parsed.days.last.ToString(), "2025-11-30");
}

TEST(ParseCase, ReadsTablesWithTypesAndOptions) {
  const CaseFile parsed = MustParse(
      "table openshift_pod_usage_line_items file=x/y.parquet codec=zstd\n"
      "interval_start:timestamp[us,UTC] | node | node_capacity_cpu_core_seconds:int64!\n"
      "2025-11-03 01:00:00 | NULL | 3600\n"
      "# a remark\n"
      "2025-11-03 02:00:00 | n1 | 7200\n"
      "\n"
      "expect no rows\n");
  ASSERT_THAT(parsed.tables, SizeIs(1));
  const InputTable& table = parsed.tables[0];
  EXPECT_EQ(table.table, "openshift_pod_usage_line_items");
  EXPECT_EQ(table.line, 3);
  EXPECT_EQ(table.options.find("codec")->second, "zstd");
  ASSERT_THAT(table.columns, SizeIs(3));
  EXPECT_EQ(table.columns[0].type, "timestamp[us,UTC]");
  EXPECT_FALSE(table.columns[0].required);
  EXPECT_EQ(table.columns[1].type, "");
  EXPECT_EQ(table.columns[2].type, "int64");
  EXPECT_TRUE(table.columns[2].required);
  ASSERT_THAT(table.rows, SizeIs(2));
  EXPECT_EQ(table.rows[0][1], Cell());
  EXPECT_EQ(parsed.days.first.ToString(), "2025-11-01");
}

TEST(ParseCase, TurnsTransposedTables) {
  const CaseFile parsed = MustParse(
      "table openshift_pod_usage_line_items transposed\n"
      "interval_start | 2025-11-03 | 2025-11-04\n"
      "node | n1 | n2\n"
      "\n"
      "expect reporting_ocpusagelineitem_daily_summary kind=pod,unallocated transposed\n"
      "kind | pod\n"
      "node | n1\n");
  ASSERT_THAT(parsed.tables, SizeIs(1));
  EXPECT_THAT(parsed.tables[0].columns, SizeIs(2));
  ASSERT_THAT(parsed.tables[0].rows, SizeIs(2));
  EXPECT_THAT(parsed.tables[0].rows[1], ElementsAre(Cell("2025-11-04"), Cell("n2")));
  EXPECT_THAT(parsed.expectations[0].row_kinds, ElementsAre("pod", "unallocated"));
  EXPECT_THAT(parsed.expectations[0].columns, ElementsAre("kind", "node"));
  EXPECT_THAT(parsed.expectations[0].rows, SizeIs(1));
}

TEST(ParseCase, KeepsTheBytesOfObjects) {
  const CaseFile parsed = MustParse(
      "month: 2025-11\n"
      "object openshift_vm_usage_line_items_daily file=_a <<EOF\n"
      "  two\n"
      "\n"
      "lines # here\n"
      "EOF\n"
      "object openshift_pod_usage_line_items file=b <<EOF\n"
      "EOF\n"
      "expect no rows\n");
  ASSERT_THAT(parsed.objects, SizeIs(2));
  EXPECT_EQ(parsed.objects[0].bytes, "  two\n\nlines # here");
  EXPECT_EQ(parsed.objects[1].bytes, "");
}

TEST(ParseCase, ReadsEveryExpectation) {
  const CaseFile parsed = MustParse(
      "month: 2025-11\n"
      "expect csv reporting_ocpusagelineitem_daily_summary\n"
      "node\n"
      "n1\n"
      "\n"
      "expect error day=2025-11-03 semantics=koku-postgresql contains \"a b\" contains \"c\"\n"
      "expect exit 14 semantics=koku-postgresql\n"
      "expect quarantine 2\n"
      "expect warning contains \"w\"\n"
      "expect audit node_label_sets rows=1 core_hours=1/2\n");
  ASSERT_THAT(parsed.expectations, SizeIs(6));
  EXPECT_EQ(parsed.expectations[0].kind, ExpectationKind::kCsvRows);
  const Expectation& error = parsed.expectations[1];
  EXPECT_EQ(error.kind, ExpectationKind::kError);
  EXPECT_EQ(error.day->ToString(), "2025-11-03");
  EXPECT_THAT(error.contains, ElementsAre("a b", "c"));
  EXPECT_EQ(parsed.expectations[2].number, 14);
  EXPECT_EQ(parsed.expectations[3].number, 2);
  EXPECT_EQ(parsed.expectations[5].audit_cause, "node_label_sets");
  EXPECT_EQ(parsed.expectations[5].figures.at("core_hours"), 0.5);
  EXPECT_THAT(parsed.semantics(),
              ElementsAre(model::Semantics::kTrino, model::Semantics::kKokuPostgresql));
}

TEST(ParseCase, SaysWhereItStopped) {
  EXPECT_EQ(ErrorOf("month: 2025-11\n"), "cases/a/b.case: nothing is expected");
  EXPECT_EQ(ErrorOf("wat\n"),
            "cases/a/b.case:3: a line is key: value, table, object or expect, not: wat");
  EXPECT_EQ(ErrorOf("colour: red\n"), "cases/a/b.case:3: there is no setting colour");
  EXPECT_EQ(ErrorOf("month: 2025-13\n"), "cases/a/b.case:3: not a month: 2025-13");
  EXPECT_EQ(ErrorOf("month: 2025-11\nmonth: 2025-11\n"), "cases/a/b.case:4: month is set twice");
  EXPECT_THAT(ErrorOf("table openshift_pod_usage_line_items\nnode | pod\nn1\n"),
              HasSubstr("b.case:5: 1 cells where the first line has 2"));
  EXPECT_THAT(ErrorOf("table openshift_pod_usage_line_items colour=red\n"),
              HasSubstr("b.case:3: there is no option colour"));
  EXPECT_THAT(ErrorOf("table pods\n"), HasSubstr("there is no input table pods"));
  EXPECT_THAT(ErrorOf("expect reporting_ocpusagelineitem_daily_summary\nnode | colour\n"),
              HasSubstr("the summary has no column colour"));
  EXPECT_THAT(ErrorOf("expect wonders\n"), HasSubstr("cannot expect wonders"));
  EXPECT_THAT(ErrorOf("expect reporting_ocpusagelineitem_daily_summary kind=cat\nnode\n"),
              HasSubstr("there is no kind of rows cat"));
  EXPECT_THAT(ErrorOf("object openshift_pod_usage_line_items file=a <<EOF\nx\n"),
              HasSubstr("there is no line EOF"));
  EXPECT_THAT(ErrorOf("start: 2025-11-03\nexpect no rows\n"),
              HasSubstr("start and end belong together"));
  EXPECT_THAT(ErrorOf("expect no rows\n"), HasSubstr("there must be a day, month or range"));
}

TEST(ParseCase, NeedsItsName) {
  const auto parsed =
      ParseCase("cases/a/c.case", std::string(kHead) + "month: 2025-11\nexpect no rows\n");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.status().message(),
            "cases/a/c.case: the file is not where its name says: a/b.case");
}

}  // namespace
}  // namespace matome::case_runner
