// SPDX-License-Identifier: Apache-2.0
#include "testing/random_month.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "testing/naive_summary.h"
#include "testing/naive_text.h"
#include "testing/random_fault.h"
#include "testing/random_source.h"

namespace matome::testing {
namespace {

using Text = std::optional<std::string>;
using Number = std::optional<double>;

constexpr double kGibibyte = 1073741824.0;
constexpr int64_t kMillisecondsPerHour = 3'600'000;
constexpr std::string_view kVirtualMachineKey = "vm_kubevirt_io_name";
constexpr std::string_view kNeverEnabledKey = "never";

/// Where a pod runs.
struct Placement {
  Text namespace_;
  Text pod;
  Text node;
  Text resource_id;
};

/// A volume as a pod mounts it.
struct Mount {
  Text namespace_;
  Text pod;
  Text persistentvolumeclaim;
  Text persistentvolume;
  Text storageclass;
  Text csi_volume_handle;
};

class MonthMaker {
 public:
  MonthMaker(uint64_t seed, const RandomMonthOptions& options)
      : random_(seed),
        options_(options),
        postgresql_(options.semantics == Semantics::kKokuPostgresql) {}

  RandomMonth Make() {
    MakeParameters();
    MakeVocabulary();
    for (int64_t day = parameters_.start_day - 1; day <= parameters_.end_day + 1; ++day) {
      const bool in_range = day >= parameters_.start_day && day <= parameters_.end_day;
      MakeDay(day, in_range ? 1 : 6);
    }
    if (random_.Percent(50)) {
      MakeDay(parameters_.start_day + 40, 6);
    }
    if (options_.faults && random_.Percent(35)) {
      InjectRandomFault(parameters_, &random_, &dataset_);
    } else {
      SilenceVolumesWithoutNode(&dataset_);
    }
    MakeNodeTable();
    return {std::move(dataset_), std::move(parameters_)};
  }

 private:
  template <typename Values>
  decltype(auto) Pick(const Values& values) {
    return random_.Pick(values);
  }

  template <typename Value>
  std::vector<Value> Sample(const std::vector<Value>& values, uint64_t least, uint64_t most) {
    std::vector<Value> sample;
    const uint64_t count = least + random_.Below(most - least + 1);
    for (uint64_t index = 0; index < count; ++index) {
      sample.push_back(Pick(values));
    }
    return sample;
  }

  void MakeParameters() {
    struct Month {
      int year;
      unsigned month;
    };
    static constexpr std::array<Month, 6> kMonths = {
        {{2024, 2}, {2023, 2}, {2024, 12}, {2025, 1}, {2025, 6}, {2026, 10}}};
    const Month month = Pick(kMonths);
    const int64_t first = DayNumber(month.year, month.month, 1);
    const auto length = static_cast<uint64_t>(DaysInMonthOf(first));
    const uint64_t days = 1 + random_.Below(static_cast<uint64_t>(options_.most_days));
    parameters_.semantics = options_.semantics;
    parameters_.start_day = first + static_cast<int64_t>(random_.Below(length - days + 1));
    parameters_.end_day = parameters_.start_day + static_cast<int64_t>(days) - 1;
    parameters_.source_uuid = "3f0c7c1e-5d0e-4d5e-9d43-1c7c6a5b8f21";
    parameters_.cluster_id = "cluster-1";
    if (random_.Percent(70)) {
      parameters_.cluster_alias = "Café 1";
    }
    parameters_.report_period_id = static_cast<int32_t>(1 + random_.Below(1000));
    parameters_.storage_exists = !random_.Percent(5);
    MakePatterns();
  }

