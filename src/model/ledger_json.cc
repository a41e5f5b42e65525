// SPDX-License-Identifier: Apache-2.0
#include "model/ledger_json.h"

#include <limits>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace matome::model {
namespace {

using nlohmann::json;

json TextOrNull(const std::optional<std::string>& text) {
  return text ? json(*text) : json(nullptr);
}

std::optional<std::string> OptionalText(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<std::string>());
}

json TotalsJson(const UsageTotals& totals) {
  return {totals.usage, totals.request, totals.capacity, totals.unallocated};
}

UsageTotals TotalsOf(const json& value) {
  const auto number = [&value](size_t index) {
    return value.at(index).is_null() ? std::numeric_limits<double>::quiet_NaN()
                                     : value.at(index).get<double>();
  };
  return {number(0), number(1), number(2), number(3)};
}

void Read(const json& value, DayResult& result) {
  value.at("rows_out").get_to(result.rows_out);
  value.at("rows_in").get_to(result.rows_in);
  value.at("objects").get_to(result.objects);
  value.at("groups").get_to(result.groups);
  result.cpu_core_hours = TotalsOf(value.at("cpu_core_hours"));
  result.memory_gigabyte_hours = TotalsOf(value.at("memory_gigabyte_hours"));
  if (value.contains("asked_nodes")) value.at("asked_nodes").get_to(result.asked_nodes);
}

void Read(const json& value, LedgerDay& day) {
  value.at("program").get_to(day.fingerprint.program);
  value.at("options").get_to(day.fingerprint.options);
  value.at("reference").get_to(day.fingerprint.reference);
  value.at("node_roles").get_to(day.fingerprint.node_roles);
  value.at("input").get_to(day.fingerprint.input);
  day.stamp = OptionalText(value.at("stamp"));
  value.at("incomplete").get_to(day.incomplete);
  value.at("pod_rows_in").get_to(day.pod_rows_in);
  value.at("run_id").get_to(day.run_id);
  Read(value, day.result);
}

void Read(const json& value, LedgerRoles& roles) {
  value.at("input").get_to(roles.input);
  for (const auto& row : value.at("nodes")) {
    roles.nodes.push_back(
        {OptionalText(row.at(0)), OptionalText(row.at(1)), OptionalText(row.at(2))});
  }
  for (const auto& [text, hash] : value.at("days").items()) {
    const auto day = Day::Parse(text);
    if (!day) throw std::invalid_argument("not a date: " + text);
    roles.day_hashes[*day] = hash.get<std::string>();
  }
}

template <typename T>
base::Result<T> From(const json& value) {
  T result;
  try {
    Read(value, result);
  } catch (const std::exception& error) {
    return base::Failed(error.what());
  }
  return result;
}

}  // namespace

json ToJson(const DayResult& result) {
  return {{"rows_out", result.rows_out},
          {"rows_in", result.rows_in},
          {"objects", result.objects},
          {"groups", result.groups},
          {"asked_nodes", result.asked_nodes},
          {"cpu_core_hours", TotalsJson(result.cpu_core_hours)},
          {"memory_gigabyte_hours", TotalsJson(result.memory_gigabyte_hours)}};
}

json ToJson(const LedgerDay& day) {
  json value = ToJson(day.result);
  value["program"] = day.fingerprint.program;
  value["options"] = day.fingerprint.options;
  value["reference"] = day.fingerprint.reference;
  value["node_roles"] = day.fingerprint.node_roles;
  value["input"] = day.fingerprint.input;
  value["stamp"] = TextOrNull(day.stamp);
  value["incomplete"] = day.incomplete;
  value["pod_rows_in"] = day.pod_rows_in;
  value["run_id"] = day.run_id;
  return value;
}

json ToJson(const LedgerRoles& roles) {
  json nodes = json::array();
  for (const auto& row : roles.nodes) {
    nodes.push_back({TextOrNull(row.node), TextOrNull(row.resource_id), TextOrNull(row.node_role)});
  }
  json hashes = json::object();
  for (const auto& [day, hash] : roles.day_hashes) hashes[day.ToString()] = hash;
  return {{"input", roles.input}, {"nodes", std::move(nodes)}, {"days", std::move(hashes)}};
}

nlohmann::ordered_json ToJson(const BadInput& bad) {
  nlohmann::ordered_json value = {{"object", bad.object}};
  value["row_group"] = bad.row_group ? nlohmann::ordered_json(*bad.row_group) : nullptr;
  value["row"] = bad.row ? nlohmann::ordered_json(*bad.row) : nullptr;
  value["column"] = bad.column;
  value["reason"] = bad.reason;
  value["raw_text"] = bad.raw_text;
  return value;
}

base::Result<DayResult> DayResultFromJson(const json& value) { return From<DayResult>(value); }
base::Result<LedgerDay> LedgerDayFromJson(const json& value) { return From<LedgerDay>(value); }
base::Result<LedgerRoles> LedgerRolesFromJson(const json& value) {
  return From<LedgerRoles>(value);
}

}  // namespace matome::model
