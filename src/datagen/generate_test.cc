// SPDX-License-Identifier: Apache-2.0
#include "datagen/generate.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "datagen/read_back_for_test.h"
#include "datagen/report_layout.h"

namespace matome::datagen {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class GenerateTest : public ::testing::Test {
 protected:
  const std::string& root() const { return scratch_.path(); }

  ScratchDirectory scratch_;
};

TEST_F(GenerateTest, LaysFilesOutAsKokuDoes) {
  const auto result = MustGenerate(SmallOptions(root()));
  ASSERT_THAT(result.source_uuids, SizeIs(1));
  const std::string& source = result.source_uuids[0];
  const auto keys = AllKeys(root());
  EXPECT_EQ(static_cast<int64_t>(keys.size()), result.files);
  EXPECT_THAT(keys, SizeIs(4 * 2 * 3));
  for (const GeneratedReport report : kReports) {
    const std::string type(LayoutOf(report).report_type);
    for (int day = 1; day <= 3; ++day) {
      const auto pattern = [&](bool daily) {
        return fmt::format(R"({}{}\.2025-03-0{}\.[0-9]+\.0{}_0\.parquet)",
                           ReportDirectory(report, daily, source), type, day,
                           daily ? "_daily" : "");
      };
      EXPECT_THAT(keys, Contains(::testing::MatchesRegex(pattern(false))));
      EXPECT_THAT(keys, Contains(::testing::MatchesRegex(pattern(true))));
    }
  }
}

TEST_F(GenerateTest, FilesHaveAllColumns) {
  const auto result = MustGenerate(SmallOptions(root()));
  for (const GeneratedReport report : kReports) {
    const auto pairs = ReadPairs(root(), report, result.source_uuids[0]);
    ASSERT_THAT(pairs, SizeIs(3));
    for (const FilePair& pair : pairs) {
      ASSERT_TRUE(pair.hourly.has_value());
      EXPECT_THAT(pair.hourly->missing, IsEmpty());
      EXPECT_THAT(pair.daily.missing, IsEmpty());
    }
  }
}

TEST_F(GenerateTest, DailyRowsAreTheHourlyRowsAggregated) {
  auto options = SmallOptions(root());
  options.files_per_day = 2;
  const auto result = MustGenerate(options);
  for (const GeneratedReport report : kReports) {
    const auto pairs = ReadPairs(root(), report, result.source_uuids[0]);
    ASSERT_THAT(pairs, SizeIs(6));
    for (const FilePair& pair : pairs) ExpectDailyIsAggregate(pair, LayoutOf(report), false);
  }
}

TEST_F(GenerateTest, SameSeedSameBytesWhateverTheThreads) {
  for (const bool messy : {false, true}) {
    std::vector<std::map<std::string, std::string>> lakes;
    for (const int32_t threads : {1, 3}) {
      const ScratchDirectory scratch;
      auto options = SmallOptions(scratch.path());
      options.messy = messy;
      options.clusters = 2;
      options.threads = threads;
      MustGenerate(options);
      auto& lake = lakes.emplace_back();
      for (const auto& key : AllKeys(scratch.path())) lake[key] = ReadBytes(scratch.path(), key);
    }
    EXPECT_EQ(lakes[0].size(), lakes[1].size());
    EXPECT_TRUE(lakes[0] == lakes[1]) << "messy: " << messy;
  }
}

TEST_F(GenerateTest, SeedsDiffer) {
  auto options = SmallOptions(root());
  const auto first = MustGenerate(options);
  options.seed = 43;
  const auto second = MustGenerate(options);
  EXPECT_NE(first.source_uuids, second.source_uuids);
  EXPECT_NE(first.bytes, second.bytes);
}

TEST_F(GenerateTest, ClustersAreSourcesOfTheirOwn) {
  auto options = SmallOptions(root());
  options.clusters = 3;
  options.nodes = 10;
  options.days = 1;
  const auto result = MustGenerate(options);
  const std::set<std::string> sources(result.source_uuids.begin(), result.source_uuids.end());
  EXPECT_THAT(sources, SizeIs(3));
  std::set<std::string> nodes;
  size_t namespaces = 0;
  for (const auto& source : sources) {
    for (const auto& pair : ReadPairs(root(), GeneratedReport::kNodeLabels, source)) {
      for (const auto& node : pair.daily.Texts("node")) nodes.insert(*node);
    }
    for (const auto& pair : ReadPairs(root(), GeneratedReport::kNamespaceLabels, source)) {
      namespaces += pair.daily.rows();
    }
  }
  EXPECT_THAT(nodes, SizeIs(10));
  EXPECT_EQ(namespaces, 30U);
}

TEST_F(GenerateTest, TheMonthCanBeOneFile) {
  auto options = SmallOptions(root());
  options.layout = FileLayout::kMonthly;
  const auto monthly = MustGenerate(options);
  EXPECT_THAT(AllKeys(root()), SizeIs(8));
  EXPECT_THAT(AllKeys(root()), Contains(HasSubstr("-cm-openshift-pod-usage-202503.0_0.parquet")));
  for (const auto& pair : ReadPairs(root(), GeneratedReport::kPods, monthly.source_uuids[0])) {
    ExpectDailyIsAggregate(pair, LayoutOf(GeneratedReport::kPods), false);
  }

  const ScratchDirectory scratch;
  options.output_directory = scratch.path();
  options.layout = FileLayout::kDaily;
  const auto daily = MustGenerate(options);
  EXPECT_EQ(daily.source_uuids, monthly.source_uuids);
  EXPECT_EQ(daily.hourly_rows, monthly.hourly_rows);
  EXPECT_EQ(daily.daily_rows, monthly.daily_rows);
}

// What the benchmarks build on: 50 nodes with 27 pods each, for 31 days, are a million hourly rows.
TEST_F(GenerateTest, HasTheExpectedNumbersOfRows) {
  auto options = SmallOptions(root());
  options.nodes = 50;
  options.pods_per_node = 27;
  options.days = 2;
  options.label_keys = 6;
  const auto result = MustGenerate(options);
  EXPECT_NEAR(static_cast<double>(result.pod_hourly_rows), 50 * 27 * 24 * 2, 50 * 27 * 2);
  std::set<std::string> label_texts;
  for (const auto& pair : ReadPairs(root(), GeneratedReport::kPods, result.source_uuids[0])) {
    EXPECT_NEAR(static_cast<double>(pair.daily.rows()), 1350, 200);
    for (const auto& text : pair.daily.Texts("pod_labels")) label_texts.insert(*text);
  }
  EXPECT_GT(label_texts.size(), 300U);
  EXPECT_LT(label_texts.size(), 800U);
  for (const auto& text : label_texts) {
    const auto labels = nlohmann::json::parse(text);
    EXPECT_THAT(labels, SizeIs(6)) << text;
    // Compact but for one blank after each comma and colon.
    EXPECT_EQ(text.size(), labels.dump().size() + 6 + 5) << text;
  }
}

TEST_F(GenerateTest, IsLikeARealCluster) {
  auto options = SmallOptions(root());
  options.nodes = 40;
  options.pods_per_node = 25;
  options.days = 2;
  const auto result = MustGenerate(options);
  std::set<std::string> roles;
  std::set<std::string> namespaces;
  std::set<std::pair<OptionalText, OptionalText>> pods_by_day[2];
  std::map<int64_t, std::map<std::string, double>> free_cores;
  bool has_pod_without_node = false;
  bool has_virtual_machine = false;
  const auto pairs = ReadPairs(root(), GeneratedReport::kPods, result.source_uuids[0]);
  ASSERT_THAT(pairs, SizeIs(2));
  for (size_t day = 0; day < 2; ++day) {
    const Table& daily = pairs[day].daily;
    for (size_t row = 0; row < daily.rows(); ++row) {
      roles.insert(*daily.Texts("node_role")[row]);
      namespaces.insert(*daily.Texts("namespace")[row]);
      pods_by_day[day].emplace(daily.Texts("namespace")[row], daily.Texts("pod")[row]);
      has_pod_without_node |= daily.Texts("node")[row] == "";
      has_virtual_machine |=
          daily.Texts("pod_labels")[row]->find("\"vm_kubevirt_io_name\": ") != std::string::npos;
    }
    const Table& hourly = *pairs[day].hourly;
    for (size_t row = 0; row < hourly.rows(); ++row) {
      double& cores = free_cores[*hourly.starts[row]][*hourly.Texts("node")[row]];
      if (cores == 0) cores = *hourly.Numbers("node_capacity_cpu_cores")[row];
      cores -= *hourly.Numbers("pod_usage_cpu_core_seconds")[row] / 3600;
    }
  }
  EXPECT_TRUE(has_pod_without_node);
  EXPECT_TRUE(has_virtual_machine);
  EXPECT_THAT(roles, ::testing::IsSupersetOf({"master", "infra", "worker"}));
  EXPECT_THAT(namespaces, ::testing::IsSupersetOf({"openshift-kube-apiserver", "kube-system"}));
  EXPECT_THAT(free_cores, SizeIs(48));
  std::vector<std::pair<OptionalText, OptionalText>> stayed;
  std::ranges::set_intersection(pods_by_day[0], pods_by_day[1], std::back_inserter(stayed));
  EXPECT_GT(stayed.size(), pods_by_day[0].size() / 2);
  EXPECT_LT(stayed.size(), pods_by_day[0].size());

  std::map<std::string, std::set<std::string>> pods_of_volume;
  for (const auto& pair : ReadPairs(root(), GeneratedReport::kStorage, result.source_uuids[0])) {
    for (size_t row = 0; row < pair.daily.rows(); ++row) {
      pods_of_volume[*pair.daily.Texts("persistentvolume")[row]].insert(
          *pair.daily.Texts("pod")[row]);
    }
  }
  const auto counts = [&](auto&& predicate) {
    return std::ranges::count_if(pods_of_volume, predicate);
  };
  EXPECT_GT(counts([](const auto& volume) { return volume.second.contains(""); }), 0);
  EXPECT_GT(counts([](const auto& volume) { return volume.second.size() > 1; }), 0);
}

TEST_F(GenerateTest, RefusesToMixWithOlderData) {
  auto options = SmallOptions(root());
  MustGenerate(options);
  const auto keys = AllKeys(root());
  options.days = 1;
  const auto again = Generate(options, nullptr);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.status().code(), base::Code::kUsage);
  EXPECT_THAT(again.status().message(), HasSubstr("already holds reports of source"));
  EXPECT_EQ(AllKeys(root()), keys);