  void MakePatterns() {
    std::vector<std::string> patterns = {
        "a%",         "%",     "_pp", "%unalloc%",    "a_b",
        "a\\_b",      "ns\\%", "",    "Worker un%",   "kube%",
        "%\\\\%",     "_",     "a%b", "%x%",          "ü%",
        "line_break", "%s%e%", "App", "openshift-k%", "Worker unallocated",
        "____"};
    if (!postgresql_) {
      patterns.insert(patterns.end(), {"ns\\", "%\\"});
    }
    if (random_.Percent(85)) {
      for (const char* pattern : {"openshift-%", "kube-%", "Platform unallocated", "openshift"}) {
        parameters_.patterns.push_back({pattern, 1});
      }
    }
    const uint64_t more = random_.Percent(40) ? 0 : random_.Below(5);
    for (uint64_t index = 0; index < more; ++index) {
      const std::string pattern = Pick(patterns);
      const auto category = static_cast<int32_t>(1 + random_.Below(6));
      bool known = false;
      for (const CategoryPattern& other : parameters_.patterns) {
        known |= other.pattern == pattern;
      }
      if (!known) {
        parameters_.patterns.push_back({pattern, category});
      }
    }
  }

  void MakeVocabulary() {
    const std::vector<Text> namespaces = {"app",
                                          "app",
                                          "app",
                                          "a_b",
                                          "a%b",
                                          "axb",
                                          "",
                                          "App",
                                          "kube-system",
                                          "openshift",
                                          "openshift-kube-apiserver",
                                          "openshift-x",
                                          "Platform unallocated",
                                          "Worker unallocated",
                                          "Network unattributed",
                                          "Storage unattributed",
                                          "GPU unallocated",
                                          "ns\\x",
                                          "ns\\",
                                          "ns%",
                                          "line\nbreak",
                                          "ünï",
                                          "\xF0\x9F\x98\x80",
                                          " app",
                                          "app ",
                                          std::nullopt,
                                          std::string(253, 'x'),
                                          std::string(253, 'x') + "  ",
                                          std::string(250, 'y') + "üüü"};
    const std::vector<Text> nodes = {"n1",  "n2",   "n3", "n4", "N1",
                                     "n1 ", "nœud", "n1", "n2", std::string(253, 'n') + " "};
    const std::vector<Text> pods = {"p1", "p2", "p3", "p4", "p5", "P1", "", std::nullopt};
    const std::vector<Text> resource_ids = {
        "i-1", "i-2", "i-3", "I-1", "", "é", std::nullopt, std::string(252, 'i') + "ü "};
    namespaces_ = Sample(namespaces, 2, 5);
    nodes_ = Sample(nodes, 1, 4);
    resource_ids_ = Sample(resource_ids, 1, 4);
    const uint64_t placements = 2 + random_.Below(7);
    for (uint64_t index = 0; index < placements; ++index) {
      Placement placement{Pick(namespaces_), Pick(pods), Pick(nodes_), Pick(resource_ids_)};
      if (random_.Percent(6)) {
        placement.node = "";
      } else if (random_.Percent(4)) {
        placement.node = std::nullopt;
      }
      placements_.push_back(placement);
    }
    const std::vector<Text> claims = {"c1", "c2", "c3", "C1", "", std::nullopt};
    const std::vector<Text> volumes = {"v1", "v2", "v3", "v4", "", std::nullopt};
    const std::vector<Text> classes = {"gp2", "gp3", "", std::nullopt};
    const std::vector<Text> handles = {"h1", "h2", "", std::nullopt};
    const uint64_t mounts = 1 + random_.Below(6);
    for (uint64_t index = 0; index < mounts; ++index) {
      const Placement& placement = Pick(placements_);
      mounts_.push_back({placement.namespace_, random_.Percent(85) ? placement.pod : "elsewhere",
                         Pick(claims), Pick(volumes), Pick(classes), Pick(handles)});
    }
    MakeLabelVocabulary();
  }

  void MakeLabelVocabulary() {
    const std::vector<std::string> keys = {
        "env",      "team", "env",  "team", "app",  std::string(kVirtualMachineKey),
        "",         "ENV",  "ключ", "a\"b", "b\\s", "\xF0\x9F\x98\x80",
        "tab\there"};
    keys_ = Sample(keys, 2, 5);
    keys_.emplace_back(kNeverEnabledKey);
    if (random_.Percent(30)) {
      keys_.emplace_back(kVirtualMachineKey);
    }
    if (!random_.Percent(12)) {
      parameters_.enabled_keys = {"elsewhere"};
      for (const std::string& key : keys_) {
        if (key != kNeverEnabledKey && key != kVirtualMachineKey && random_.Percent(60)) {
          parameters_.enabled_keys.push_back(key);
        }
      }
    }
    const uint64_t texts = 4 + random_.Below(8);
    for (uint64_t index = 0; index < texts; ++index) {
      label_texts_.push_back(MakeLabels());
    }
  }

