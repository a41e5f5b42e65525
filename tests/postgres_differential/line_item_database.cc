// SPDX-License-Identifier: Apache-2.0
#include "postgres_differential/line_item_database.h"

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "model/day.h"
#include "model/summary_row.h"
#include "testing/naive_labels.h"

namespace matome::differential {
namespace {

using testing::ExpectedRow;
using testing::MustExec;
using Text = std::optional<std::string>;

constexpr const char* kMemory = "/dev/shm";
constexpr const char* kSummary = "line_items.summary";
constexpr const char* kTable = "org1234567.reporting_ocpusagelineitem_daily_summary";
constexpr const char* kCluster = "99999999-0000-4000-8000-000000000001";

/// A row in COPY's text format.
class CopyLine {
 public:
  explicit CopyLine(std::string& out) : out_(out) {}
  ~CopyLine() { out_ += '\n'; }
  CopyLine(const CopyLine&) = delete;
  CopyLine& operator=(const CopyLine&) = delete;

  template <typename... Values>
  void Add(const Values&... values) {
    (AddField(values), ...);
  }

 private:
  void Separate() {
    if (!first_) out_ += '\t';
    first_ = false;
  }

  void AddField(const Text& text) {
    Separate();
    if (!text) {
      out_ += "\\N";
      return;
    }
    for (const char character : *text) {
      switch (character) {
        case '\\':
          out_ += "\\\\";
          break;
        case '\n':
          out_ += "\\n";
          break;
        case '\r':
          out_ += "\\r";
          break;
        case '\t':
          out_ += "\\t";
          break;
        default:
          out_ += character;
      }
    }
  }

  void AddField(const std::optional<double>& number) {
    AddField(number ? Text(fmt::format("{}", *number)) : Text());
  }

  void AddField(const std::optional<int64_t>& instant_ms) {
    if (!instant_ms) return AddField(Text());
    const auto day = model::Day::OfMillis(*instant_ms);
    const int64_t milliseconds = *instant_ms - day.start_millis();
    const int64_t seconds = milliseconds / 1000;
    AddField(Text(fmt::format("{} {:02}:{:02}:{:02}.{:03}", day.ToString(), seconds / 3600,
                              seconds / 60 % 60, seconds % 60, milliseconds % 1000)));
  }

