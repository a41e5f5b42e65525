// SPDX-License-Identifier: Apache-2.0
#include "case_runner/case_database.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "model/summary_row.h"
#include "model/table_schema.h"
#include "pg/reference_tables.h"
#include "testing/postgres_server.h"

namespace matome::case_runner {
namespace {

using base::Result;
using testing::MustExec;
using testing::PostgresServer;

constexpr const char* kCluster = "99999999-0000-4000-8000-000000000001";
/// A case's report period may be 0, which is none in a database; and there each month has its own.
constexpr int32_t kPeriodShift = 1000;
constexpr int32_t kPeriodsOfMonth = 1'000'000;

/// jsonb as the canonical text of semantics §8.5, which writes characters above U+FFFF as pairs.
std::string CanonicalText(std::string_view jsonb) {
  const std::string text = nlohmann::json::parse(jsonb).dump();
  std::string canonical;
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<uint8_t>(text[at]);
    if (byte < 0xF0) {
      canonical += text[at++];
      continue;
    }
    uint32_t point = byte & 0x07U;
    for (size_t next = 1; next < 4; ++next)
      point = point << 6U | (static_cast<uint8_t>(text[at + next]) & 0x3FU);
    point -= 0x10000;
    canonical +=
        fmt::format("\\u{:04X}\\u{:04X}", 0xD800 + (point >> 10U), 0xDC00 + (point & 0x3FFU));
    at += 4;
  }
  return canonical;
}

bool FitsColumn(const std::optional<std::string>& text, int64_t most) {
  return !text || (base::IsValidUtf8(*text) && text->find('\0') == std::string::npos &&
                   base::CodePointCount(*text) <= most);
}

}  // namespace

CaseDatabase& CaseDatabase::Shared() {
  static CaseDatabase database;
  return database;
}

CaseDatabase::CaseDatabase()
    : database_(PostgresServer::Shared().CreateDatabase()),
      connection_(PostgresServer::Shared().Connect(database_)) {
  // Cases may name a pattern or a node twice.
  MustExec(connection_,
           fmt::format("ALTER TABLE {}.reporting_ocp_cost_category_namespace DROP "
                       "CONSTRAINT reporting_ocp_cost_category_namespace_namespace_key",
                       testing::kTenant));
}

void CaseDatabase::Prepare(const CaseFile& source) {
  const auto literal = [&](const std::optional<std::string>& text) {
    return text ? connection_.Literal(*text) : std::string("NULL");
  };
  std::string sql = fmt::format(
      "BEGIN; SET LOCAL search_path TO {}; DROP SCHEMA IF EXISTS matome CASCADE;"
      " TRUNCATE reporting_ocpusagelineitem_daily_summary, reporting_enabledtagkeys,"
      " reporting_ocp_cost_category_namespace, reporting_ocp_cost_category, reporting_ocp_nodes,"
      " reporting_ocp_pvcs, reporting_ocp_projects, reporting_ocp_clusters,"
      " reporting_ocpusagereportperiod, reporting_tenant_api_provider;",
      testing::kTenant);
  const auto& reference = source.reference;
  sql += fmt::format(
      "INSERT INTO reporting_tenant_api_provider VALUES ({0}, 'case', 'OCP');"
      "INSERT INTO reporting_ocp_clusters VALUES ('{1}', 'case', 'case', {0});",
      literal(source.source_uuid), kCluster);
  int32_t period = reference.report_period_id + kPeriodShift;
  for (model::Month month = model::Month::Of(source.days.first);
       month.first_day() <= source.days.last; month = model::Month::Of(month.last_day() + 1)) {
    sql += fmt::format(
        "INSERT INTO reporting_ocpusagereportperiod (id, cluster_id, cluster_alias,"
        " report_period_start, report_period_end, provider_id) VALUES ({}, {}, {}, '{} 00:00+00',"
        " '{} 00:00+00', {});",
        period,
        literal(FitsColumn(reference.cluster_id, model::kClusterIdMaxLength)
                    ? reference.cluster_id.value_or(source.source_uuid)
                    : "too long"),
        literal(FitsColumn(reference.cluster_alias, model::kClusterAliasMaxLength)
                    ? reference.cluster_alias
                    : "too long"),
        month.first_day().ToString(), (month.last_day() + 1).ToString(),
        literal(source.source_uuid));
    period += kPeriodsOfMonth;
  }
  for (const auto& key : reference.enabled_tag_keys.value_or(std::vector<std::string>{})) {
    sql += fmt::format(
        "INSERT INTO reporting_enabledtagkeys VALUES (gen_random_uuid(), {}, true, 'OCP');",
        literal(key));
  }
  for (const auto& category : reference.cost_categories) {
    sql += fmt::format(
        "INSERT INTO reporting_ocp_cost_category VALUES ({0}, '{0}', '', 'OCP', false, '{{}}')"
        " ON CONFLICT DO NOTHING;"
        "INSERT INTO reporting_ocp_cost_category_namespace (namespace, system_default,"
        " cost_category_id) VALUES ({1}, false, {0});",
        category.cost_category_id, literal(category.pattern));
  }
  for (const auto& node : reference.nodes.value_or(std::vector<model::NodeRole>{})) {
    if (!node.node) continue;  // The table has none such.
    sql += fmt::format(
        "INSERT INTO reporting_ocp_nodes (uuid, node, resource_id, node_role,"
        " cluster_id) VALUES (gen_random_uuid(), {}, {}, {}, '{}');",
        literal(node.node), literal(node.resource_id), literal(node.node_role), kCluster);
  }
  MustExec(connection_, sql + "COMMIT");
}

