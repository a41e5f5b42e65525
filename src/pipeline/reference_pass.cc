// SPDX-License-Identifier: Apache-2.0
#include "pipeline/reference_pass.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <absl/container/flat_hash_map.h>
#include <nlohmann/json.hpp>

#include "aggregate/code_map.h"
#include "base/interner.h"
#include "model/report.h"
#include "pipeline/gather.h"
#include "pipeline/node_role_rule.h"

namespace matome::pipeline {
namespace {

using model::ClusterTopology;
using model::Report;
using OptionalText = std::optional<std::string>;

constexpr std::string_view kArchitectureLabel = "kubernetes_io_arch";

// What is read of each report, and the place of each text.
enum Pod { kNamespace, kNode, kResourceId, kNodeRole };
constexpr std::array<std::string_view, 4> kPodTexts = {"namespace", "node", "resource_id",
                                                       "node_role"};
constexpr std::array<std::string_view, 1> kPodNumbers = {"node_capacity_cpu_cores"};
enum Storage { kVolume, kClaim, kHandle };
constexpr std::array<std::string_view, 3> kStorageTexts = {
    "persistentvolume", "persistentvolumeclaim", "csi_volume_handle"};
enum Labels { kOwner, kLabels };
constexpr std::array<std::string_view, 2> kLabelTexts = {"node", "node_labels"};

model::Projection ProjectionOf(Report report) {
  if (report == Report::kPodUsageDaily) return {kPodTexts, kPodNumbers};
  if (report == Report::kStorageUsageDaily) return {kStorageTexts, {}};
  return {kLabelTexts, {}};
}

bool Concerns(Report report) {
  return report == Report::kPodUsageDaily || report == Report::kStorageUsageDaily ||
         report == Report::kNodeLabelsDaily;
}

/// The larger, where a NaN is less than every number and absent is less than that.
std::optional<double> Larger(std::optional<double> a, std::optional<double> b) {
  if (!a || !b) return a ? a : b;
  return std::isnan(*a) || *b > *a ? b : a;
}

/// The byte-smallest handle that is not empty; else an empty one; else none.
OptionalText BetterHandle(const OptionalText& a, const OptionalText& b) {
  if (!a || a->empty()) return b && (!a || !b->empty()) ? b : a;
  return !b || b->empty() ? a : std::min(a, b);
}

struct NodeFacts {
  OptionalText largest_role;
  bool runs_api_server = false;
  std::optional<double> capacity_cpu_cores;
};

struct LabelFacts {
  bool infra = false;
  OptionalText largest_text;
};

/// What all rows read so far show. Merging is commutative, so the order of row groups does not
/// matter.
struct Evidence {
  std::map<std::pair<std::string, OptionalText>, NodeFacts> nodes;     // By node and resource id.
  std::map<std::string, LabelFacts> labels;                            // By node.
  std::map<std::pair<std::string, std::string>, OptionalText> claims;  // By volume and claim.
  std::set<std::string> projects;

  void AddPod(const OptionalText& project, const OptionalText& node,
              const OptionalText& resource_id, const OptionalText& role,
              std::optional<double> capacity_cpu_cores) {
    if (project) projects.insert(*project);
    if (!node) return;
    NodeFacts& facts = nodes[{*node, resource_id}];
    facts.largest_role = std::max(facts.largest_role, role);
    facts.runs_api_server |= project == kMasterNamespace;
    facts.capacity_cpu_cores = Larger(facts.capacity_cpu_cores, capacity_cpu_cores);
  }
  void AddClaim(const OptionalText& volume, const OptionalText& claim, const OptionalText& handle) {
    if (!volume || !claim) return;  // The table holds neither.
    auto& known = claims[{*volume, *claim}];
    known = BetterHandle(known, handle);
  }
  void AddLabels(const OptionalText& node, const OptionalText& text) {
    if (!node) return;
    LabelFacts& facts = labels[*node];
    facts.infra |= text && text->find(kInfraLabel) != std::string::npos;
    facts.largest_text = std::max(facts.largest_text, text);
  }

