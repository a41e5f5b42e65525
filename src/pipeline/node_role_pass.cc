// SPDX-License-Identifier: Apache-2.0
#include "pipeline/node_role_pass.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "aggregate/code_map.h"
#include "base/interner.h"
#include "pipeline/fingerprint.h"
#include "pipeline/gather.h"
#include "pipeline/node_role_rule.h"

namespace matome::pipeline {
namespace {

using model::DailyLabels;
using model::NodeRolePod;
using model::Report;
using NodeKey = std::pair<std::string, std::optional<std::string>>;  // Node, resource id.

/// What the pods of one (node, resource id) say about its role.
struct PodEvidence {
  std::optional<std::string> largest_role;
  bool runs_api_server = false;
  std::set<model::Day> days;
};

/// What all rows read so far say. Merging is commutative, so the order of row groups does not
/// matter.
struct Evidence {
  std::map<NodeKey, PodEvidence> pods;
  std::map<std::string, bool> labelled_nodes;  // Whether some label text marks the node as infra.

  void MergeFrom(Evidence&& other) {
    for (auto& [key, from] : other.pods) {
      PodEvidence& into = pods[key];
      into.largest_role = std::max(into.largest_role, from.largest_role);
      into.runs_api_server |= from.runs_api_server;
      into.days.merge(from.days);
    }
    for (const auto& [node, infra] : other.labelled_nodes) labelled_nodes[node] |= infra;
  }
};

/// Collects the evidence of one row group. A combination of codes is looked at once for each day,
/// so strings are touched seldom.
class Collector final : public scan::BlockVisitor {
 public:
  explicit Collector(Report report) : report_(report) {}

  base::Status OnBlock(const batch::Block& block) override {
    columns_.Extend(block);
    return {};
  }

  void OnRows(const batch::Block& block, model::Day day, int64_t /*millis*/, int64_t first,
              int64_t last) override {
    const auto id = [&](size_t column, int64_t row) { return columns_.IdAt(block, column, row); };
    for (int64_t row = first; row < last; ++row) {
      if (report_ == Report::kPodUsageDaily) {
        AddPod(day, id(NodeRolePod::kNamespace, row), id(NodeRolePod::kNode, row),
               id(NodeRolePod::kResourceId, row), id(NodeRolePod::kNodeRole, row));
      } else {
        AddLabels(id(DailyLabels::kOwner, row), id(DailyLabels::kLabels, row));
      }
    }
  }

  Evidence Take() && { return std::move(evidence_); }

 private:
  std::optional<std::string> Text(base::TextId id) const {
    return id == base::kNullText ? std::nullopt
                                 : std::optional(std::string(columns_.texts().text(id)));
  }

  void AddPod(model::Day day, base::TextId namespace_id, base::TextId node,
              base::TextId resource_id, base::TextId role) {
    if (node == base::kNullText) return;
    const auto seen = std::tuple(day, namespace_id, node, resource_id, role);
    if (seen == latest_ || !seen_.insert(seen).second) return;
    latest_ = seen;
    PodEvidence& pod =
        evidence_.pods[{std::string(columns_.texts().text(node)), Text(resource_id)}];
    pod.largest_role = std::max(pod.largest_role, Text(role));
    pod.runs_api_server |=
        namespace_id != base::kNullText && columns_.texts().text(namespace_id) == kMasterNamespace;
    pod.days.insert(day);
  }

  void AddLabels(base::TextId node, base::TextId labels) {
    if (node == base::kNullText) return;
    bool& infra = evidence_.labelled_nodes[std::string(columns_.texts().text(node))];
    infra |= labels != base::kNullText &&
             columns_.texts().text(labels).find(kInfraLabel) != std::string_view::npos;
  }

  using Seen = std::tuple<model::Day, base::TextId, base::TextId, base::TextId, base::TextId>;
  Report report_;
  aggregate::InternedColumns columns_;
  std::set<Seen> seen_;
  Seen latest_;
  Evidence evidence_;
};

bool Concerns(Report report) {
  return report == Report::kPodUsageDaily || report == Report::kNodeLabelsDaily;
}

}  // namespace

std::string NodeRoleInput(const catalog::MonthCatalog& catalog) {
  std::vector<std::string> objects;
  for (const auto& file : catalog.files) {
    if (Concerns(file.report)) objects.push_back(IdentityOf(file));
  }
  return HashOf(objects);
}

base::Result<model::LedgerRoles> DeriveNodeRoles(const MonthInput& input,
                                                 const catalog::MonthCatalog& catalog, int threads,
                                                 const std::atomic<bool>& stop,
                                                 NodeRoleCounts& counts) {
  Evidence evidence;
  MATOME_ASSIGN_OR_RETURN(
      const int64_t damaged,
      GatherRows<Collector>(input, catalog,
                            {.concerns = Concerns,
                             .days = {catalog.month.first_day(), catalog.month.last_day()},
                             .projection = model::NodeRoleProjection},
                            threads, stop, [&](Evidence found, const scan::ScanCounts& scanned) {
                              evidence.MergeFrom(std::move(found));
                              counts.rows += scanned.rows;
                              counts.bytes += scanned.bytes;
                            }));

  model::LedgerRoles roles;
  // What was derived without some rows must not be taken for the whole by a later run.
  if (damaged == 0) roles.input = NodeRoleInput(catalog);
  std::map<model::Day, std::vector<std::string>> of_day;
  for (const auto& [key, pod] : evidence.pods) {
    const auto& [node, resource_id] = key;
    const auto labelled = evidence.labelled_nodes.find(node);
    if (labelled == evidence.labelled_nodes.end())
      continue;  // A node without label rows is not found.
    const std::string role = NodeRoleBy(pod.largest_role, pod.runs_api_server, labelled->second);
    roles.nodes.push_back({node, resource_id, role});
    for (const model::Day day : pod.days) {
      of_day[day].push_back(
          HashOf({node, resource_id.value_or(""), resource_id ? "" : "NULL", role}));
    }
  }
  for (const auto& [day, parts] : of_day) roles.day_hashes[day] = HashOf(parts);
  return roles;
}

}  // namespace matome::pipeline
