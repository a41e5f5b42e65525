// SPDX-License-Identifier: Apache-2.0
#include "sink/ledger.h"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/ledger_json.h"
#include "sink/durable_file.h"
#include "sink/month_lock.h"

namespace matome::sink {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;

std::string FileName(model::Month month) { return month.ToString() + ".json"; }

base::Status Read(const json& document, std::map<model::Day, model::LedgerDay>& days,
                  std::optional<model::LedgerRoles>& roles) {
  if (document.is_discarded()) return base::Failed("no JSON");
  const auto version = document.find("version");
  if (version == document.end() || *version != kVersion) return base::Failed("another version");
  const auto entries = document.find("days");
  if (entries == document.end() || !entries->is_object()) return base::Failed("no days");
  for (const auto& [text, entry] : entries->items()) {
    const auto day = model::Day::Parse(text);
    if (!day) return base::Failed("not a date: " + text);
    MATOME_ASSIGN_OR_RETURN(days[*day], model::LedgerDayFromJson(entry));
  }
  if (const auto entry = document.find("node_roles"); entry != document.end()) {
    MATOME_ASSIGN_OR_RETURN(roles, model::LedgerRolesFromJson(*entry));
  }
  return {};
}

}  // namespace

base::Result<Ledger> Ledger::Load(const std::string& output_directory,
                                  const std::string& source_uuid, model::Month month,
                                  std::vector<std::string>& warnings) {
  Ledger ledger;
  ledger.directory_ = LedgerDirectory(output_directory, source_uuid);
  ledger.month_ = month;
  const std::filesystem::path path = std::filesystem::path(ledger.directory_) / FileName(month);
  std::ifstream file(path, std::ios::binary);
  if (!file) return ledger;
  const auto read = Read(json::parse(file, nullptr, false), ledger.days_, ledger.roles_);
  if (!read.ok()) {
    ledger.days_.clear();
    ledger.roles_.reset();
    warnings.push_back(fmt::format("the ledger {} cannot be used ({}); every day is redone",
                                   path.string(), read.message()));
  }
  return ledger;
}

const model::LedgerDay* Ledger::Find(model::Day day) const {
  const auto found = days_.find(day);
  return found == days_.end() ? nullptr : &found->second;
}

base::Status Ledger::Save() const {
  json days = json::object();
  for (const auto& [day, entry] : days_) days[day.ToString()] = model::ToJson(entry);
  json document = {{"version", kVersion}, {"days", std::move(days)}};
  if (roles_) document["node_roles"] = model::ToJson(*roles_);
  const std::string text = document.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
  MATOME_ASSIGN_OR_RETURN(auto file,
                          DurableFile::Create(directory_, "." + FileName(month_) + ".tmp"));
  MATOME_RETURN_IF_ERROR(file.Write({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
  return std::move(file).CommitUnsynced(FileName(month_));
}

}  // namespace matome::sink