  void MergeFrom(Evidence&& other) {
    for (auto& [key, from] : other.nodes) {
      NodeFacts& into = nodes[key];
      into.largest_role = std::max(into.largest_role, from.largest_role);
      into.runs_api_server |= from.runs_api_server;
      into.capacity_cpu_cores = Larger(into.capacity_cpu_cores, from.capacity_cpu_cores);
    }
    for (auto& [node, from] : other.labels) {
      LabelFacts& into = labels[node];
      into.infra |= from.infra;
      into.largest_text = std::max(into.largest_text, from.largest_text);
    }
    for (auto& [key, handle] : other.claims) AddClaim(key.first, key.second, handle);
    projects.merge(other.projects);
  }
};

/// Collects the evidence of one row group. Texts are looked at once for each combination of them.
class Collector final : public scan::BlockVisitor {
 public:
  explicit Collector(Report report) : report_(report) {}

  base::Status OnBlock(const batch::Block& block) override {
    columns_.Extend(block);
    return {};
  }

  void OnRows(const batch::Block& block, model::Day /*day*/, int64_t /*millis*/, int64_t first,
              int64_t last) override {
    for (int64_t row = first; row < last; ++row) {
      Ids ids = {};
      for (size_t column = 0; column < block.texts.size(); ++column) {
        ids[column] = columns_.IdAt(block, column, row);
      }
      auto& largest = seen_[ids];
      if (!block.numbers.empty() && block.numbers[0].has(row)) {
        largest = Larger(largest, block.numbers[0].values[row]);
      }
    }
  }

  Evidence Take() && {
    Evidence evidence;
    for (const auto& [ids, number] : seen_) {
      const auto text = [&ids = ids, this](size_t column) {
        return ids[column] == base::kNullText ? std::nullopt
                                              : OptionalText(columns_.texts().text(ids[column]));
      };
      if (report_ == Report::kPodUsageDaily) {
        evidence.AddPod(text(kNamespace), text(kNode), text(kResourceId), text(kNodeRole), number);
      } else if (report_ == Report::kStorageUsageDaily) {
        evidence.AddClaim(text(kVolume), text(kClaim), text(kHandle));
      } else {
        evidence.AddLabels(text(kOwner), text(kLabels));
      }
    }
    return evidence;
  }

 private:
  using Ids = std::array<base::TextId, 4>;

  Report report_;
  aggregate::InternedColumns columns_;
  absl::flat_hash_map<Ids, std::optional<double>> seen_;
};

/// The architecture that a label text names, in lower case.
OptionalText ArchitectureIn(const OptionalText& labels) {
  if (!labels) return std::nullopt;
  const auto json = nlohmann::json::parse(*labels, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  const auto found = json.find(kArchitectureLabel);
  if (found == json.end() || !found->is_string()) return std::nullopt;
  auto architecture = found->get<std::string>();
  for (char& c : architecture) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return architecture;
}

ClusterTopology TopologyOf(const Evidence& evidence) {
  ClusterTopology topology;
  for (const auto& [key, node] : evidence.nodes) {
    const auto labels = evidence.labels.find(key.first);
    if (labels == evidence.labels.end()) continue;  // A node without label rows is not found.
    topology.nodes.push_back(
        {.node = key.first,
         .resource_id = key.second,
         .capacity_cpu_cores = node.capacity_cpu_cores,
         .role = NodeRoleBy(node.largest_role, node.runs_api_server, labels->second.infra),
         .architecture = ArchitectureIn(labels->second.largest_text)});
  }
  for (const auto& [key, handle] : evidence.claims) {
    topology.claims.push_back({key.first, key.second, handle});
  }
  topology.projects.assign(evidence.projects.begin(), evidence.projects.end());
  return topology;
}

}  // namespace

base::Result<ClusterTopology> ReadClusterTopology(const MonthInput& input,
                                                  const catalog::MonthCatalog& catalog,
                                                  model::DayRange days, int threads,
                                                  const std::atomic<bool>& stop,
                                                  ReferencePassCounts& counts) {
  Evidence evidence;
  MATOME_ASSIGN_OR_RETURN(
      counts.unreadable_row_groups,
      GatherRows<Collector>(input, catalog,
                            {.concerns = Concerns, .days = days, .projection = ProjectionOf},
                            threads, stop, [&](Evidence found, const scan::ScanCounts& scanned) {
                              evidence.MergeFrom(std::move(found));
                              counts.rows += scanned.rows;
                              counts.bytes += scanned.bytes;
                            }));
  return TopologyOf(evidence);
}

}  // namespace matome::pipeline
