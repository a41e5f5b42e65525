// SPDX-License-Identifier: Apache-2.0
// What runs in a cluster, and its pods over the month.
#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "datagen/cluster_parts_internal.h"

namespace matome::datagen {
namespace {

constexpr double kMebibyte = 0x1p20;

constexpr std::array<std::string_view, 20> kApplications = {
    "frontend", "backend",   "worker",   "scheduler", "cache",    "indexer", "notifier",
    "exporter", "consumer",  "producer", "auth",      "session",  "orders",  "invoice",
    "pricing",  "inventory", "mailer",   "uploader",  "renderer", "proxy"};
constexpr std::array<std::string_view, 5> kDatabases = {"postgresql", "redis", "kafka",
                                                        "elasticsearch", "mongodb"};
constexpr std::array<std::string_view, 4> kTiers = {"frontend", "backend", "data", "batch"};

// A template's labels at one time.
struct Revision {
  std::string hash;
  base::TextId labels = base::kNullText;
};

// Everything that the making of pods keeps beside the cluster.
class PodMaker {
 public:
  explicit PodMaker(Cluster& cluster)
      : cluster_(cluster),
        random_(cluster.shape.seed, {uint64_t(cluster.shape.cluster_index), 'I'}) {
    // A node is drawn in proportion to its size.
    for (size_t index = 0; index < cluster.nodes.size(); ++index) {
      const auto node = static_cast<int32_t>(index);
      const auto role = cluster.texts.text(cluster.nodes[index].role);
      auto& tickets = role == "master" ? masters_ : role == "infra" ? infra_ : workers_;
      tickets.insert(tickets.end(), static_cast<size_t>(cluster.nodes[index].cores / 4), node);
      if (role == "master") master_nodes_.push_back(node);
    }
    if (workers_.empty()) workers_ = masters_;
    if (infra_.empty()) infra_ = workers_;
  }

  void MakePodsOf(int32_t index) {
    const Workload& workload = cluster_.workloads[static_cast<size_t>(index)];
    if (workload.kind == WorkloadKind::kJob) {
      MakeJobPods(index, workload);
      return;
    }
    const std::vector<Turn> rollouts = Rollouts(workload);
    for (int32_t slot = 0; slot < workload.slots; ++slot) {
      cluster_.first_pod_of_slot.push_back(cluster_.pods.size());
      MakePodsOfSlot(index, workload, slot, rollouts);
    }
  }

 private:
  // From this hour on pods are made by this revision.
  struct Turn {
    int32_t hour = 0;
    Revision revision;
  };

  std::vector<Turn> Rollouts(const Workload& workload) {
    const bool is_steady = workload.kind == WorkloadKind::kDaemonSet ||
                           workload.kind == WorkloadKind::kStaticPod ||
                           workload.kind == WorkloadKind::kVirtualMachine;
    const double rate = is_steady ? cluster_.shape.churn / 10 : cluster_.shape.churn * 2 / 3;
    int32_t version = static_cast<int32_t>(random_.Below(400));
    std::vector<Turn> turns = {{0, MakeRevision(workload, version)}};
    for (int32_t day = 0; day < cluster_.shape.days; ++day) {
      if (!random_.Chance(rate)) continue;
      if (random_.Chance(0.7)) ++version;
      turns.push_back({day * 24 + random_.Between(8, 18), MakeRevision(workload, version)});
    }
    return turns;
  }

  Revision MakeRevision(const Workload& workload, int32_t version) {
    Revision revision;
    revision.hash = RandomSuffix(random_, 10);
    const Namespace& project = cluster_.namespaces[workload.namespace_index];
    LabelList labels = {{"app", workload.name}};
    switch (workload.kind) {
      case WorkloadKind::kDeployment:
        labels.emplace_back("pod_template_hash", revision.hash);
        break;
      case WorkloadKind::kStatefulSet:
      case WorkloadKind::kDaemonSet:
        labels.emplace_back("controller_revision_hash",
                            fmt::format("{}-{}", workload.name, revision.hash));
        break;
      case WorkloadKind::kStaticPod:
        labels.emplace_back("revision", std::to_string(version));
        break;
      case WorkloadKind::kJob:
        labels.emplace_back("cronjob", workload.name);
        break;
      case WorkloadKind::kVirtualMachine:
        labels.emplace_back("vm_kubevirt_io_name", workload.name);
        break;
    }
    labels.emplace_back("env", project.environment);
    labels.emplace_back("team", project.team);
    labels.emplace_back(
        "version", fmt::format("{}.{}.{}", version / 100 + 1, version / 10 % 10, version % 10));
    labels.emplace_back("tier", kTiers[workload.load_curve % kTiers.size()]);
    labels.emplace_back("app_kubernetes_io_managed_by", "Helm");
    labels.emplace_back("cost_center", fmt::format("cc-{}", 1000 + workload.namespace_index % 40));
    for (size_t more = 1; labels.size() < static_cast<size_t>(workload.label_keys); ++more) {
      labels.emplace_back(fmt::format("annotation_{:02}", more), fmt::format("value-{}", more));
    }
    labels.resize(static_cast<size_t>(workload.label_keys));
    revision.labels = cluster_.texts.Intern(PrintLabels(std::move(labels)));
    return revision;
  }