  /// Most label texts come from a small stock, so that sets meet.
  Text PickLabels() { return random_.Percent(85) ? Pick(label_texts_) : MakeLabels(); }

  Text MakeLabels() {
    const uint64_t shape = random_.Below(100);
    if (shape < 6) {
      return std::nullopt;
    }
    if (shape < 10) {
      return postgresql_ ? (random_.Percent(50) ? "" : "  ") : " null";
    }
    if (shape < 22) {
      return random_.Percent(70) ? "{}" : " { \n} ";
    }
    std::vector<std::string> left = keys_;
    std::string text;
    const bool plain = random_.Percent(50);
    const uint64_t count = 1 + random_.Below(4);
    std::vector<std::string> used;
    for (uint64_t index = 0; index < count; ++index) {
      const std::string key = Pick(left);
      bool repeated = false;
      for (const std::string& other : used) {
        repeated |= other == key;
      }
      if (repeated) {
        continue;
      }
      used.push_back(key);
      if (!text.empty()) {
        Append(plain ? ", " : ",", plain, &text);
      }
      text += Quoted(key, plain);
      Append(plain ? ": " : ":", plain, &text);
      text += MakeValue(key, plain);
    }
    std::string object;
    Append("{", plain, &object);
    object += text;
    Append("}", plain, &object);
    return object;
  }

  /// Each draw is a statement of its own: the order of evaluation inside an expression is not
  /// the same everywhere.
  void Append(std::string_view token, bool plain, std::string* text) {
    if (!plain) {
      *text += Space();
    }
    *text += token;
    if (!plain) {
      *text += Space();
    }
  }

  std::string Space() {
    static constexpr std::array<std::string_view, 6> kSpaces = {"", "", "", " ", "\t", " \r\n"};
    return std::string(Pick(kSpaces));
  }

  std::string MakeValue(const std::string& key, bool plain) {
    static constexpr std::array<std::string_view, 11> kTexts = {
        "prod", "dev", "a", "prod", "", "ü", "\xF0\x9F\x98\x80", "q\"q", "b\\b", "line\n", "1.5E0"};
    static constexpr std::array<std::string_view, 19> kNumbers = {
        "1",     "0",      "-0",          "12345678901234567890123",
        "1.5",   "1.50",   "1e3",         "1E+3",
        "1000",  "0.001",  "0.0",         "-0.0",
        "1e400", "1e-400", "100.25",      "0.1",
        "1e22",  "-12",    "123456.789e3"};
    const uint64_t shape = random_.Below(100);
    if (!plain && shape < 12) {
      return std::string(Pick(kNumbers));
    }
    if (!plain && shape < 16) {
      return random_.Percent(50) ? "true" : "false";
    }
    if (shape < 20) {
      return "null";
    }
    if (!plain && shape < 22) {
      if (postgresql_) {
        return random_.Percent(50) ? "[1, \"x\"]" : "{\"a\": true}";
      }
      return random_.Percent(50) ? "\"\\ud800\"" : "\"x\\uDC00y\\ud83d\"";
    }
    if (!postgresql_ && shape < 24 && key == kNeverEnabledKey) {
      return "\"\\u0000\"";
    }
    return Quoted(std::string(Pick(kTexts)), plain);
  }

  std::string Escaped(char32_t code_point) {
    if (code_point <= 0xFFFF) {
      return random_.Percent(50) ? fmt::format("\\u{:04x}", static_cast<uint32_t>(code_point))
                                 : fmt::format("\\u{:04X}", static_cast<uint32_t>(code_point));
    }
    const auto offset = static_cast<uint32_t>(code_point) - 0x10000U;
    return fmt::format("\\u{:04x}\\u{:04x}", 0xD800U + offset / 0x400U, 0xDC00U + offset % 0x400U);
  }