  options.replace = true;
  MustGenerate(options);
  EXPECT_THAT(AllKeys(root()), SizeIs(8));
}

TEST_F(GenerateTest, RefusesOptionsThatMakeNoSense) {
  const auto message = [&](auto&& change) {
    auto options = SmallOptions(root());
    change(options);
    const auto result = Generate(options, nullptr);
    EXPECT_EQ(result.status().code(), base::Code::kUsage);
    return result.status().message();
  };
  EXPECT_THAT(message([](auto& options) { options.output_directory = ""; }), HasSubstr("output"));
  EXPECT_THAT(message([](auto& options) { options.account = "a/b"; }), HasSubstr("account"));
  EXPECT_THAT(message([](auto& options) { options.clusters = 20; }), HasSubstr("at least 20"));
  EXPECT_THAT(message([](auto& options) { options.days = 32; }), HasSubstr("2025-03 has 31 days"));
  EXPECT_THAT(message([](auto& options) { options.churn = NAN; }), HasSubstr("churn"));
  EXPECT_THAT(message([](auto& options) { options.label_keys = 2; }), HasSubstr("label keys"));
  EXPECT_THAT(message([](auto& options) { options.files_per_day = 25; }), HasSubstr("1 to 24"));
  EXPECT_THAT(message([](auto& options) { options.source_uuid = "mine"; }), HasSubstr("UUID"));
  EXPECT_THAT(message([](auto& options) {
                options.source_uuid = "11111111-2222-4333-8444-555555555555";
                options.clusters = 2;
              }),
              HasSubstr("several clusters"));
  EXPECT_THAT(AllKeys(root()), IsEmpty());
}