  void MakePodsOfSlot(int32_t index, const Workload& workload, int32_t slot,
                      const std::vector<Turn>& rollouts) {
    const double restart_rate = cluster_.shape.churn / 3;
    size_t turn = 0;
    Pod* last = &AddPod(index, workload, slot, rollouts[0].revision, 0);
    last->first_hour_share = 1;
    for (int32_t day = 0; day < cluster_.shape.days; ++day) {
      int32_t hour = -1;
      if (turn + 1 < rollouts.size() && rollouts[turn + 1].hour / 24 == day) {
        hour = rollouts[++turn].hour;
      } else if (random_.Chance(restart_rate)) {
        hour = day * 24 + random_.Between(1, 23);
      }
      if (hour <= last->first_hour) continue;
      last->end_hour = hour;
      const int32_t node = last->node;
      last = &AddPod(index, workload, slot, rollouts[turn].revision, hour);
      // A pod with a name of its own stays where its volume or its name is.
      if (workload.kind == WorkloadKind::kStatefulSet ||
          workload.kind == WorkloadKind::kStaticPod || workload.kind == WorkloadKind::kDaemonSet) {
        last->node = node;
      } else if (!workload.has_volume && random_.Chance(0.01)) {
        last->pending_hours = random_.Between(1, 3);
      }
    }
  }

  void MakeJobPods(int32_t index, const Workload& workload) {
    const Revision revision = MakeRevision(workload, 1);
    for (int32_t slot = 0; slot < workload.slots; ++slot) {
      cluster_.first_pod_of_slot.push_back(cluster_.pods.size());
      for (int32_t day = 0; day < cluster_.shape.days; ++day) {
        Pod& pod = AddPod(index, workload, slot, revision, day * 24 + workload.first_job_hour);
        pod.end_hour = pod.first_hour + workload.job_hours;
      }
    }
  }

  Pod& AddPod(int32_t index, const Workload& workload, int32_t slot, const Revision& revision,
              int32_t first_hour) {
    Pod pod;
    pod.workload = index;
    pod.node = PickNode(workload, slot);
    pod.name = cluster_.texts.Intern(NameOf(workload, slot, pod.node, revision, first_hour));
    pod.labels = revision.labels;
    pod.first_hour = first_hour;
    pod.end_hour = cluster_.shape.hours();
    pod.first_hour_share = random_.Between(10, 60) / 60.0;
    pod.usage_share = random_.Between(0.7, 1.3);
    return cluster_.pods.emplace_back(pod);
  }

  int32_t PickNode(const Workload& workload, int32_t slot) {
    switch (workload.placement) {
      case Placement::kMasters:
        return master_nodes_[static_cast<size_t>(slot) % master_nodes_.size()];
      case Placement::kInfra:
        return random_.Pick(infra_);
      case Placement::kEveryNode:
        return slot % static_cast<int32_t>(cluster_.nodes.size());
      case Placement::kWorkers:
        return random_.Pick(workers_);
    }
    return 0;
  }

  std::string NameOf(const Workload& workload, int32_t slot, int32_t node, const Revision& revision,
                     int32_t first_hour) {
    switch (workload.kind) {
      case WorkloadKind::kStatefulSet:
        return fmt::format("{}-{}", workload.name, slot);
      case WorkloadKind::kStaticPod:
        // Several on one node tell themselves apart.
        return fmt::format(
            "{}-{}{}", workload.name, cluster_.nodes[static_cast<size_t>(node)].host_name,
            static_cast<size_t>(slot) < master_nodes_.size() ? "" : fmt::format("-{}", slot));
      case WorkloadKind::kDaemonSet:
        return fmt::format("{}-{}", workload.name, RandomSuffix(random_, 5));
      case WorkloadKind::kVirtualMachine:
        return fmt::format("virt-launcher-{}-{}", workload.name, RandomSuffix(random_, 5));
      case WorkloadKind::kJob:
        // A cron job's pods carry the minute since 1970 for which they were made.
        return fmt::format(
            "{}-{}-{}", workload.name,
            int64_t{cluster_.shape.month.first_day().days_since_epoch} * 1440 + first_hour * 60,
            RandomSuffix(random_, 5));
      case WorkloadKind::kDeployment:
        return fmt::format("{}-{}-{}", workload.name, revision.hash, RandomSuffix(random_, 5));
    }
    return {};
  }