sink::PostgresTarget CaseDatabase::Target() const {
  sink::PostgresTarget target;
  target.connection.conninfo = PostgresServer::Shared().Url(database_);
  target.schema = testing::kTenant;
  return target;
}

Result<std::vector<SummaryRowValues>> CaseDatabase::ReadRows() {
  std::string columns;
  for (const auto& column : model::SummaryColumns()) {
    const bool there = column.source != model::ColumnSource::kUuid &&
                       !(column.source == model::ColumnSource::kName &&
                         column.name_index() == model::Name::kCsiVolumeHandle);
    columns += fmt::format("{}{}", columns.empty() ? "" : ", ", there ? column.name : "NULL::text");
  }
  const pg::Rows table = MustExec(connection_, fmt::format("SELECT {} FROM {}.{}", columns,
                                                           testing::kTenant, model::kSummaryTable));
  std::vector<SummaryRowValues> rows(static_cast<size_t>(table.count()));
  for (int row = 0; row < table.count(); ++row) {
    auto& values = rows[static_cast<size_t>(row)];
    for (int index = 0; index < table.column_count(); ++index) {
      const auto& column = model::SummaryColumns()[static_cast<size_t>(index)];
      SummaryValue& value = values[std::string(column.name)];
      value.text = table.value(row, index);
      if (!value.text) continue;
      if (column.source == model::ColumnSource::kNumber) {
        MATOME_ASSIGN_OR_RETURN(value.number, ParseDecimal(*value.text));
      } else if (column.source == model::ColumnSource::kLabels) {
        value.text = CanonicalText(*value.text);
      } else if (column.source == model::ColumnSource::kReportPeriodId) {
        value.text = std::to_string(std::stoi(*value.text) % kPeriodsOfMonth - kPeriodShift);
      }
    }
    AddKind(values);
  }
  return rows;
}

model::ReferenceData WhatNoColumnTakes(const CaseFile& source) {
  model::ReferenceData given;
  const auto& reference = source.reference;
  if (!FitsColumn(reference.cluster_id, model::kClusterIdMaxLength))
    given.cluster_id = reference.cluster_id;
  if (!FitsColumn(reference.cluster_alias, model::kClusterAliasMaxLength))
    given.cluster_alias = reference.cluster_alias;
  return given;
}

base::Status CaseDatabase::Fill(const CaseFile& source, const model::ClusterTopology& topology) {
  return pg::FillReferenceTables(connection_,
                                 {.schema = std::string(testing::kTenant),
                                  .source_uuid = source.source_uuid,
                                  .cluster_id = "case",
                                  .cluster_alias = "case"},
                                 topology)
      .status();
}

bool FitsDatabase(const CaseFile& source) { return source.reference.storage_exists; }

}  // namespace matome::case_runner