TEST_F(GenerateTest, NamesTheDirectoryItCannotMake) {
  std::ofstream(root() + "/file") << "in the way";
  const auto result = Generate(SmallOptions(root() + "/file"), nullptr);
  EXPECT_EQ(result.status().code(), base::Code::kFailed);
  EXPECT_THAT(result.status().message(), HasSubstr("/file/data/parquet/"));
}

TEST_F(GenerateTest, StopsWhenAsked) {
  std::atomic<bool> stop = false;
  int64_t steps = 0;
  const auto result = Generate(
      SmallOptions(root()),
      [&](const GenerateProgress& progress) {
        EXPECT_EQ(progress.steps_done, ++steps);
        EXPECT_EQ(progress.steps_total, 12);
        stop = steps == 5;
      },
      &stop);
  EXPECT_EQ(result.status().code(), base::Code::kInterrupted);
  EXPECT_EQ(steps, 5);
  EXPECT_THAT(AllKeys(root()), SizeIs(10));
  EXPECT_THAT(AllKeys(root()), Each(Not(HasSubstr(".tmp"))));
}

TEST(ProfileOptionsTest, KnowsTheProfiles) {
  EXPECT_FALSE(ProfileOptions("huge").has_value());
  for (const auto* name : {"small", "medium", "large", "xlarge", "p99", "max"}) {
    EXPECT_TRUE(ProfileOptions(name).has_value()) << name;
  }
  const auto p99 = ProfileOptions("p99");
  EXPECT_EQ(p99->clusters, 33);
  EXPECT_EQ(p99->nodes, 1072);
  EXPECT_EQ(p99->namespaces, 50);
  EXPECT_EQ(p99->pods_per_namespace, 20);
  EXPECT_EQ(p99->volumes, 185);
}

TEST_F(GenerateTest, MakesASmallCustomer) {
  auto options = *ProfileOptions("small");
  options.output_directory = root();
  options.month = {2025, 3};
  options.days = 1;
  const auto result = MustGenerate(options);
  EXPECT_NEAR(static_cast<double>(result.pod_hourly_rows), 50 * 24, 100);
  for (const auto& pair : ReadPairs(root(), GeneratedReport::kNodeLabels, result.source_uuids[0])) {
    EXPECT_EQ(pair.daily.rows(), 15U);
  }
}

}  // namespace
}  // namespace matome::datagen
