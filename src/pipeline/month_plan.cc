// SPDX-License-Identifier: Apache-2.0
#include "pipeline/month_plan.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/utf8.h"
#include "pipeline/fingerprint.h"
#include "pipeline/parallel.h"
#include "pipeline/reference_pass.h"

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

base::Result<model::RunConstants> ConstantsOf(const std::string& source_uuid,
                                              const model::ReferenceData& reference) {
  model::RunConstants constants{.source_uuid = source_uuid,
                                .cluster_id = reference.cluster_id.value_or(source_uuid),
                                .cluster_alias = reference.cluster_alias,
                                .report_period_id = reference.report_period_id};
  MATOME_RETURN_IF_ERROR(
      FitParameter("cluster_id", model::kClusterIdMaxLength, constants.cluster_id));
  if (constants.cluster_alias) {
    MATOME_RETURN_IF_ERROR(
        FitParameter("cluster_alias", model::kClusterAliasMaxLength, *constants.cluster_alias));
  }
  return constants;
}

/// The facts of a month: those that an output holds, with what was given for this run instead; else
/// those of the options.
base::Result<model::ReferenceData> ReferenceOf(const SummarizeOptions& options,
                                               const MonthOutputs& outputs, MonthPlan& plan) {
  for (const auto& output : outputs) {
    MATOME_ASSIGN_OR_RETURN(auto held, output->ReadReference(plan.warnings));
    if (!held) continue;
    const auto& given = options.reference;
    if (given.enabled_tag_keys) held->enabled_tag_keys = given.enabled_tag_keys;
    if (given.cluster_id) held->cluster_id = given.cluster_id;
    if (given.cluster_alias) held->cluster_alias = given.cluster_alias;
    plan.lacks_report_period = held->report_period_id == 0;
    return *std::move(held);
  }
  return options.reference;
}