  Cluster& cluster_;
  Random random_;
  std::vector<int32_t> masters_;
  std::vector<int32_t> infra_;
  std::vector<int32_t> workers_;
  std::vector<int32_t> master_nodes_;
};

class WorkloadMaker {
 public:
  explicit WorkloadMaker(Cluster& cluster)
      : cluster_(cluster),
        random_(cluster.shape.seed, {uint64_t(cluster.shape.cluster_index), 'W'}) {}

  void MakeAll() {
    const int32_t platform_pods = MakePlatform(cluster_.shape.pods * 2 / 5);
    MakeApplications(cluster_.shape.pods - platform_pods);
    FitToCapacity();
  }

 private:
  // Returns how many pods there are, at most `budget`.
  int32_t MakePlatform(int32_t budget) {
    const auto nodes = static_cast<int32_t>(cluster_.nodes.size());
    const auto masters =
        static_cast<int32_t>(std::ranges::count_if(cluster_.nodes, [&](const Node& node) {
          return cluster_.texts.text(node.role) == "master";
        }));
    int32_t made = 0;
    for (size_t index = 0; index < cluster_.namespaces.size(); ++index) {
      const Namespace& project = cluster_.namespaces[index];
      if (!project.is_platform) break;
      const std::string_view title = project.title;
      const auto add = [&](std::string_view name, WorkloadKind kind, Placement placement,
                           int32_t slots) {
        slots = std::min(slots, budget - made);
        if (slots <= 0) return;
        Add(index, std::string(name), kind, placement, slots);
        made += slots;
      };
      using enum WorkloadKind;
      if (title == "openshift-kube-apiserver") {
        add("kube-apiserver", kStaticPod, Placement::kMasters, masters);
      } else if (title == "openshift-etcd") {
        add("etcd", kStaticPod, Placement::kMasters, masters);
      } else if (title == "openshift-monitoring") {
        add("prometheus-k8s", kStatefulSet, Placement::kInfra, 2);
        add("node-exporter", kDaemonSet, Placement::kEveryNode, nodes);
      } else if (title == "openshift-dns") {
        add("dns-default", kDaemonSet, Placement::kEveryNode, nodes);
      } else if (title == "openshift-ovn-kubernetes") {
        add("ovnkube-node", kDaemonSet, Placement::kEveryNode, nodes);
      } else {
        add(title.substr(title.find('-') + 1), kDeployment, Placement::kInfra,
            random_.Between(1, 4));
      }
    }
    return made;
  }

  void MakeApplications(int32_t pods) {
    std::vector<size_t> projects;
    std::vector<double> weights;
    double total = 0;
    for (size_t index = 0; index < cluster_.namespaces.size(); ++index) {
      if (cluster_.namespaces[index].is_platform) continue;
      projects.push_back(index);
      total += random_.Between(0.4, 1.6);
      weights.push_back(total);
    }
    int32_t made = 0;
    for (size_t project = 0; project < projects.size(); ++project) {
      const auto until = static_cast<int32_t>(std::lround(weights[project] / total * pods));
      while (made < until) made += AddApplication(projects[project], until - made);
    }
  }

  int32_t AddApplication(size_t project, int32_t most_slots) {
    constexpr std::array<int32_t, 20> kReplicas = {1, 1, 1, 1, 1, 1, 1, 2, 2, 2,
                                                   2, 2, 2, 3, 3, 3, 3, 4, 5, 8};
    const double draw = random_.Unit();
    const bool is_first = application_count_++ == 0;
    const auto number = application_count_;
    if (draw < 0.03 || is_first) {
      Add(project, fmt::format("vm-{}-{}", random_.Pick(kDatabases), number),
          WorkloadKind::kVirtualMachine, Placement::kWorkers, 1);
      return 1;
    }
    if (draw < 0.08) {
      Add(project, fmt::format("{}-{}", random_.Pick(kApplications), number), WorkloadKind::kJob,
          Placement::kWorkers, 1);
      return 1;
    }
    const int32_t slots = std::min(most_slots, random_.Pick(kReplicas));
    if (draw < 0.20) {
      Add(project, fmt::format("{}-{}", random_.Pick(kDatabases), number),
          WorkloadKind::kStatefulSet, Placement::kWorkers, slots);
    } else {
      Add(project, fmt::format("{}-{}", random_.Pick(kApplications), number),
          WorkloadKind::kDeployment, Placement::kWorkers, slots);
    }
    return slots;
  }

