// SPDX-License-Identifier: Apache-2.0
#include "cli/lake.h"

#include <set>

#include <fmt/format.h>

#include "catalog/lake_layout.h"
#include "config/value_text.h"

namespace matome::cli {
namespace {

constexpr size_t kMostListed = 20;

/// The sources of an account. What is no UUID is no source of Koku's.
base::Result<std::set<std::string>> SourcesOf(const store::ObjectStore& lake,
                                              const std::string& account) {
  MATOME_ASSIGN_OR_RETURN(const auto names, catalog::ListSources(lake, account));
  std::set<std::string> sources;
  for (const auto& name : names) {
    if (config::ParseUuid(name) == name) sources.insert(name);
  }
  return sources;
}

base::Result<std::set<std::string>> AccountsWithSources(const store::ObjectStore& lake) {
  MATOME_ASSIGN_OR_RETURN(const auto names, catalog::ListAccounts(lake));
  std::set<std::string> accounts;
  for (const auto& name : names) {
    MATOME_ASSIGN_OR_RETURN(const auto sources, SourcesOf(lake, name));
    if (!sources.empty()) accounts.insert(name);
  }
  return accounts;
}

template <typename Names>
std::string Listed(const Names& names) {
  std::string list;
  size_t count = 0;
  for (const auto& name : names) {
    if (++count > kMostListed) break;
    list += fmt::format("\n  {}", name);
  }
  if (names.size() > kMostListed)
    list += fmt::format("\n  and {} more", names.size() - kMostListed);
  return list;
}

/// "source" and what the lake holds of them, as an error.
template <typename Names>
base::Status HoldsNo(const std::string& lake, std::string_view what, const std::string& asked,
                     const Names& names) {
  return base::Usage(fmt::format("{} holds no {} {}, only:{}", lake, what, asked, Listed(names)));
}

template <typename Names>
base::Status HoldsSeveral(const std::string& lake, std::string_view what, std::string_view remedy,
                          const Names& names) {
  return base::Usage(
      fmt::format("{} holds {} {}; {}:{}", lake, names.size(), what, remedy, Listed(names)));
}

base::Result<std::string> FindAccount(const store::ObjectStore& lake, const std::string& lake_name,
                                      const WorkRequest& request) {
  MATOME_ASSIGN_OR_RETURN(std::set<std::string> accounts, AccountsWithSources(lake));
  if (accounts.empty()) {
    return base::Usage(
        fmt::format("{} holds no OpenShift reports; they are looked for in {}", lake_name,
                    lake.Describe("data/parquet/daily/SCHEMA/OCP/pod_usage/source=UUID/")));
  }
  if (request.schema) {
    std::string account = AccountOf(*request.schema);
    if (!accounts.contains(account)) return HoldsNo(lake_name, "schema", *request.schema, accounts);
    return account;
  }
  if (request.source_uuid && accounts.size() > 1) {
    std::set<std::string> holding;
    for (const auto& account : accounts) {
      MATOME_ASSIGN_OR_RETURN(const auto sources, SourcesOf(lake, account));
      if (sources.contains(*request.source_uuid)) holding.insert(account);
    }
    if (!holding.empty()) accounts = std::move(holding);
  }
  if (accounts.size() > 1)
    return HoldsSeveral(lake_name, "schemas", "choose one with --schema", accounts);
  return *accounts.begin();
}

}  // namespace

std::string AccountOf(const std::string& schema) {
  return schema.starts_with("acct") && schema.size() > 4 ? schema.substr(4) : schema;
}

base::Result<Work> FindWork(const store::ObjectStore& lake, const std::string& lake_name,
                            const WorkRequest& request) {
  Work work;
  MATOME_ASSIGN_OR_RETURN(work.account, FindAccount(lake, lake_name, request));
  MATOME_ASSIGN_OR_RETURN(const auto sources, SourcesOf(lake, work.account));
  if (request.source_uuid) {
    if (!sources.contains(*request.source_uuid)) {
      return HoldsNo(lake_name, "source", *request.source_uuid, sources);
    }
    work.source_uuids = {*request.source_uuid};
  } else {
    if (sources.size() > 1 && !request.all_sources) {
      return HoldsSeveral(lake_name, "sources",
                          "choose one with --source, or take them all with --all-sources", sources);
    }
    work.source_uuids.assign(sources.begin(), sources.end());
  }

  if (request.days) {
    work.days = *request.days;
    return work;
  }
  std::set<model::Month> months;
  for (const auto& source : work.source_uuids) {
    MATOME_ASSIGN_OR_RETURN(const auto held, catalog::ListMonths(lake, work.account, source));
    months.insert(held.begin(), held.end());
  }
  if (months.size() != 1) {
    std::vector<std::string> names;
    for (const auto month : months) names.push_back(month.ToString());
    if (months.empty())
      return base::Usage(fmt::format("{} holds no month of what was asked for", lake_name));
    return HoldsSeveral(lake_name, "months",
                        "choose one with --month, or days with --start and --end", names);
  }
  work.days = {months.begin()->first_day(), months.begin()->last_day()};
  return work;
}

}  // namespace matome::cli
