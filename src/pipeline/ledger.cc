// SPDX-License-Identifier: Apache-2.0
#include "pipeline/ledger.h"

#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "pipeline/month_lock.h"
#include "sink/durable_file.h"

namespace matome::pipeline {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;

json ToJson(const std::optional<std::string>& text) { return text ? json(*text) : json(nullptr); }

std::optional<std::string> OptionalText(const json& value) {
  return value.is_null() ? std::nullopt : std::optional(value.get<std::string>());
}

json ToJson(const model::UsageTotals& totals) {
  return {totals.usage, totals.request, totals.capacity, totals.unallocated};
}

model::UsageTotals TotalsOf(const json& value) {
  // JSON has no NaN, which PostgreSQL's semantics let through: it is written as null.
  const auto number = [&value](size_t index) {
    return value.at(index).is_null() ? std::numeric_limits<double>::quiet_NaN()
                                     : value.at(index).get<double>();
  };
  return {number(0), number(1), number(2), number(3)};
}

json ToJson(const LedgerDay& day) {
  return {{"program", day.fingerprint.program},
          {"options", day.fingerprint.options},
          {"reference", day.fingerprint.reference},
          {"node_roles", day.fingerprint.node_roles},
          {"input", day.fingerprint.input},
          {"stamp", ToJson(day.stamp)},
          {"incomplete", day.incomplete},
          {"pod_rows_in", day.pod_rows_in},
          {"rows_out", day.result.rows_out},
          {"rows_in", day.result.rows_in},
          {"objects", day.result.objects},
          {"groups", day.result.groups},
          {"cpu_core_hours", ToJson(day.result.cpu_core_hours)},
          {"memory_gigabyte_hours", ToJson(day.result.memory_gigabyte_hours)},
          {"run_id", day.run_id}};
}

LedgerDay DayOf(const json& value) {
  LedgerDay day;
  value.at("program").get_to(day.fingerprint.program);
  value.at("options").get_to(day.fingerprint.options);
  value.at("reference").get_to(day.fingerprint.reference);
  value.at("node_roles").get_to(day.fingerprint.node_roles);
  value.at("input").get_to(day.fingerprint.input);
  day.stamp = OptionalText(value.at("stamp"));
  value.at("incomplete").get_to(day.incomplete);
  value.at("pod_rows_in").get_to(day.pod_rows_in);
  value.at("rows_out").get_to(day.result.rows_out);
  value.at("rows_in").get_to(day.result.rows_in);
  value.at("objects").get_to(day.result.objects);
  value.at("groups").get_to(day.result.groups);
  day.result.cpu_core_hours = TotalsOf(value.at("cpu_core_hours"));
  day.result.memory_gigabyte_hours = TotalsOf(value.at("memory_gigabyte_hours"));
  value.at("run_id").get_to(day.run_id);
  return day;
}

json ToJson(const LedgerRoles& roles) {
  json nodes = json::array();
  for (const auto& row : roles.nodes) {
    nodes.push_back({ToJson(row.node), ToJson(row.resource_id), ToJson(row.node_role)});
  }
  json hashes = json::object();
  for (const auto& [day, hash] : roles.day_hashes) hashes[day.ToString()] = hash;
  return {{"input", roles.input}, {"nodes", std::move(nodes)}, {"days", std::move(hashes)}};
}

model::Day ParseDay(const std::string& text) {
  const auto day = model::Day::Parse(text);
  if (!day) throw std::invalid_argument("not a date: " + text);
  return *day;
}

LedgerRoles RolesOf(const json& value) {
  LedgerRoles roles;
  value.at("input").get_to(roles.input);
  for (const auto& row : value.at("nodes")) {
    roles.nodes.push_back(
        {OptionalText(row.at(0)), OptionalText(row.at(1)), OptionalText(row.at(2))});
  }
  for (const auto& [day, hash] : value.at("days").items()) {
    roles.day_hashes[ParseDay(day)] = hash.get<std::string>();
  }
  return roles;
}

std::string FileName(model::Month month) { return month.ToString() + ".json"; }

}  // namespace

std::string Fingerprint::DifferencesFrom(const Fingerprint& earlier) const {
  std::string differences;
  const auto add = [&](bool differs, std::string_view what) {
    if (!differs) return;
    if (!differences.empty()) differences += ", ";
    differences += what;
  };
  add(input != earlier.input, "other input");
  add(reference != earlier.reference, "other tag keys or reference data");
  add(node_roles != earlier.node_roles, "other node roles");
  add(options != earlier.options, "other options");
  add(program != earlier.program, "other program version");
  return differences;
}

base::Result<Ledger> Ledger::Load(const std::string& output_directory,
                                  const std::string& source_uuid, model::Month month,
                                  std::vector<std::string>& warnings) {
  Ledger ledger;
  ledger.directory_ = LedgerDirectory(output_directory, source_uuid);
  ledger.month_ = month;
  const std::filesystem::path path = std::filesystem::path(ledger.directory_) / FileName(month);
  std::ifstream file(path, std::ios::binary);
  if (!file) return ledger;
  try {
    const json document = json::parse(file);
    if (document.at("version").get<int>() != kVersion)
      throw std::invalid_argument("another version");
    for (const auto& [day, entry] : document.at("days").items())
      ledger.days_[ParseDay(day)] = DayOf(entry);
    if (document.contains("node_roles")) ledger.roles_ = RolesOf(document.at("node_roles"));
  } catch (const std::exception& error) {
    ledger.days_.clear();
    ledger.roles_.reset();
    warnings.push_back(fmt::format("the ledger {} cannot be used ({}); every day is redone",
                                   path.string(), error.what()));
  }
  return ledger;
}

const LedgerDay* Ledger::Find(model::Day day) const {
  const auto found = days_.find(day);
  return found == days_.end() ? nullptr : &found->second;
}

base::Status Ledger::Save() const {
  json days = json::object();
  for (const auto& [day, entry] : days_) days[day.ToString()] = ToJson(entry);
  json document = {{"version", kVersion}, {"days", std::move(days)}};
  if (roles_) document["node_roles"] = ToJson(*roles_);
  const std::string text = document.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
  MATOME_ASSIGN_OR_RETURN(auto file,
                          sink::DurableFile::Create(directory_, "." + FileName(month_) + ".tmp"));
  MATOME_RETURN_IF_ERROR(file.Write({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
  return std::move(file).CommitUnsynced(FileName(month_));
}

}  // namespace matome::pipeline
