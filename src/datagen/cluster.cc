// SPDX-License-Identifier: Apache-2.0
#include "datagen/cluster.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string_view>

#include <fmt/format.h>

#include "datagen/cluster_parts_internal.h"

namespace matome::datagen {
namespace {

constexpr double kGibibyte = 0x1p30;
constexpr double kMebibyte = 0x1p20;

struct MachineType {
  std::string_view name;
  double cores;
  double memory_gibibytes;
};
constexpr std::array<MachineType, 5> kMachineTypes = {{{"m5.xlarge", 4, 16},
                                                       {"m5.2xlarge", 8, 32},
                                                       {"m5.4xlarge", 16, 64},
                                                       {"r5.4xlarge", 16, 128},
                                                       {"m5.8xlarge", 32, 128}}};

constexpr std::array<std::string_view, 12> kTeams = {
    "payments", "checkout",  "search", "data",      "identity", "mobile",
    "growth",   "logistics", "risk",   "catalogue", "support",  "research"};
constexpr std::array<std::string_view, 5> kEnvironments = {"prod", "prod", "stage", "test", "dev"};
constexpr std::array<std::string_view, 16> kPurposes = {
    "api",     "web",    "batch",  "stream", "gateway", "reports", "events",  "jobs",
    "billing", "ledger", "search", "models", "admin",   "sync",    "catalog", "portal"};

// Namespaces of the platform in the order of their importance to a small cluster.
constexpr std::array<std::string_view, 12> kPlatformNamespaces = {"openshift-kube-apiserver",
                                                                  "openshift-monitoring",
                                                                  "openshift-ingress",
                                                                  "openshift-dns",
                                                                  "kube-system",
                                                                  "openshift-ovn-kubernetes",
                                                                  "openshift-etcd",
                                                                  "openshift-logging",
                                                                  "openshift-image-registry",
                                                                  "openshift-cluster-version",
                                                                  "openshift-storage",
                                                                  "kube-node-lease"};

std::string_view RoleOf(int32_t node, int32_t nodes) {
  const int32_t masters = nodes >= 5 ? 3 : 1;
  const int32_t infra = nodes >= 8 ? std::max(1, nodes / 16) : 0;
  if (node < masters) return "master";
  return node < masters + infra ? "infra" : "worker";
}

std::string VolumeName(Random& random) {
  return fmt::format("pvc-{}-{}-{}-{}-{}", RandomHex(random, 8), RandomHex(random, 4),
                     RandomHex(random, 4), RandomHex(random, 4), RandomHex(random, 12));
}

void AddLoadCurves(Cluster& cluster) {
  struct Curve {
    double amplitude;
    double peak_hour;
    double weekend;
  };
  constexpr std::array<Curve, 6> kCurves = {{{0.05, 3, 1.0},
                                             {0.45, 14, 0.6},
                                             {0.60, 20, 1.2},
                                             {0.30, 11, 0.5},
                                             {0.70, 2, 1.0},
                                             {0.20, 17, 0.9}}};
  const model::Day first = cluster.shape.month.first_day();
  for (const Curve& curve : kCurves) {
    auto& values = cluster.load_curves.emplace_back();
    for (int32_t hour = 0; hour < cluster.shape.hours(); ++hour) {
      // 1970-01-01 was a Thursday.
      const int32_t weekday = (first.days_since_epoch + hour / 24 + 4) % 7;
      const bool is_weekend = weekday == 0 || weekday == 6;
      const double angle = (hour % 24 - curve.peak_hour) / 12 * std::numbers::pi;
      values.push_back((1 + curve.amplitude * std::cos(angle)) * (is_weekend ? curve.weekend : 1));
    }
  }
}

}  // namespace

std::string PrintLabels(LabelList labels) {
  std::ranges::sort(labels);
  std::string text = "{";
  for (const auto& [key, value] : labels) {
    if (text.size() > 1) text += ", ";
    text.append("\"").append(key).append("\": \"").append(value).append("\"");
  }
  text += "}";
  return text;
}

std::string RandomSuffix(Random& random, size_t length) {
  constexpr std::string_view kAlphabet = "bcdfghjklmnpqrstvwxz2456789";
  std::string suffix(length, ' ');
  for (char& letter : suffix) letter = kAlphabet[random.Below(kAlphabet.size())];
  return suffix;
}

std::string RandomHex(Random& random, size_t length) {
  std::string digits(length, ' ');
  for (char& digit : digits) digit = "0123456789abcdef"[random.Below(16)];
  return digits;
}

void AddNodes(Cluster& cluster) {
  Random random(cluster.shape.seed, {uint64_t(cluster.shape.cluster_index), 'N'});
  const auto octet = random.Below(256);
  for (int32_t index = 0; index < cluster.shape.nodes; ++index) {
    const auto role = RoleOf(index, cluster.shape.nodes);
    const auto& type =
        role == "master" ? kMachineTypes[1] : kMachineTypes[random.Below(role == "infra" ? 2 : 5)];
    const auto zone = "abc"[index % 3];
    Node node;
    node.host_name = fmt::format("ip-10-{}-{}-{}.us-east-2.compute.internal", octet, index / 250,
                                 index % 250 + 4);
    node.name = cluster.texts.Intern(node.host_name);
    node.resource_id = cluster.texts.Intern("i-0" + RandomHex(random, 16));
    node.role = cluster.texts.Intern(role);
    node.cores = type.cores;
    // What the kernel leaves of the machine's memory, in whole pages.
    node.memory_bytes =
        type.memory_gibibytes * kGibibyte - random.Between(60'000, 140'000) * 4096.0;

    LabelList labels = {{"kubernetes_io_arch", "amd64"},
                        {"kubernetes_io_hostname", node.host_name},
                        {"kubernetes_io_os", "linux"},
                        {"node_kubernetes_io_instance_type", std::string(type.name)},
                        {fmt::format("node_role_kubernetes_io_{}", role), ""},
                        {"topology_kubernetes_io_region", "us-east-2"},
                        {"topology_kubernetes_io_zone", fmt::format("us-east-2{}", zone)}};
    if (role == "infra") labels.emplace_back("node_role_kubernetes_io", "infra");
    if (role == "worker" && random.Chance(0.1)) labels.emplace_back("team", random.Pick(kTeams));
    node.labels = cluster.texts.Intern(PrintLabels(std::move(labels)));
    cluster.nodes.push_back(std::move(node));
  }
}

void AddNamespaces(Cluster& cluster) {
  Random random(cluster.shape.seed, {uint64_t(cluster.shape.cluster_index), 'P'});
  const int32_t count = cluster.shape.namespaces;
  const int32_t platform_count =
      count == 1 ? 0
                 : std::clamp(count * 3 / 10, 1, static_cast<int32_t>(kPlatformNamespaces.size()));
  for (int32_t index = 0; index < count; ++index) {
    Namespace project;
    project.is_platform = index < platform_count;
    LabelList labels;
    if (project.is_platform) {
      project.title = kPlatformNamespaces[static_cast<size_t>(index)];
      project.team = "platform";
      project.environment = "prod";
      labels = {{"openshift_io_cluster_monitoring", "true"}, {"team", "platform"}};
    } else {
      project.team = random.Pick(kTeams);
      project.environment = random.Pick(kEnvironments);
      const auto purpose = random.Pick(kPurposes);
      project.title = fmt::format("{}-{}-{}", project.team, purpose, project.environment);
      // Names repeat once the lists are used up.
      if (cluster.texts.Find(project.title) != base::kNullText) {
        project.title += fmt::format("-{}", index);
      }
      labels = {{"env", project.environment}, {"team", project.team}};
      if (random.Chance(0.5)) {
        labels.emplace_back("cost_center", fmt::format("cc-{}", 1000 + random.Below(40)));
      }
    }
    labels.emplace_back("kubernetes_io_metadata_name", project.title);
    project.name = cluster.texts.Intern(project.title);
    project.labels = cluster.texts.Intern(PrintLabels(std::move(labels)));
    cluster.namespaces.push_back(std::move(project));
  }
}

void AddVolumes(Cluster& cluster) {
  Random random(cluster.shape.seed, {uint64_t(cluster.shape.cluster_index), 'V'});
  std::vector<size_t> stateful;
  std::vector<size_t> sharing;
  for (size_t index = 0; index < cluster.workloads.size(); ++index) {
    const WorkloadKind kind = cluster.workloads[index].kind;
    if (kind == WorkloadKind::kStatefulSet || kind == WorkloadKind::kVirtualMachine) {
      stateful.push_back(index);
    } else if (kind == WorkloadKind::kDeployment) {
      sharing.push_back(index);
    }
  }

  struct StorageClass {
    std::string_view name;
    std::string_view driver;
    bool can_be_shared;
  };
  constexpr std::array<StorageClass, 3> kClasses = {
      {{"gp3-csi", "ebs.csi.aws.com", false},
       {"ocs-storagecluster-ceph-rbd", "openshift-storage.rbd.csi.ceph.com", false},
       {"ocs-storagecluster-cephfs", "openshift-storage.cephfs.csi.ceph.com", true}}};

  for (int32_t index = 0; index < cluster.shape.volumes; ++index) {
    Volume volume;
    bool shared = false;
    std::string owner;
    const bool has_owner = !random.Chance(0.08) && !(stateful.empty() && sharing.empty());
    if (has_owner) {
      shared = stateful.empty() || (!sharing.empty() && random.Chance(0.3));
      Workload& workload = cluster.workloads[random.Pick(shared ? sharing : stateful)];
      workload.has_volume = true;
      volume.namespace_index = workload.namespace_index;
      volume.slots = shared ? workload.slots : 1;
      const int32_t slot = shared ? 0 : random.Between(0, workload.slots - 1);
      volume.first_slot = workload.first_slot + slot;
      owner = shared ? workload.name : fmt::format("{}-{}", workload.name, slot);
    } else {
      volume.namespace_index = random.Below(cluster.namespaces.size());
      owner = "unused";
    }
    const auto& storage_class = kClasses[shared ? 2 : random.Below(2)];
    const Namespace& project = cluster.namespaces[volume.namespace_index];
    volume.claim = cluster.texts.Intern(fmt::format("data-{}-{}", owner, index));
    volume.name = cluster.texts.Intern(VolumeName(random));
    volume.storage_class = cluster.texts.Intern(storage_class.name);
    volume.csi_driver = cluster.texts.Intern(storage_class.driver);
    volume.csi_volume_handle = cluster.texts.Intern("vol-0" + RandomHex(random, 16));
    volume.volume_labels = cluster.no_labels;
    if (random.Chance(0.3)) {
      volume.volume_labels =
          cluster.texts.Intern(PrintLabels({{"env", project.environment}, {"backup", "daily"}}));
    }
    volume.claim_labels = cluster.texts.Intern(
        has_owner ? PrintLabels({{"app", owner}, {"team", project.team}}) : "{}");
    volume.capacity_bytes = kGibibyte * (1 << random.Between(0, 9));
    volume.request_bytes = random.Chance(0.8) ? volume.capacity_bytes : volume.capacity_bytes / 2;
    volume.used_bytes =
        std::floor(volume.capacity_bytes / kMebibyte * random.Between(0.05, 0.9)) * kMebibyte;
    cluster.volumes.push_back(volume);
  }
}

Cluster MakeCluster(const ClusterShape& shape) {
  Cluster cluster;
  cluster.shape = shape;
  cluster.empty = cluster.texts.Intern("");
  cluster.no_labels = cluster.texts.Intern("{}");
  AddLoadCurves(cluster);
  AddNodes(cluster);
  AddNamespaces(cluster);
  AddWorkloads(cluster);
  AddVolumes(cluster);
  AddPods(cluster);
  return cluster;
}

}  // namespace matome::datagen