/// Adds what the reports show to what the outputs hold, and reads that anew.
base::Status FillReference(const MonthInput& input, const SummarizeOptions& options,
                           model::DayRange days, const MonthOutputs& outputs,
                           const std::atomic<bool>& stop, MonthPlan& plan) {
  ReferencePassCounts counts;
  MATOME_ASSIGN_OR_RETURN(const auto topology, ReadClusterTopology(input, plan.catalog, days,
                                                                   options.threads, stop, counts));
  plan.node_role_counts.rows += counts.rows;
  plan.node_role_counts.bytes += counts.bytes;
  for (const auto& output : outputs) {
    MATOME_RETURN_IF_ERROR(output->FillReference(plan.reference, topology));
  }
  plan.warnings.clear();
  MATOME_ASSIGN_OR_RETURN(plan.reference, ReferenceOf(options, outputs, plan));
  return {};
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

/// What stands for given roles in the fingerprint of a day that was made before: as far as it asked
/// for them, so that other nodes and clusters of the tenant do not count.
std::string HashOfGivenRoles(const model::DayResult& earlier, const aggregate::NodeRoles& given) {
  std::vector<model::NodeRole> asked;
  for (const auto& [node, resource_id] : earlier.asked_nodes) {
    const auto role = given.Role(node, resource_id);
    asked.push_back({node, resource_id, role ? std::optional(std::string(*role)) : std::nullopt});
  }
  return HashOfRoles(asked);
}

/// `given_roles` is null where roles are derived.
OutputDay Decide(const sink::MonthState& state, bool force, const aggregate::NodeRoles* given_roles,
                 const DayPlan& day) {
  OutputDay decided;
  const auto remembered = state.days.find(day.day);
  const auto* const earlier = remembered == state.days.end() ? nullptr : &remembered->second;
  if (const auto stamp = state.stamps.find(day.day); stamp != state.stamps.end()) {
    decided.stamp = stamp->second;
  }
  if (earlier != nullptr) decided.earlier_pod_rows = earlier->pod_rows_in;
  model::Fingerprint fingerprint = day.fingerprint;
  if (given_roles != nullptr && earlier != nullptr)
    fingerprint.node_roles = HashOfGivenRoles(earlier->result, *given_roles);
  const bool rows_as_written = earlier != nullptr && earlier->stamp == decided.stamp;
  if (!decided.stamp && day.files.empty()) {
    decided.state = PlanState::kEmpty;
  } else if (day.files.empty()) {
    decided.state = PlanState::kVanished;
  } else if (rows_as_written && !earlier->incomplete && earlier->fingerprint == fingerprint &&
             !force) {
    decided.state = PlanState::kUnchanged;
  } else if (!decided.stamp) {
    decided.state = PlanState::kNew;
  } else {
    decided.state = PlanState::kChanged;
    if (earlier == nullptr) {
      decided.why = "rows that no ledger knows";
    } else if (!rows_as_written) {
      decided.why = "rows changed by others";
    } else if (earlier->fingerprint != fingerprint) {
      decided.why = fingerprint.DifferencesFrom(earlier->fingerprint);
    } else {
      decided.why = earlier->incomplete ? "incomplete" : "forced";
    }
  }
  return decided;
}

std::string_view WordOf(PlanState state) {
  switch (state) {
    case PlanState::kNew:
      return "new";
    case PlanState::kVanished:
      return "vanished";
    default:
      return "changed";
  }
}

/// What is to be done about a day, from what its outputs say: the first that needs work gives the
/// state, and where they do not agree each that needs it gives its reason.
void Combine(const MonthOutputs& outputs, DayPlan& day) {
  bool agree = true;
  for (const OutputDay& each : day.outputs) {
    agree &= each.state == day.outputs.front().state && each.why == day.outputs.front().why;
    if (each.needs_work() && !day.needs_work()) day.state = each.state;
    if (each.state == PlanState::kUnchanged && day.state == PlanState::kEmpty)
      day.state = each.state;
  }
  if (agree) {
    day.why = day.outputs.front().why;
    return;
  }
  for (size_t index = 0; index < day.outputs.size(); ++index) {
    const OutputDay& each = day.outputs[index];
    if (!each.needs_work()) continue;
    if (!day.why.empty()) day.why += "; ";
    day.why += fmt::format("{}: {}", outputs[index]->Describe(),
                           each.why.empty() ? WordOf(each.state) : each.why);
  }
}

/// Node roles for a month: those given, else those that an output remembers of the same input, else
/// derived. Returns whether they are known.
base::Result<bool> FindNodeRoles(const MonthInput& input, const SummarizeOptions& options,
                                 const std::vector<sink::MonthState>& states, DeriveRoles derive,
                                 const std::atomic<bool>& stop, MonthPlan& plan,
                                 std::map<model::Day, std::string>& day_hashes) {
  if (plan.reference.nodes) {
    plan.nodes = *plan.reference.nodes;
    return true;
  }
  const std::string roles_input = NodeRoleInput(plan.catalog);
  for (const auto& state : states) {
    if (!state.roles || state.roles->input != roles_input) continue;
    plan.nodes = state.roles->nodes;
    day_hashes = state.roles->day_hashes;
    return true;
  }
  if (derive == DeriveRoles::kNo) return false;
  MATOME_ASSIGN_OR_RETURN(plan.derived_roles, DeriveNodeRoles(input, plan.catalog, options.threads,
                                                              stop, plan.node_role_counts));
  plan.nodes = plan.derived_roles->nodes;
  day_hashes = plan.derived_roles->day_hashes;
  return true;
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

base::Result<MonthOutputs> OpenOutputs(const SummarizeOptions& options, model::Month month,
                                       const std::string& run_id, sink::OpenFor purpose) {
  MonthOutputs outputs;
  for (const auto& target : options.outputs) {
    MATOME_ASSIGN_OR_RETURN(auto output,
                            sink::OpenOutput(target, {.source_uuid = options.source_uuid,
                                                      .month = month,
                                                      .semantics = options.semantics,
                                                      .run_id = run_id,
                                                      .purpose = purpose}));
    outputs.push_back(std::move(output));
  }
  return outputs;
}

base::Result<MonthPlan> PlanMonth(const MonthInput& input, const SummarizeOptions& options,
                                  model::DayRange days, const MonthOutputs& outputs,
                                  DeriveRoles derive_roles, const std::atomic<bool>& stop) {
  MonthPlan plan;
  plan.month = model::Month::Of(days.first);
  MATOME_ASSIGN_OR_RETURN(plan.reference, ReferenceOf(options, outputs, plan));
  if (plan.lacks_report_period) return plan;
  const int threads = std::max(options.threads, input.store.read_shape().reads_in_flight);
  const auto for_each = [&](size_t count, const std::function<void(size_t)>& fn) {
    ParallelFor(count, threads, [&](size_t index, int) {
      if (!stop) fn(index);
    });
  };
  MATOME_ASSIGN_OR_RETURN(plan.catalog,
                          catalog::ReadCatalog(input.store, options.account, options.source_uuid,
                                               plan.month, for_each, input.kept));
  if (stop) return base::Status(base::Code::kInterrupted, "interrupted");
  if (options.fill_reference && !options.dry_run && derive_roles == DeriveRoles::kYes) {
    MATOME_RETURN_IF_ERROR(FillReference(input, options, days, outputs, stop, plan));
  }
  MATOME_ASSIGN_OR_RETURN(plan.constants, ConstantsOf(options.source_uuid, plan.reference));
  std::vector<sink::MonthState> states;
  for (const auto& output : outputs) {
    MATOME_ASSIGN_OR_RETURN(auto state, output->Load(days, plan.warnings));
    states.push_back(std::move(state));
  }
  if (states.empty()) states.emplace_back();
  std::map<model::Day, std::string> role_hashes;
  MATOME_ASSIGN_OR_RETURN(
      const bool roles_known,
      FindNodeRoles(input, options, states, derive_roles, stop, plan, role_hashes));

  auto files = FilesByDay(plan.catalog);
  const model::Fingerprint common = CommonFingerprint(options, plan.reference, plan.constants);
  std::optional<aggregate::NodeRoles> given_roles;
  if (plan.reference.nodes) given_roles.emplace(plan.nodes);
  for (model::Day each = days.first; each <= days.last; each = each + 1) {
    DayPlan day;
    day.day = each;
    day.files = std::move(files[each]);
    day.fingerprint = common;
    if (const auto hash = role_hashes.find(each); hash != role_hashes.end())
      day.fingerprint.node_roles = hash->second;
    std::vector<std::string> objects;
    for (const uint32_t file : day.files) objects.push_back(IdentityOf(plan.catalog.files[file]));
    day.fingerprint.input = HashOf(objects);
    JudgeFiles(plan.catalog, input.store, options.on_bad_input, day);
    for (const auto& state : states) {
      const auto earlier = state.days.find(each);
      if (!roles_known && earlier != state.days.end())
        day.fingerprint.node_roles = earlier->second.fingerprint.node_roles;
      day.outputs.push_back(
          Decide(state, options.force, given_roles ? &*given_roles : nullptr, day));
      if (day.outputs.back().state == PlanState::kUnchanged && !day.earlier)
        day.earlier = earlier->second.result;
    }
    Combine(outputs, day);
    plan.days.push_back(std::move(day));
  }
  return plan;
}

base::Result<model::PlanResult> PlanSource(const store::ObjectStore& input,
                                           const SummarizeOptions& options,
                                           const std::atomic<bool>& stop) {
  model::PlanResult result{
      .source_uuid = options.source_uuid, .range = options.days, .days = {}, .warnings = {}};
  for (const model::DayRange part : SplitByMonth(options.days)) {
    MATOME_ASSIGN_OR_RETURN(const auto outputs, OpenOutputs(options, model::Month::Of(part.first),
                                                            "plan", sink::OpenFor::kReading));
    MATOME_ASSIGN_OR_RETURN(auto plan,
                            PlanMonth(input, options, part, outputs, DeriveRoles::kNo, stop));
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
    if (plan.lacks_report_period) {
      for (model::Day day = part.first; day <= part.last; day = day + 1) {
        result.days.push_back({.day = day, .state = PlanState::kEmpty, .why = "no report period"});
      }
    }
    std::move(plan.warnings.begin(), plan.warnings.end(), std::back_inserter(result.warnings));
  }
  return result;
}

}  // namespace matome::pipeline
