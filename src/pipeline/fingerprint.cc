// SPDX-License-Identifier: Apache-2.0
#include "pipeline/fingerprint.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/hash.h"

namespace matome::pipeline {
namespace {

std::string Quoted(const std::optional<std::string>& text) {
  return text ? "'" + *text + "'" : "NULL";
}

}  // namespace

std::string HashOf(const std::vector<std::string>& parts) {
  std::string all;
  for (const auto& part : parts) all += fmt::format("{}:{};", part.size(), part);
  return fmt::format("{:016x}", base::HashBytes(all));
}

std::map<model::Day, std::set<uint32_t>> FilesByDay(const catalog::MonthCatalog& catalog) {
  std::map<model::Day, std::set<uint32_t>> files;
  const auto add = [&](model::DayRange days, uint32_t file) {
    for (model::Day day = days.first; day <= days.last; day = day + 1) files[day].insert(file);
  };
  for (const auto& group : catalog.row_groups) add(group.days, group.file);
  for (uint32_t file = 0; file < catalog.files.size(); ++file) {
    if (!catalog.files[file].status.ok()) add(catalog.DaysOfUnreadable(catalog.files[file]), file);
  }
  return files;
}

std::string IdentityOf(const catalog::CatalogFile& file) {
  const auto& object = file.file.object;
  return fmt::format("{} {} {} {}", model::ReportName(file.report), object.key, object.size_bytes,
                     object.version);
}

model::Fingerprint CommonFingerprint(const SummarizeOptions& options,
                                     const model::ReferenceData& reference,
                                     const model::RunConstants& constants) {
  model::Fingerprint common;
  common.program = options.program_version;
  common.options =
      HashOf({options.semantics == model::Semantics::kTrino ? "trino" : "koku-postgresql"});
  std::vector<std::string> parts = {constants.cluster_id, Quoted(constants.cluster_alias),
                                    std::to_string(constants.report_period_id),
                                    reference.storage_exists ? "storage" : "no storage"};
  auto keys = reference.enabled_tag_keys.value_or(std::vector<std::string>{});
  std::sort(keys.begin(), keys.end());
  parts.push_back(HashOf(keys));
  for (const auto& category : reference.cost_categories) {
    parts.push_back(fmt::format("{} {}", category.cost_category_id, category.pattern));
  }
  common.reference = HashOf(parts);
  return common;
}

std::string HashOfRoles(const std::vector<model::NodeRole>& nodes) {
  std::vector<std::string> rows;
  for (const auto& row : nodes) {
    rows.push_back(HashOf({Quoted(row.node), Quoted(row.resource_id), Quoted(row.node_role)}));
  }
  std::sort(rows.begin(), rows.end());
  return HashOf(rows);
}

}  // namespace matome::pipeline
