// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "datagen/generate.h"
#include "datagen/read_back_for_test.h"
#include "datagen/report_layout.h"

namespace matome::datagen {
namespace {

using ::testing::Contains;
using ::testing::Not;
using ::testing::SizeIs;

class MessyTest : public ::testing::Test {
 protected:
  const std::string& root() const { return scratch_.path(); }

  void SetUp() override {
    auto options = SmallOptions(root());
    options.messy = true;
    options.days = 8;
    source_ = MustGenerate(options).source_uuids.at(0);
  }

  std::vector<FilePair> Pairs(GeneratedReport report) { return ReadPairs(root(), report, source_); }

  ScratchDirectory scratch_;
  std::string source_;
};

TEST_F(MessyTest, EveryTextIsSometimesNullAndSometimesEmpty) {
  for (const GeneratedReport report : kReports) {
    std::set<std::string> with_null;
    std::set<std::string> with_empty;
    for (const FilePair& pair : Pairs(report)) {
      for (const auto& [name, texts] : pair.daily.texts) {
        if (std::ranges::count(texts, OptionalText()) > 0) with_null.insert(name);
        if (std::ranges::count(texts, OptionalText("")) > 0) with_empty.insert(name);
      }
    }
    const auto& layout = LayoutOf(report);
    for (const auto name : layout.keys) {
      const bool is_label = name.ends_with("_labels");
      EXPECT_THAT(with_null, Contains(name));
      if (is_label) {
        EXPECT_THAT(with_empty, Not(Contains(name)));  // An empty label text fails a summary.
      } else if (name != "csi_driver") {
        EXPECT_THAT(with_empty, Contains(name));
      }
    }
    for (const auto name : layout.attributes) EXPECT_THAT(with_null, Contains(name));
  }
}

TEST_F(MessyTest, EveryNumberIsSometimesNull) {
  for (const GeneratedReport report : {GeneratedReport::kPods, GeneratedReport::kStorage}) {
    std::set<std::string> with_null;
    for (const FilePair& pair : Pairs(report)) {
      for (const auto& [name, numbers] : pair.daily.numbers) {
        if (std::ranges::count(numbers, std::optional<double>()) > 0) with_null.insert(name);
      }
    }
    for (const auto& column : LayoutOf(report).numbers) {
      EXPECT_THAT(with_null, Contains(column.name));
    }
  }
}

TEST_F(MessyTest, DailyRowsAreStillAggregates) {
  for (const GeneratedReport report : kReports) {
    for (const FilePair& pair : Pairs(report)) {
      if (pair.hourly) ExpectDailyIsAggregate(pair, LayoutOf(report), true);
    }
  }
}

TEST_F(MessyTest, OwnersHaveSeveralLabelSetsADay) {
  for (const GeneratedReport report :
       {GeneratedReport::kNodeLabels, GeneratedReport::kNamespaceLabels}) {
    const auto& layout = LayoutOf(report);
    std::map<std::pair<OptionalText, std::optional<int64_t>>, std::set<OptionalText>> sets;
    for (const FilePair& pair : Pairs(report)) {
      for (size_t row = 0; row < pair.daily.rows(); ++row) {
        sets[{pair.daily.Texts(layout.keys[0])[row], pair.daily.starts[row]}].insert(
            pair.daily.Texts(layout.keys[1])[row]);
      }
    }
    const auto any = [&](auto&& predicate) {
      return std::ranges::any_of(sets, [&](const auto& entry) { return predicate(entry.second); });
    };
    EXPECT_TRUE(any([](const auto& texts) {
      return texts.size() > 1 && !texts.contains(std::nullopt) && !texts.contains("{}");
    }));
    EXPECT_TRUE(
        any([](const auto& texts) { return texts == std::set<OptionalText>{std::nullopt, "{}"}; }));
  }
}

TEST_F(MessyTest, PodsMoveAndClaimsHaveSeveralVolumes) {
  using Owner = std::tuple<OptionalText, OptionalText, std::optional<int64_t>>;
  std::map<Owner, std::set<OptionalText>> nodes_of_pod;
  std::map<Owner, std::set<OptionalText>> ids_of_pod;
  for (const FilePair& pair : Pairs(GeneratedReport::kPods)) {
    for (size_t row = 0; row < pair.daily.rows(); ++row) {
      const Owner owner = {pair.daily.Texts("namespace")[row], pair.daily.Texts("pod")[row],
                           pair.daily.starts[row]};
      nodes_of_pod[owner].insert(pair.daily.Texts("node")[row]);
      ids_of_pod[owner].insert(pair.daily.Texts("resource_id")[row]);
    }
  }
  std::map<Owner, std::set<OptionalText>> volumes_of_claim;
  for (const FilePair& pair : Pairs(GeneratedReport::kStorage)) {
    for (size_t row = 0; row < pair.daily.rows(); ++row) {
      volumes_of_claim[{pair.daily.Texts("namespace")[row],
                        pair.daily.Texts("persistentvolumeclaim")[row], pair.daily.starts[row]}]
          .insert(pair.daily.Texts("persistentvolume")[row]);
    }
  }
  const auto several = [](const auto& entry) { return entry.second.size() > 1; };
  EXPECT_TRUE(std::ranges::any_of(nodes_of_pod, several));
  EXPECT_TRUE(std::ranges::any_of(ids_of_pod, several));
  EXPECT_TRUE(std::ranges::any_of(volumes_of_claim, several));
}

TEST_F(MessyTest, FilesAndTimesAreOdd) {
  const auto pairs = Pairs(GeneratedReport::kPods);
  EXPECT_TRUE(std::ranges::any_of(pairs, [](const auto& pair) { return !pair.hourly; }));
  EXPECT_TRUE(
      std::ranges::any_of(pairs, [](const auto& pair) { return !pair.daily.missing.empty(); }));
  EXPECT_TRUE(std::ranges::any_of(
      pairs, [](const auto& pair) { return pair.hourly_key.ends_with("_2.parquet"); }));
  EXPECT_TRUE(std::ranges::any_of(pairs, [](const auto& pair) {
    return pair.hourly_key.find("/nested/") != std::string::npos;
  }));
  std::set<std::optional<model::Month>> months;
  for (const auto& pair : pairs) {
    for (const auto& start : pair.daily.starts) {
      months.insert(start ? std::optional(model::Month::Of(model::Day::OfMillis(*start)))
                          : std::nullopt);
    }
  }
  EXPECT_THAT(months, SizeIs(4));  // The one, those beside it, and none.

  EXPECT_GT(AllKeys(root()).size(), VisibleKeys(root()).size() + 8 * 4);
}

// What makes a summary fail must not be in it.
TEST_F(MessyTest, IsStillSummarisable) {
  const std::array<std::string_view, 5> label_columns = {
      "pod_labels", "node_labels", "namespace_labels", "persistentvolume_labels",
      "persistentvolumeclaim_labels"};
  for (const GeneratedReport report : kReports) {
    for (const FilePair& pair : Pairs(report)) {
      for (const auto column : label_columns) {
        const auto found = pair.daily.texts.find(column);
        if (found == pair.daily.texts.end()) continue;
        for (const auto& text : found->second) {
          if (!text) continue;
          const auto labels = nlohmann::json::parse(*text, nullptr, false);
          ASSERT_TRUE(labels.is_object()) << *text;
          for (const auto& [key, value] : labels.items()) EXPECT_TRUE(value.is_string()) << *text;
        }
      }
    }
  }

  // A mounted volume has a node: not all of its pods' nodes are NULL.
  using Pod = std::tuple<int64_t, std::string, std::string>;
  std::map<Pod, std::set<OptionalText>> nodes_of_pod;
  for (const FilePair& pair : Pairs(GeneratedReport::kPods)) {
    for (size_t row = 0; row < pair.daily.rows(); ++row) {
      const auto& project = pair.daily.Texts("namespace")[row];
      const auto& pod = pair.daily.Texts("pod")[row];
      if (!pair.daily.starts[row] || !project || !pod) continue;
      nodes_of_pod[{*pair.daily.starts[row], *project, *pod}].insert(pair.daily.Texts("node")[row]);
    }
  }
  std::map<std::pair<int64_t, std::string>, std::set<OptionalText>> nodes_of_volume;
  for (const FilePair& pair : Pairs(GeneratedReport::kStorage)) {
    for (size_t row = 0; row < pair.daily.rows(); ++row) {
      const auto& project = pair.daily.Texts("namespace")[row];
      const auto& pod = pair.daily.Texts("pod")[row];
      const auto& volume = pair.daily.Texts("persistentvolume")[row];
      if (!pair.daily.starts[row] || !project || !pod || !volume) continue;
      const auto found = nodes_of_pod.find({*pair.daily.starts[row], *project, *pod});
      if (found == nodes_of_pod.end()) continue;
      nodes_of_volume[{*pair.daily.starts[row], *volume}].insert(found->second.begin(),
                                                                 found->second.end());
    }
  }
  EXPECT_GT(nodes_of_volume.size(), 10U);
  for (const auto& [volume, nodes] : nodes_of_volume) {
    EXPECT_NE(nodes, std::set<OptionalText>{std::nullopt}) << volume.second;
  }
}

}  // namespace
}  // namespace matome::datagen
