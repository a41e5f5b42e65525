// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/interner.h"
#include "datagen/random.h"
#include "model/day.h"

namespace matome::datagen {

/// How large a cluster is, and how much happens in it.
struct ClusterShape {
  uint64_t seed = 1;
  int32_t cluster_index = 0;
  model::Month month;
  int32_t days = 31;
  int32_t nodes = 1;
  int32_t pods = 1;  // That run at any one time.
  int32_t namespaces = 1;
  int32_t volumes = 0;
  double churn = 0;
  std::optional<int32_t> label_keys;

  int32_t hours() const { return days * 24; }
};

struct Node {
  base::TextId name = base::kNullText;
  base::TextId resource_id = base::kNullText;
  base::TextId role = base::kNullText;
  base::TextId labels = base::kNullText;
  std::string host_name;
  double cores = 0;
  double memory_bytes = 0;
};

struct Namespace {
  base::TextId name = base::kNullText;
  base::TextId labels = base::kNullText;
  std::string title;
  std::string team;
  std::string environment;
  bool is_platform = false;
};

enum class WorkloadKind : uint8_t {
  kDeployment,
  kStatefulSet,
  kDaemonSet,
  kStaticPod,
  kJob,
  kVirtualMachine
};
enum class Placement : uint8_t { kMasters, kInfra, kWorkers, kEveryNode };

/// What one pod asks for and uses, on average.
struct PodSize {
  double request_cpu_cores = 0;
  double limit_cpu_cores = 0;  // 0: none.
  double request_memory_bytes = 0;
  double limit_memory_bytes = 0;
  double usage_cpu_cores = 0;
  double usage_memory_bytes = 0;
};

/// Pods made of one template: `slots` of them at any time.
struct Workload {
  size_t namespace_index = 0;
  std::string name;
  WorkloadKind kind = WorkloadKind::kDeployment;
  Placement placement = Placement::kWorkers;
  int32_t first_slot = 0;
  int32_t slots = 0;
  PodSize size;
  size_t load_curve = 0;
  int32_t label_keys = 6;
  bool has_volume = false;
  int32_t first_job_hour =
      0;  // Of a job's pods: when they start each day, and for how long they run.
  int32_t job_hours = 24;
};

/// One pod from start to end. Hours count from the start of the month.
struct Pod {
  int32_t workload = 0;
  int32_t node = -1;  // -1: never scheduled.
  base::TextId name = base::kNullText;
  base::TextId labels = base::kNullText;
  int32_t first_hour = 0;
  int32_t end_hour = 0;
  int32_t pending_hours = 0;    // Without a node at first.
  double first_hour_share = 1;  // It did not start on the hour.
  double usage_share = 1;       // Of the workload's average usage.
};

/// A claim and its volume, mounted by the pods of some slots.
struct Volume {
  size_t namespace_index = 0;
  base::TextId claim = base::kNullText;
  base::TextId name = base::kNullText;
  base::TextId storage_class = base::kNullText;
  base::TextId csi_driver = base::kNullText;
  base::TextId csi_volume_handle = base::kNullText;
  base::TextId volume_labels = base::kNullText;
  base::TextId claim_labels = base::kNullText;
  double capacity_bytes = 0;
  double request_bytes = 0;
  double used_bytes = 0;  // On the first day.
  int32_t first_slot = 0;
  int32_t slots = 0;  // 0: not mounted.
};

/// A cluster over a month. `texts` holds the text of every row that it can give.
struct Cluster {
  ClusterShape shape;
  base::Interner texts;
  base::TextId empty = base::kNullText;
  base::TextId no_labels = base::kNullText;  // "{}"
  std::vector<Node> nodes;
  std::vector<Namespace> namespaces;
  std::vector<Workload> workloads;
  std::vector<Pod> pods;                  // By slot, then time.
  std::vector<size_t> first_pod_of_slot;  // One more than there are slots.
  std::vector<Volume> volumes;
  std::vector<std::vector<double>> load_curves;  // By hour of the month, around 1.
};

/// The same shape gives the same cluster.
Cluster MakeCluster(const ClusterShape& shape);

}  // namespace matome::datagen