  void Add(size_t project, std::string name, WorkloadKind kind, Placement placement,
           int32_t slots) {
    constexpr std::array<int32_t, 12> kLabelKeys = {3, 4, 5, 5, 6, 6, 6, 6, 7, 7, 8, 8};
    constexpr std::array<double, 8> kRequests = {0.01, 0.05, 0.1, 0.1, 0.25, 0.25, 0.5, 1};
    Workload workload;
    workload.namespace_index = project;
    workload.name = std::move(name);
    workload.kind = kind;
    workload.placement = placement;
    workload.first_slot = next_slot_;
    workload.slots = slots;
    workload.load_curve = random_.Below(cluster_.load_curves.size());
    workload.label_keys = cluster_.shape.label_keys.value_or(random_.Pick(kLabelKeys));
    if (kind == WorkloadKind::kJob) {
      workload.first_job_hour = random_.Between(0, 17);
      workload.job_hours = random_.Between(1, 6);
    }

    // A sixth asks for nothing, half sets no limit.
    PodSize& size = workload.size;
    const double weight = kind == WorkloadKind::kVirtualMachine ? 4 : 1;
    size.usage_cpu_cores = random_.Pick(kRequests) * weight * random_.Between(0.3, 1.1);
    size.usage_memory_bytes = size.usage_cpu_cores * random_.Between(1500.0, 6000.0) * kMebibyte;
    if (random_.Chance(0.84)) {
      size.request_cpu_cores = size.usage_cpu_cores * random_.Between(0.9, 3.0);
      size.request_memory_bytes = size.usage_memory_bytes * random_.Between(0.9, 1.8);
      if (random_.Chance(0.5)) {
        size.limit_cpu_cores = size.request_cpu_cores * random_.Between(1, 4);
        size.limit_memory_bytes = size.request_memory_bytes * random_.Between(1, 3);
      }
    }
    next_slot_ += slots;
    cluster_.workloads.push_back(std::move(workload));
  }

  // Scales all sizes so that requests come to about 60 % of the nodes, whatever their number, and
  // rounds them to the units that people write.
  void FitToCapacity() {
    double cores = 0;
    double bytes = 0;
    for (const Node& node : cluster_.nodes) {
      cores += node.cores;
      bytes += node.memory_bytes;
    }
    double request_cores = 1e-9;
    double request_bytes = 1;
    for (const Workload& workload : cluster_.workloads) {
      request_cores += workload.size.request_cpu_cores * workload.slots;
      request_bytes += workload.size.request_memory_bytes * workload.slots;
    }
    const double cpu = std::min(0.6 * cores / request_cores, 6.0);
    const double memory = std::min(0.6 * bytes / request_bytes, 6.0);
    const auto millis = [](double value) { return std::ceil(value * 1000) / 1000; };
    const auto mebibytes = [](double value) { return std::ceil(value / kMebibyte) * kMebibyte; };
    for (Workload& workload : cluster_.workloads) {
      PodSize& size = workload.size;
      size.request_cpu_cores = millis(size.request_cpu_cores * cpu);
      size.limit_cpu_cores = millis(size.limit_cpu_cores * cpu);
      size.usage_cpu_cores *= cpu;
      size.request_memory_bytes = mebibytes(size.request_memory_bytes * memory);
      size.limit_memory_bytes = mebibytes(size.limit_memory_bytes * memory);
      size.usage_memory_bytes *= memory;
    }
  }

  Cluster& cluster_;
  Random random_;
  int32_t next_slot_ = 0;
  int32_t application_count_ = 0;
};

}  // namespace

void AddWorkloads(Cluster& cluster) { WorkloadMaker(cluster).MakeAll(); }

void AddPods(Cluster& cluster) {
  PodMaker maker(cluster);
  for (size_t index = 0; index < cluster.workloads.size(); ++index) {
    maker.MakePodsOf(static_cast<int32_t>(index));
  }
  cluster.first_pod_of_slot.push_back(cluster.pods.size());

  // One pod in a thousand is never scheduled.
  Random random(cluster.shape.seed, {uint64_t(cluster.shape.cluster_index), 'U'});
  for (Pod& pod : cluster.pods) {
    const Workload& workload = cluster.workloads[static_cast<size_t>(pod.workload)];
    if (workload.kind == WorkloadKind::kDeployment && !workload.has_volume &&
        random.Chance(0.001)) {
      pod.node = -1;
    }
  }
}

}  // namespace matome::datagen