  std::string& out_;
  bool first_ = true;
};

std::string PodHours(const std::vector<testing::PodRow>& rows) {
  std::string text;
  for (const auto& row : rows) {
    CopyLine(text).Add(row.interval_start_ms, row.node, row.node_capacity_cpu_core_seconds,
                       row.node_capacity_memory_byte_seconds);
  }
  return text;
}

std::string Pods(const std::vector<testing::PodRow>& rows) {
  std::string text;
  for (const auto& row : rows) {
    CopyLine(text).Add(
        row.interval_start_ms, row.namespace_, row.node, row.pod, row.pod_labels, row.resource_id,
        row.pod_usage_cpu_core_seconds, row.pod_request_cpu_core_seconds,
        row.pod_effective_usage_cpu_core_seconds, row.pod_limit_cpu_core_seconds,
        row.pod_usage_memory_byte_seconds, row.pod_request_memory_byte_seconds,
        row.pod_effective_usage_memory_byte_seconds, row.pod_limit_memory_byte_seconds,
        row.node_capacity_cpu_cores, row.node_capacity_memory_bytes);
  }
  return text;
}

std::string Volumes(const std::vector<testing::StorageRow>& rows) {
  std::string text;
  for (const auto& row : rows) {
    CopyLine(text).Add(
        row.interval_start_ms, row.namespace_, row.pod, row.persistentvolumeclaim,
        row.persistentvolume, row.storageclass, row.csi_volume_handle, row.persistentvolume_labels,
        row.persistentvolumeclaim_labels, row.persistentvolumeclaim_capacity_bytes,
        row.persistentvolumeclaim_capacity_byte_seconds, row.volume_request_storage_byte_seconds,
        row.persistentvolumeclaim_usage_byte_seconds);
  }
  return text;
}

std::string LabelRows(const std::vector<testing::LabelRow>& rows) {
  std::string text;
  for (const auto& row : rows) CopyLine(text).Add(row.interval_start_ms, row.key, row.labels);
  return text;
}

std::string ReadFile(const char* path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// jsonb as canonical text.
Text LabelText(const Text& jsonb) {
  if (!jsonb) return std::nullopt;
  const auto labels = testing::NaiveParseLabels(jsonb, testing::Semantics::kKokuPostgresql);
  if (!labels.map) return "not labels: " + *jsonb;
  return testing::NaiveCanonicalText(*labels.map);
}

std::string KindOf(const ExpectedRow& row) {
  if (!row.has_infrastructure_usage_cost) return "unallocated";
  return row.data_source == "Storage" ? "storage" : "pod";
}

}  // namespace

LineItemDatabase::LineItemDatabase(bool collated)
    : server_({.parent_directory = std::filesystem::is_directory(kMemory) ? kMemory : ""}),
      database_(collated ? server_.CreateCollatedDatabase() : server_.CreateDatabase()),
      connection_(server_.Connect(database_)) {
  MustExec(connection_, ReadFile(LINE_ITEM_SUMMARY_SQL));
}

void LineItemDatabase::Load(const testing::Dataset& dataset,
                            const testing::SummaryParameters& parameters) {
  const auto literal = [&](const Text& text) {
    return text ? connection_.Literal(*text) : std::string("NULL");
  };
  std::string sql =
      "DROP SCHEMA IF EXISTS matome CASCADE;"
      "TRUNCATE pod_hours, pods, volumes, node_labels, namespace_labels, staging, summary,"
      " reporting_ocpusagelineitem_daily_summary, reporting_enabledtagkeys,"
      " reporting_ocp_cost_category_namespace, reporting_ocp_cost_category, reporting_ocp_nodes,"
      " reporting_ocp_pvcs, reporting_ocp_projects, reporting_ocp_clusters,"
      " reporting_ocpusagereportperiod, reporting_tenant_api_provider;";
  const std::string source = literal(parameters.source_uuid);
  const auto month =
      model::Month::Of({.days_since_epoch = static_cast<int32_t>(parameters.start_day)});
  sql += fmt::format(
      "INSERT INTO reporting_tenant_api_provider VALUES ({0}, 'source', 'OCP');"
      "INSERT INTO reporting_ocp_clusters VALUES ('{1}', {2}, {3}, {0});"
      "INSERT INTO reporting_ocpusagereportperiod (id, cluster_id, cluster_alias,"
      " report_period_start, report_period_end, provider_id)"
      " VALUES ({4}, {2}, {3}, '{5} 00:00+00', '{6} 00:00+00', {0});",
      source, kCluster, literal(parameters.cluster_id), literal(parameters.cluster_alias),
      parameters.report_period_id, month.first_day().ToString(), (month.last_day() + 1).ToString());
  for (const std::string& key : parameters.enabled_keys) {
    sql += fmt::format(
        "INSERT INTO reporting_enabledtagkeys VALUES (gen_random_uuid(), {}, true, 'OCP')"
        " ON CONFLICT DO NOTHING;",
        literal(key));
  }
  // Neither a key that is not enabled nor one of another kind of source counts.
  sql +=
      "INSERT INTO reporting_enabledtagkeys VALUES (gen_random_uuid(), 'never', false, 'OCP'),"
      " (gen_random_uuid(), 'never', true, 'AWS');";
  for (const auto& [pattern, category] : parameters.patterns) {
    sql += fmt::format(
        "INSERT INTO reporting_ocp_cost_category VALUES ({0}, '{0}', '', 'OCP', false, '{{}}')"
        " ON CONFLICT DO NOTHING;"
        "INSERT INTO reporting_ocp_cost_category_namespace (namespace, system_default,"
        " cost_category_id) VALUES ({1}, false, {0});",
        category, literal(pattern));
  }
  for (const auto& [node, resource_id, role] : parameters.nodes) {
    if (!node) continue;
    sql += fmt::format(
        "INSERT INTO reporting_ocp_nodes (uuid, node, resource_id, node_role, cluster_id)"
        " VALUES (gen_random_uuid(), {}, {}, {}, '{}');",
        literal(node), literal(resource_id), literal(role), kCluster);
  }
  MustExec(connection_, sql);
  Copy(
      "pod_hours (interval_start, node, node_capacity_cpu_core_seconds,"
      " node_capacity_memory_byte_seconds)",
      PodHours(dataset.pod_hourly));
  Copy(
      "pods (interval_start, namespace, node, pod, pod_labels, resource_id,"
      " pod_usage_cpu_core_seconds, pod_request_cpu_core_seconds,"
      " pod_effective_usage_cpu_core_seconds, pod_limit_cpu_core_seconds,"
      " pod_usage_memory_byte_seconds, pod_request_memory_byte_seconds,"
      " pod_effective_usage_memory_byte_seconds, pod_limit_memory_byte_seconds,"
      " node_capacity_cpu_cores, node_capacity_memory_bytes)",
      Pods(dataset.pod_daily));
  Copy(
      "volumes (interval_start, namespace, pod, persistentvolumeclaim, persistentvolume,"
      " storageclass, csi_volume_handle, persistentvolume_labels, persistentvolumeclaim_labels,"
      " persistentvolumeclaim_capacity_bytes, persistentvolumeclaim_capacity_byte_seconds,"
      " volume_request_storage_byte_seconds, persistentvolumeclaim_usage_byte_seconds)",
      Volumes(dataset.storage));
  Copy("node_labels (interval_start, node, labels)", LabelRows(dataset.node_labels));
  Copy("namespace_labels (interval_start, namespace, labels)", LabelRows(dataset.namespace_labels));
}

void LineItemDatabase::Copy(const std::string& table_and_columns, const std::string& text) {
  auto status = connection_.BeginCopy(fmt::format("COPY {} FROM STDIN", table_and_columns));
  if (status.ok()) {
    status = connection_.PutCopyData(
        std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
  }
  ASSERT_TRUE(status.ok()) << status.message();
  const auto copied = connection_.EndCopy();
  ASSERT_TRUE(copied.ok()) << copied.status().message();
}

std::optional<std::string> LineItemDatabase::Summarize(int64_t day,
                                                       const std::string& source_uuid) {
  const model::Day date{.days_since_epoch = static_cast<int32_t>(day)};
  const auto done =
      connection_.Exec(fmt::format("CALL summarize('{}', '{}')", date.ToString(), source_uuid));
  if (done.ok()) return std::nullopt;
  return done.status().message();
}

RowsByDay LineItemDatabase::SqlRows() { return ReadRows(kSummary, "csi_volume_handle"); }

RowsByDay LineItemDatabase::TableRows() { return ReadRows(kTable, "NULL::text"); }

RowsByDay LineItemDatabase::ReadRows(const std::string& table,
                                     const std::string& csi_volume_handle) {
  std::string columns = fmt::format(
      "usage_start - '1970-01-01', infrastructure_usage_cost, cost_category_id, data_source,"
      " namespace, node, resource_id, persistentvolumeclaim, persistentvolume, storageclass, {},"
      " pod_labels, volume_labels, all_labels",
      csi_volume_handle);
  constexpr int kFirstNumber = 14;
  for (size_t number = 0; number < testing::kNumberColumns; ++number) {
    columns += fmt::format(", {}", model::NumberName(static_cast<model::Number>(number)));
  }
  const pg::Rows table_rows =
      MustExec(connection_, fmt::format("SELECT {} FROM {}", columns, table));
  RowsByDay days;
  for (int index = 0; index < table_rows.count(); ++index) {
    const auto text = [&](int column) { return table_rows.value(index, column); };
    ExpectedRow row;
    row.usage_start_day = std::stoll(text(0).value());
    row.has_infrastructure_usage_cost = text(1).has_value();
    if (const Text category = text(2)) row.cost_category_id = std::stoi(*category);
    row.data_source = text(3);
    row.namespace_ = text(4);
    row.node = text(5);
    row.resource_id = text(6);
    row.persistentvolumeclaim = text(7);
    row.persistentvolume = text(8);
    row.storageclass = text(9);
    row.csi_volume_handle = text(10);
    row.pod_labels = LabelText(text(11));
    row.volume_labels = LabelText(text(12));
    row.all_labels = LabelText(text(13));
    for (size_t number = 0; number < testing::kNumberColumns; ++number) {
      const Text value = text(kFirstNumber + static_cast<int>(number));
      if (value) row.numbers[number] = std::strtod(value->c_str(), nullptr);
    }
    row.kind = KindOf(row);
    days[row.usage_start_day].push_back(std::move(row));
  }
  return days;
}

std::string LineItemDatabase::SqlConstants() { return ReadConstants(kSummary); }

std::string LineItemDatabase::TableConstants() { return ReadConstants(kTable); }

std::string LineItemDatabase::ReadConstants(const std::string& table) {
  return testing::Table(
      connection_,
      fmt::format("SELECT DISTINCT report_period_id, cluster_id, cluster_alias, source_uuid,"
                  " data_source, usage_end - usage_start, infrastructure_usage_cost"
                  " FROM {} ORDER BY 5, 7",
                  table));
}

sink::PostgresTarget LineItemDatabase::Target() const {
  sink::PostgresTarget target;
  target.connection.conninfo = server_.Url(database_);
  target.schema = testing::kTenant;
  return target;
}

}  // namespace matome::differential
