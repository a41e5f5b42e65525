// SPDX-License-Identifier: Apache-2.0
#include "sink/ledger.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "model/ledger_json.h"
#include "sink/tree_layout.h"

namespace matome::sink {
namespace {

using nlohmann::json;

constexpr int kVersion = 1;

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

Ledger::Ledger(store::WritableStore& store, const std::string& source_uuid, model::Month month)
    : store_(&store), key_(LedgerKey(source_uuid, month)) {}

base::Status Ledger::Load(std::vector<std::string>& warnings) {
  days_.clear();
  roles_.reset();
  version_.reset();
  const auto file = store_->Get(key_);
  base::Status read = file.status();
  if (file.ok()) {
    version_ = *file ? (*file)->version : std::string();
    if (!*file) return {};
    read = Read(json::parse((*file)->bytes, nullptr, false), days_, roles_);
  } else if (read.code() != base::Code::kFailed) {
    return read;
  }
  if (!read.ok()) {
    days_.clear();
    roles_.reset();
    warnings.push_back(fmt::format("the ledger {} cannot be used ({}); every day is redone",
                                   store_->Describe(key_), read.message()));
  }
  return {};
}

const model::LedgerDay* Ledger::Find(model::Day day) const {
  const auto found = days_.find(day);
  return found == days_.end() ? nullptr : &found->second;
}

std::string Ledger::Text() const {
  json days = json::object();
  for (const auto& [day, entry] : days_) days[day.ToString()] = model::ToJson(entry);
  json document = {{"version", kVersion}, {"days", std::move(days)}};
  if (roles_) document["node_roles"] = model::ToJson(*roles_);
  return document.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

base::Status Ledger::Write(const std::string& text) {
  const auto produce = [&text](const store::ByteSink& sink) {
    return sink({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  };
  store::PutOptions options{.metadata = {}, .durable = false, .expected_version = {}};
  if (store_->compares_versions()) options.expected_version = version_;
  auto version = store_->Put(key_, produce, options);
  if (version.status().code() == base::Code::kLocked) {
    return {base::Code::kLocked,
            fmt::format("another run has written {} since this one read it; run again when that "
                        "run has ended",
                        store_->Describe(key_))};
  }
  MATOME_RETURN_IF_ERROR(version.status());
  version_ = *std::move(version);
  return {};
}

}  // namespace matome::sink