  /// A JSON text: as Python writes it, or with escapes at random.
  std::string Quoted(const std::string& text, bool plain) {
    std::string quoted = "\"";
    for (const char32_t code_point : NaiveDecodeUtf8(text)) {
      if (code_point == U'"' || code_point == U'\\') {
        quoted += "\\";
        NaiveAppendUtf8(code_point, &quoted);
      } else if (code_point == U'\n' || code_point == U'\t') {
        quoted += code_point == U'\n' ? "\\n" : "\\t";
      } else if (plain ? code_point > 0x7E : random_.Percent(25)) {
        quoted += Escaped(code_point);
      } else {
        NaiveAppendUtf8(code_point, &quoted);
      }
    }
    return quoted + "\"";
  }

  Number MakeAmount(double unit) {
    const uint64_t shape = random_.Below(100);
    if (shape < 8) {
      return std::nullopt;
    }
    if (shape < 16) {
      return 0.0;
    }
    const auto count = static_cast<double>(1 + random_.Below(100'000));
    if (shape < 24) {
      return count * 0.1;
    }
    if (shape < 26) {
      return -0.25 * count * unit;
    }
    if (shape < 28) {
      return 1099511627776.0 * count;
    }
    if (shape < 30) {
      return 1e-12 * count;
    }
    return 0.25 * count * unit;
  }

  std::optional<int64_t> MakeTime(int64_t day, bool midnight) {
    if (random_.Percent(2)) {
      return std::nullopt;
    }
    const int64_t start = day * kMillisecondsPerDay;
    if (random_.Percent(3)) {
      return start + kMillisecondsPerDay - 1;
    }
    const auto hour = static_cast<int64_t>(random_.Below(4));
    return midnight ? start : start + hour * kMillisecondsPerHour;
  }

  void MakeDay(int64_t day, uint64_t thinned) {
    MakeLabelRows(day, nodes_, 45, thinned, &dataset_.node_labels);
    MakeLabelRows(day, namespaces_, 35, thinned, &dataset_.namespace_labels);
    const uint64_t pod_rows = random_.Below(options_.most_pod_rows_per_day + 1) / thinned;
    for (uint64_t index = 0; index < pod_rows; ++index) {
      dataset_.pod_daily.push_back(MakePodRow(day));
    }
    const uint64_t storage_rows = random_.Below(options_.most_storage_rows_per_day + 1) / thinned;
    for (uint64_t index = 0; index < storage_rows; ++index) {
      dataset_.storage.push_back(MakeStorageRow(day));
    }
    if (random_.Percent(90)) {
      const uint64_t hourly_rows = random_.Below(30) / thinned;
      for (uint64_t index = 0; index < hourly_rows; ++index) {
        dataset_.pod_hourly.push_back(MakeHourlyRow(day));
      }
    }
  }

  void MakeLabelRows(int64_t day, const std::vector<Text>& keys, uint64_t percent, uint64_t thinned,
                     std::vector<LabelRow>* rows) {
    std::vector<Text> all = keys;
    all.emplace_back("");
    all.emplace_back(std::nullopt);
    all.emplace_back("unseen");
    for (const Text& key : all) {
      while (random_.Percent(percent / thinned)) {
        LabelRow row;
        row.interval_start_ms = MakeTime(day, true);
        row.key = key;
        row.labels = PickLabels();
        if (random_.Percent(5)) {
          row.labels = R"({"node_role_kubernetes_io": "infra"})";
        }
        rows->push_back(row);
      }
    }
  }

  PodRow MakePodRow(int64_t day) {
    const Placement& placement = Pick(placements_);
    PodRow row;
    row.interval_start_ms = MakeTime(day, true);
    row.namespace_ = placement.namespace_;
    row.pod = placement.pod;
    row.node = random_.Percent(90) ? placement.node : Pick(nodes_);
    row.resource_id = random_.Percent(85) ? placement.resource_id : Pick(resource_ids_);
    row.pod_labels = PickLabels();
    static constexpr std::array<std::string_view, 4> kRoles = {"worker", "master", "infra", ""};
    if (random_.Percent(30)) {
      row.node_role = std::string(Pick(kRoles));
    }
    row.pod_usage_cpu_core_seconds = MakeAmount(1);
    row.pod_request_cpu_core_seconds = MakeAmount(1);
    row.pod_limit_cpu_core_seconds = MakeAmount(1);
    row.pod_usage_memory_byte_seconds = MakeAmount(kGibibyte);
    row.pod_request_memory_byte_seconds = MakeAmount(kGibibyte);
    row.pod_limit_memory_byte_seconds = MakeAmount(kGibibyte);
    row.node_capacity_cpu_cores = MakeAmount(1);
    row.node_capacity_cpu_core_seconds = MakeAmount(1);
    row.node_capacity_memory_bytes = MakeAmount(kGibibyte);
    row.node_capacity_memory_byte_seconds = MakeAmount(kGibibyte);
    if (random_.Percent(70)) {
      row.pod_effective_usage_cpu_core_seconds = MakeAmount(1);
      row.pod_effective_usage_memory_byte_seconds = MakeAmount(kGibibyte);
    }
    return row;
  }

  PodRow MakeHourlyRow(int64_t day) {
    PodRow row = MakePodRow(day);
    row.interval_start_ms = MakeTime(day, false);
    if (random_.Percent(5)) {
      row.node = "";
    }
    return row;
  }

  StorageRow MakeStorageRow(int64_t day) {
    const Mount& mount = Pick(mounts_);
    const Mount& other = Pick(mounts_);
    const auto mostly = [this](const Text& usual, const Text& unusual) {
      return random_.Percent(95) ? usual : unusual;
    };
    StorageRow row;
    row.interval_start_ms = MakeTime(day, true);
    row.namespace_ = mostly(mount.namespace_, other.namespace_);
    row.pod = mostly(mount.pod, other.pod);
    row.persistentvolumeclaim = mostly(mount.persistentvolumeclaim, other.persistentvolumeclaim);
    row.persistentvolume = mostly(mount.persistentvolume, other.persistentvolume);
    row.storageclass = mostly(mount.storageclass, other.storageclass);
    row.csi_volume_handle = mostly(mount.csi_volume_handle, other.csi_volume_handle);
    row.persistentvolume_labels = PickLabels();
    row.persistentvolumeclaim_labels = PickLabels();
    row.persistentvolumeclaim_capacity_bytes = MakeAmount(kGibibyte);
    row.persistentvolumeclaim_capacity_byte_seconds = MakeAmount(kGibibyte);
    row.volume_request_storage_byte_seconds = MakeAmount(kGibibyte);
    row.persistentvolumeclaim_usage_byte_seconds = MakeAmount(kGibibyte);
    return row;
  }

  void MakeNodeTable() {
    if (random_.Percent(30)) {
      parameters_.nodes = NaiveDerivedRoles(dataset_);
      return;
    }
    static constexpr std::array<std::string_view, 7> kRoles = {
        "worker", "worker", "master", "infra", "", "gpu", "Worker"};
    const uint64_t count = random_.Below(9);
    for (uint64_t index = 0; index < count; ++index) {
      NodeRole known{Pick(nodes_), Pick(resource_ids_), std::string(Pick(kRoles))};
      if (random_.Percent(10)) {
        known.node_role = std::nullopt;
      }
      if (random_.Percent(5)) {
        known.node = std::nullopt;
      }
      parameters_.nodes.push_back(known);
    }
  }

  RandomSource random_;
  const RandomMonthOptions options_;
  const bool postgresql_;
  Dataset dataset_;
  SummaryParameters parameters_;
  std::vector<Text> namespaces_;
  std::vector<Text> nodes_;
  std::vector<Text> resource_ids_;
  std::vector<Placement> placements_;
  std::vector<Mount> mounts_;
  std::vector<std::string> keys_;
  std::vector<Text> label_texts_;
};

}  // namespace

RandomMonth MakeRandomMonth(uint64_t seed, const RandomMonthOptions& options) {
  return MonthMaker(seed, options).Make();
}

}  // namespace matome::testing
