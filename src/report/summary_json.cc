// SPDX-License-Identifier: Apache-2.0
#include "report/summary_json.h"

#include <nlohmann/json.hpp>

#include "report/summary_notes.h"

namespace matome::report {
namespace {

using Json = nlohmann::ordered_json;
using model::DayResult;

Json ErrorJson(const base::Status& status) {
  if (status.ok()) return nullptr;
  return {{"exit_code", base::ExitCodeOf(status.code())}, {"message", status.message()}};
}

Json TotalsJson(const model::UsageTotals& totals) {
  return {{"usage", totals.usage},
          {"request", totals.request},
          {"capacity", totals.capacity},
          {"unallocated", totals.unallocated}};
}

Json RowsJson(const std::array<int64_t, 3>& rows) {
  Json json = Json::object();
  for (const auto kind : model::kRowKinds) {
    const auto index = static_cast<size_t>(kind);
    constexpr std::array<const char*, 3> kNames = {"pod", "storage", "unallocated"};
    json[kNames[index]] = rows[index];
  }
  return json;
}

Json BadInputJson(const model::BadInput& bad) {
  Json json = {{"object", bad.object}};
  if (bad.row_group) json["row_group"] = *bad.row_group;
  if (bad.row) json["row"] = *bad.row;
  if (!bad.column.empty()) json["column"] = bad.column;
  json["reason"] = bad.reason;
  if (!bad.raw_text.empty()) json["raw_text"] = bad.raw_text;
  return json;
}

Json DayJson(const DayResult& day, bool full) {
  Json json = {{"day", day.day.ToString()},
               {"state", model::DayStateName(day.state)},
               {"rows", RowsJson(day.rows_out)},
               {"cpu_core_hours", TotalsJson(day.cpu_core_hours)},
               {"memory_gigabyte_hours", TotalsJson(day.memory_gigabyte_hours)},
               {"rows_read", day.rows_in},
               {"quarantined", day.quarantined.size()}};
  if (day.cost_model_rows_removed > 0)
    json["cost_model_rows_removed"] = day.cost_model_rows_removed;
  if (!day.change.empty()) json["change"] = day.change;
  if (!day.status.ok()) json["error"] = ErrorJson(day.status);
  if (!full) return json;
  json["objects"] = day.objects;
  json["groups"] = day.groups;
  json["retries"] = day.retries;
  json["cpu_seconds"] = {{"read", day.read_seconds},
                         {"aggregate", day.aggregate_seconds},
                         {"write", day.write_seconds}};
  json["quarantine"] = Json::array();
  for (const auto& bad : day.quarantined) json["quarantine"].push_back(BadInputJson(bad));
  return json;
}

Json AuditJson(const model::Audit& audit) {
  Json json = Json::array();
  for (size_t index = 0; index < model::kAuditCauseCount; ++index) {
    const auto& entry = audit[index];
    if (entry.groups == 0 && entry.input_rows == 0) continue;
    const auto cause = static_cast<model::AuditCause>(index);
    json.push_back({{"cause", model::AuditCauseName(cause)},
                    {"explanation", model::AuditCauseExplanation(cause)},
                    {"input_rows", entry.input_rows},
                    {"groups", entry.groups},
                    {"extra_core_hours", entry.extra_core_hours},
                    {"extra_gigabyte_months", entry.extra_gigabyte_months},
                    {"examples", entry.examples}});
  }
  return json;
}

Json TrafficJson(const model::InputTraffic& traffic) {
  return {{"requests", traffic.requests},
          {"retries", traffic.retries},
          {"bytes_wanted", traffic.bytes_wanted},
          {"bytes_fetched", traffic.bytes_fetched},
          {"wait_seconds", traffic.wait_seconds},
          {"worker_wait_seconds", traffic.worker_wait_seconds},
          {"read_ahead_peak_bytes", traffic.read_ahead_peak_bytes}};
}

Json SourceJson(const SourceOutcome& source, bool full) {
  const auto& result = source.result;
  Json json = {{"account", source.account},
               {"source", source.source_uuid},
               {"cluster_id", result.cluster_id},
               {"start", source.range.first.ToString()},
               {"end", source.range.last.ToString()},
               {"error", ErrorJson(source.status)},
               {"days", Json::array()}};
  model::UsageTotals cpu;
  model::UsageTotals memory;
  for (const auto& day : result.days) {
    json["days"].push_back(DayJson(day, full));
    cpu.Add(day.cpu_core_hours);
    memory.Add(day.memory_gigabyte_hours);
  }
  json["rows_read"] = result.rows_read;
  json["rows_written"] = RowsJson(RowsWritten(result));
  json["cpu_core_hours"] = TotalsJson(cpu);
  json["memory_gigabyte_hours"] = TotalsJson(memory);
  json["commit_wall_seconds"] = result.commit_wall_seconds;
  if (result.traffic.remote()) json["input_traffic"] = TrafficJson(result.traffic);
  json["audit"] = AuditJson(result.audit);
  json["warnings"] = result.warnings;
  if (!full) return json;
  json["objects_listed"] = result.objects_listed;
  json["objects_read"] = result.objects_read;
  json["bytes_listed"] = result.bytes_listed;
  json["bytes_read"] = result.bytes_read;
  json["retries"] = result.retries;
  json["wall_seconds"] = result.wall_seconds;
  json["phase_cpu_seconds"] = Json::object();
  for (const auto& phase : result.phases) json["phase_cpu_seconds"][phase.name] = phase.seconds;
  json["label_key_texts"] = result.label_key_texts;
  return json;
}

Json RunJson(const RunOutcome& run, bool full) {
  Json json = {{"program", "matome"},     {"version", run.program_version},
               {"command", "summarize"},  {"exit_code", run.exit_code},
               {"verdict", Verdict(run)}, {"dry_run", run.dry_run},
               {"output", run.output}};
  if (!run.signal.empty()) json["signal"] = run.signal;
  json["sources"] = Json::array();
  int64_t objects_read = 0;
  int64_t bytes_read = 0;
  for (const auto& source : run.sources) {
    json["sources"].push_back(SourceJson(source, full));
    objects_read += source.result.objects_read;
    bytes_read += source.result.bytes_read;
  }
  json["totals"] = {{"rows_read", TotalRowsRead(run)},
                    {"rows_written", TotalRowsWritten(run)},
                    {"objects_read", objects_read},
                    {"bytes_read", bytes_read},
                    {"wall_seconds", run.wall_seconds},
                    {"rows_per_second", RowsPerSecond(run)},
                    {"peak_memory_bytes", run.peak_memory_bytes}};
  if (!run.tag_keys_given) {
    json["label_keys_seen"] = Json::object();
    for (const auto& [key, texts] : MostFrequentLabelKeys(run, 20))
      json["label_keys_seen"][key] = texts;
  }
  return json;
}

// Names from the reports may hold any bytes.
std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string FormatSummaryJson(const RunOutcome& run) { return Dump(RunJson(run, /*full=*/false)); }

std::string FormatRunReport(const RunOutcome& run, const RunParameters& parameters) {
  Json json = RunJson(run, /*full=*/true);
  json["tracing_id"] = parameters.tracing_id;
  json["started_at"] = parameters.started_at;
  json["threads"] = parameters.threads;
  json["memory_limit_bytes"] = parameters.memory_limit_bytes;
  json["parameters"] = Json::object();
  for (const auto& [name, value] : parameters.settings) json["parameters"][name] = value;
  json["versions"] = Json::object();
  for (const auto& [name, value] : parameters.versions) json["versions"][name] = value;
  return Dump(json);
}

}  // namespace matome::report
