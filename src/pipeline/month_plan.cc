// SPDX-License-Identifier: Apache-2.0
#include "pipeline/month_plan.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/utf8.h"
#include "pipeline/fingerprint.h"
#include "pipeline/parallel.h"

namespace matome::pipeline {
namespace {

using model::PlanState;

/// A parameter that is written into a column, by the column's rules (semantics §7.3).
base::Status FitParameter(std::string_view name, int64_t most, std::string& text) {
  if (!base::IsValidUtf8(text) || text.find('\0') != std::string::npos) {
    return base::ConfigInvalid(fmt::format("{} must be text without U+0000", name));
  }
  while (base::CodePointCount(text) > most && text.ends_with(' ')) text.pop_back();
  if (base::CodePointCount(text) > most) {
    return base::ConfigInvalid(
        fmt::format("{} is longer than the {} characters of its column", name, most));
  }
  return {};
}

base::Result<model::RunConstants> ConstantsOf(const SummarizeOptions& options) {
  model::RunConstants constants{
      .source_uuid = options.source_uuid,
      .cluster_id = options.reference.cluster_id.value_or(options.source_uuid),
      .cluster_alias = options.reference.cluster_alias,
      .report_period_id = options.reference.report_period_id};
  MATOME_RETURN_IF_ERROR(
      FitParameter("cluster_id", model::kClusterIdMaxLength, constants.cluster_id));
  if (constants.cluster_alias) {
    MATOME_RETURN_IF_ERROR(
        FitParameter("cluster_alias", model::kClusterAliasMaxLength, *constants.cluster_alias));
  }
  return constants;
}

/// Settles what unreadable files mean for a day.
void JudgeFiles(const catalog::MonthCatalog& catalog, const store::ObjectStore& input,
                OnBadInput on_bad_input, DayPlan& day) {
  for (const uint32_t index : day.files) {
    const auto& file = catalog.files[index];
    if (file.status.ok()) continue;
    const bool quarantine =
        on_bad_input == OnBadInput::kQuarantine && file.status.code() == base::Code::kBadInput;
    if (quarantine) {
      day.unreadable.push_back(index);
    } else if (day.status.ok()) {
      day.status = base::Status(file.status).WithContext(input.Describe(file.file.object.key));
    }
  }
}

void Decide(const Ledger& ledger, bool force, DayPlan& day) {
  const LedgerDay* const earlier = ledger.Find(day.day);
  const bool rows_as_written = earlier != nullptr && earlier->stamp == day.stamp;
  if (!day.stamp && day.files.empty()) {
    day.state = PlanState::kEmpty;
  } else if (day.files.empty()) {
    day.state = PlanState::kVanished;
  } else if (rows_as_written && !earlier->incomplete && earlier->fingerprint == day.fingerprint &&
             !force) {
    day.state = PlanState::kUnchanged;
  } else if (!day.stamp) {
    day.state = PlanState::kNew;
  } else {
    day.state = PlanState::kChanged;
    if (earlier == nullptr) {
      day.why = "rows that no ledger knows";
    } else if (!rows_as_written) {
      day.why = "rows changed by others";
    } else if (earlier->fingerprint != day.fingerprint) {
      day.why = day.fingerprint.DifferencesFrom(earlier->fingerprint);
    } else {
      day.why = earlier->incomplete ? "incomplete" : "forced";
    }
  }
}

}  // namespace

std::vector<model::DayRange> SplitByMonth(model::DayRange days) {
  std::vector<model::DayRange> parts;
  for (model::Day first = days.first; first <= days.last;) {
    const model::Day last = std::min(model::Month::Of(first).last_day(), days.last);
    parts.push_back({first, last});
    first = last + 1;
  }
  return parts;
}

base::Result<MonthPlan> PlanMonth(const store::ObjectStore& input, const SummarizeOptions& options,
                                  model::DayRange days, const sink::DayTree* tree,
                                  DeriveRoles derive_roles, const std::atomic<bool>& stop) {
  MonthPlan plan;
  plan.month = model::Month::Of(days.first);
  MATOME_ASSIGN_OR_RETURN(plan.constants, ConstantsOf(options));
  const auto for_each = [&](size_t count, const std::function<void(size_t)>& fn) {
    ParallelFor(count, options.threads, [&](size_t index, int) {
      if (!stop) fn(index);
    });
  };
  MATOME_ASSIGN_OR_RETURN(
      plan.catalog,
      catalog::ReadCatalog(input, options.account, options.source_uuid, plan.month, for_each));
  if (stop) return base::Status(base::Code::kInterrupted, "interrupted");
  if (tree != nullptr) {
    MATOME_ASSIGN_OR_RETURN(plan.ledger, Ledger::Load(options.output_directory, options.source_uuid,
                                                      plan.month, plan.warnings));
  }
  std::string common_roles;
  bool roles_known = true;
  if (options.reference.nodes) {
    plan.nodes = *options.reference.nodes;
    common_roles = HashOfRoles(plan.nodes);
  } else {
    const auto& known = plan.ledger.roles();
    roles_known = known && known->input == NodeRoleInput(plan.catalog);
    if (!roles_known && derive_roles == DeriveRoles::kYes) {
      MATOME_ASSIGN_OR_RETURN(auto derived, DeriveNodeRoles(input, plan.catalog, options.threads,
                                                            stop, plan.node_role_counts));
      plan.ledger.set_roles(std::move(derived));
      roles_known = true;
    }
    if (roles_known) plan.nodes = plan.ledger.roles()->nodes;
  }

  auto files = FilesByDay(plan.catalog);
  const Fingerprint common = CommonFingerprint(options, plan.constants);
  for (model::Day each = days.first; each <= days.last; each = each + 1) {
    DayPlan day;
    day.day = each;
    day.files = std::move(files[each]);
    day.fingerprint = common;
    day.fingerprint.node_roles = common_roles;
    if (!roles_known) {
      const auto* earlier = plan.ledger.Find(each);
      if (earlier != nullptr) day.fingerprint.node_roles = earlier->fingerprint.node_roles;
    } else if (!options.reference.nodes) {
      const auto& hashes = plan.ledger.roles()->day_hashes;
      if (const auto hash = hashes.find(each); hash != hashes.end())
        day.fingerprint.node_roles = hash->second;
    }
    std::vector<std::string> objects;
    for (const uint32_t file : day.files) objects.push_back(IdentityOf(plan.catalog.files[file]));
    day.fingerprint.input = HashOf(objects);
    if (tree != nullptr) {
      MATOME_ASSIGN_OR_RETURN(day.stamp, tree->StampOf(each));
    }
    JudgeFiles(plan.catalog, input, options.on_bad_input, day);
    Decide(plan.ledger, options.force, day);
    plan.days.push_back(std::move(day));
  }
  return plan;
}

base::Result<model::PlanResult> PlanSource(const store::ObjectStore& input,
                                           const SummarizeOptions& options,
                                           const std::atomic<bool>& stop) {
  model::PlanResult result{
      .source_uuid = options.source_uuid, .range = options.days, .days = {}, .warnings = {}};
  MATOME_ASSIGN_OR_RETURN(
      const auto tree,
      sink::DayTree::Open(options.output_directory, options.source_uuid,
                          options.format == OutputFormat::kCsv ? sink::FileFormat::kCsv
                                                               : sink::FileFormat::kParquet,
                          options.semantics, "plan"));
  for (const model::DayRange part : SplitByMonth(options.days)) {
    MATOME_ASSIGN_OR_RETURN(auto plan,
                            PlanMonth(input, options, part, &tree, DeriveRoles::kNo, stop));
    const auto bytes_of = [&](const catalog::RowGroupRef& ref) {
      const auto& file = plan.catalog.files[ref.file];
      int64_t bytes = 0;
      for (const auto& chunk : file.file.row_groups[ref.row_group].chunks)
        bytes += chunk.compressed_bytes;
      return bytes;
    };
    const auto rows_of = [&](const catalog::RowGroupRef& ref) {
      return plan.catalog.files[ref.file].file.row_groups[ref.row_group].rows;
    };
    std::set<uint32_t> needed_files;
    std::set<const catalog::RowGroupRef*> needed_groups;
    for (auto& day : plan.days) {
      model::PlanDay shown{.day = day.day, .state = day.state, .why = std::move(day.why)};
      if (!day.status.ok()) shown.why = day.status.message();
      shown.objects = static_cast<int64_t>(day.files.size());
      for (const auto& group : plan.catalog.row_groups) {
        if (!group.days.Contains(day.day)) continue;
        shown.bytes += bytes_of(group);
        shown.rows += rows_of(group);
        if (day.needs_work()) needed_groups.insert(&group);
      }
      if (day.needs_work()) needed_files.insert(day.files.begin(), day.files.end());
      result.days.push_back(std::move(shown));
    }
    result.objects += static_cast<int64_t>(needed_files.size());
    for (const auto* group : needed_groups) {
      result.bytes += bytes_of(*group);
      result.rows += rows_of(*group);
    }
    std::move(plan.warnings.begin(), plan.warnings.end(), std::back_inserter(result.warnings));
  }
  return result;
}

}  // namespace matome::pipeline
