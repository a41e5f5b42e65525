// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace matome::datagen {

/// The reports that are generated, each with an hourly and a daily data set.
enum class GeneratedReport : uint8_t { kPods, kStorage, kNodeLabels, kNamespaceLabels };
inline constexpr size_t kGeneratedReportCount = 4;

/// The most texts and plain numbers that a report's rows have.
inline constexpr size_t kMostTexts = 10;
inline constexpr size_t kMostNumbers = 10;

/// How a day's number is made from the hours' (semantics §2.6).
enum class DailyNumber : uint8_t { kSum, kMax };

struct NumberColumn {
  std::string_view name;
  DailyNumber daily = DailyNumber::kSum;
};

/// A column computed per hourly row: the larger of two numbers, a NULL one ignored. Summed per day.
struct LargerColumn {
  std::string_view name;
  size_t left;
  size_t right;
};

/// The columns of a report (semantics §2.6). A row's texts are the keys, then the attributes.
struct ReportLayout {
  std::string_view report_type;                  // As in object keys.
  std::string_view csv_name;                     // As in the names of an operator's CSV files.
  std::span<const std::string_view> keys;        // Group keys of the daily rows, in this order.
  std::span<const std::string_view> attributes;  // Texts of which a day takes the maximum.
  std::span<const NumberColumn> numbers;
  std::span<const LargerColumn> larger;
  std::span<const std::string_view> hourly_order;
  std::span<const std::string_view> daily_order;
};

const ReportLayout& LayoutOf(GeneratedReport report);

/// Indices into a row's texts and numbers.
struct PodRow {
  enum Text { kNamespace, kNode, kPod, kLabels, kResourceId, kNodeRole, kTextCount };
  enum Number {
    kUsageCpu,
    kRequestCpu,
    kLimitCpu,
    kUsageMemory,
    kRequestMemory,
    kLimitMemory,
    kCapacityCpuCores,
    kCapacityCpuCoreSeconds,
    kCapacityMemoryBytes,
    kCapacityMemoryByteSeconds,
    kNumberCount
  };
};

struct StorageRow {
  enum Text {
    kNamespace,
    kPod,
    kNode,
    kClaim,
    kVolume,
    kStorageClass,
    kCsiDriver,
    kCsiVolumeHandle,
    kVolumeLabels,
    kClaimLabels,
    kTextCount
  };
  enum Number {
    kCapacityBytes,
    kCapacityByteSeconds,
    kRequestByteSeconds,
    kUsageByteSeconds,
    kNumberCount
  };
};

struct LabelRow {
  enum Text { kOwner, kLabels, kTextCount };
};

}  // namespace matome::datagen
