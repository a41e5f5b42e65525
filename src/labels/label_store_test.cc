// SPDX-License-Identifier: Apache-2.0
#include "labels/label_store.h"

#include <map>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/naive_labels.h"

namespace matome::labels {
namespace {

using model::kEmptyLabelSet;
using model::kNullLabelSet;
using model::Semantics;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

const std::vector<std::string> kKeys = {"team", "env"};

TEST(LabelStore, EqualMapsHaveOneId) {
  LabelStore store(kKeys, Semantics::kTrino);
  const auto id = store.FromText(R"({"env": "prod", "team": "a"})");
  EXPECT_EQ(store.FromText(R"({"team":"a","env":"prod"})"), id);
  EXPECT_EQ(store.FromText(R"({"team":"\u0061","other":"x", "env":"prod"})"), id);
  EXPECT_NE(store.FromText(R"({"env": "prod", "team": "b"})"), id);
  EXPECT_NE(store.FromText(R"({"env": "prod"})"), id);
  EXPECT_NE(store.FromText(R"({"env": "a", "team": "prod"})"), id);
}

TEST(LabelStore, NullMapEmptyMapAndNullValueDiffer) {
  LabelStore store(kKeys, Semantics::kTrino);
  EXPECT_EQ(store.FromNull(), kNullLabelSet);
  EXPECT_EQ(store.FromText("null"), kNullLabelSet);
  EXPECT_EQ(store.FromText("{}"), kEmptyLabelSet);
  EXPECT_EQ(store.FromText(R"({"other": "x"})"), kEmptyLabelSet);
  const auto null_value = store.FromText(R"({"env": null})");
  const auto empty_value = store.FromText(R"({"env": ""})");
  EXPECT_GT(null_value, kEmptyLabelSet);
  EXPECT_GT(empty_value, kEmptyLabelSet);
  EXPECT_NE(null_value, empty_value);
}

TEST(LabelStore, BlankAndNullAreEmptyInPostgresql) {
  LabelStore store(kKeys, Semantics::kKokuPostgresql);
  EXPECT_EQ(store.FromNull(), kEmptyLabelSet);
  EXPECT_EQ(store.FromText(""), kEmptyLabelSet);
  EXPECT_EQ(store.FromText("  "), kEmptyLabelSet);
}

TEST(LabelStore, KeepsEnabledKeysAndTheVirtualMachineName) {
  LabelStore store(kKeys, Semantics::kTrino);
  const auto id =
      store.FromText(R"({"vm_kubevirt_io_name": "vm1", "Env": "x", "env ": "y", "env": "z"})");
  EXPECT_EQ(store.Json(id), R"({"env":"z","vm_kubevirt_io_name":"vm1"})");
}

TEST(LabelStore, WithoutEnabledKeysNothingIsKeptInTrino) {
  constexpr std::string_view kText = R"({"vm_kubevirt_io_name": "vm1", "env": "prod"})";
  LabelStore trino({}, Semantics::kTrino);
  EXPECT_EQ(trino.FromText(kText), kEmptyLabelSet);
  LabelStore postgresql({}, Semantics::kKokuPostgresql);
  EXPECT_EQ(postgresql.Json(postgresql.FromText(kText)), R"({"vm_kubevirt_io_name":"vm1"})");
}

TEST(LabelStore, EnabledVirtualMachineKeyAndRepeatedKeysDoNoHarm) {
  const std::vector<std::string> keys = {"env", "vm_kubevirt_io_name", "env"};
  LabelStore store(keys, Semantics::kTrino);
  const auto id = store.FromText(R"({"vm_kubevirt_io_name": "vm1", "env": "prod"})");
  EXPECT_EQ(store.Json(id), R"({"env":"prod","vm_kubevirt_io_name":"vm1"})");
}

TEST(LabelStore, MergesKeyByKeyAndTheUpperWins) {
  LabelStore store(kKeys, Semantics::kTrino);
  const auto lower = store.FromText(R"({"env": "low", "team": "low"})");
  const auto upper = store.FromText(R"({"team": "high"})");
  EXPECT_EQ(store.Merge(lower, upper), store.FromText(R"({"env": "low", "team": "high"})"));
  EXPECT_EQ(store.Merge(upper, lower), lower);
  EXPECT_EQ(store.Merge(lower, lower), lower);
  // Even a NULL value wins.
  EXPECT_EQ(store.Merge(lower, store.FromText(R"({"env": null})")),
            store.FromText(R"({"team": "low", "env": null})"));
}

TEST(LabelStore, MergeIsNullIfEitherIs) {
  LabelStore store(kKeys, Semantics::kTrino);
  const auto some = store.FromText(R"({"env": "x"})");
  EXPECT_EQ(store.Merge(kNullLabelSet, some), kNullLabelSet);
  EXPECT_EQ(store.Merge(some, kNullLabelSet), kNullLabelSet);
  EXPECT_EQ(store.Merge(kEmptyLabelSet, kNullLabelSet), kNullLabelSet);
  EXPECT_EQ(store.Merge(kEmptyLabelSet, some), some);
  EXPECT_EQ(store.Merge(some, kEmptyLabelSet), some);
  EXPECT_EQ(store.Merge(kEmptyLabelSet, kEmptyLabelSet), kEmptyLabelSet);
}

TEST(LabelStore, JsonIsCanonical) {
  const std::vector<std::string> keys = {"b", "a", "\xC3\xA9", "B", "q\"uote"};
  LabelStore store(keys, Semantics::kTrino);
  const auto id = store.FromText(
      R"({"\u00e9":"x","b":"\u0001\t\n\"\\/","a":null,"B":"\uD83D\uDE00","q\"uote":""})");
  EXPECT_EQ(store.Json(id),
            "{\"B\":\"\\uD83D\\uDE00\",\"a\":null,\"b\":\"\\u0001\\t\\n\\\"\\\\/\","
            "\"q\\\"uote\":\"\",\"\xC3\xA9\":\"x\"}");
  EXPECT_EQ(store.Json(kEmptyLabelSet), "{}");
  EXPECT_EQ(store.FromText(store.Json(id)), id);
}

TEST(LabelStore, KnowsOfNulOnlyInWhatIsKept) {
  LabelStore store(kKeys, Semantics::kTrino);
  const auto bad = store.FromText(R"({"env": "x\u0000"})");
  EXPECT_TRUE(store.HasNul(bad));
  const auto dropped = store.FromText(R"({"other": "x\u0000", "env": "y"})");
  EXPECT_FALSE(store.HasNul(dropped));
  EXPECT_TRUE(store.HasNul(store.Merge(store.FromText(R"({"team": "a"})"), bad)));
  EXPECT_FALSE(store.HasNul(store.Merge(bad, dropped)));
}

TEST(LabelStore, BadTextsAreRememberedWithTheirReason) {
  LabelStore store(kKeys, Semantics::kTrino);
  const auto bad = store.FromText("{\"env\": ");
  ASSERT_TRUE(LabelStore::IsBad(bad));
  EXPECT_EQ(store.FromText("{\"env\": "), bad);
  EXPECT_EQ(store.bad_text(bad).text, "{\"env\": ");
  EXPECT_EQ(store.bad_text(bad).reason, "a value expected at byte 8 of the label text");
  const auto other = store.FromText("");
  ASSERT_TRUE(LabelStore::IsBad(other));
  EXPECT_NE(other, bad);
  const std::string long_text(10'000, 'x');
  EXPECT_EQ(store.bad_text(store.FromText(long_text)).text.size(), LabelStore::kMaxQuotedText);
  EXPECT_FALSE(LabelStore::IsBad(store.FromText("{}")));
}

TEST(LabelStore, CountsKeysPerDistinctText) {
  LabelStore store({}, Semantics::kTrino, /*count_keys=*/true);
  store.FromText(R"({"a": "1", "b": "2"})");
  store.FromText(R"({"a": "1", "b": "2"})");
  store.FromText(R"({"a": "3"})");
  store.FromText(R"({"a": "3", "a": "4"})");
  EXPECT_THAT(store.key_counts(), UnorderedElementsAre(Pair("a", 2), Pair("b", 1)));
  LabelStore silent(kKeys, Semantics::kTrino);
  silent.FromText(R"({"env": "1"})");
  EXPECT_TRUE(silent.key_counts().empty());
}

TEST(LabelStore, ViewsSurviveGrowth) {
  LabelStore store(kKeys, Semantics::kTrino);
  const auto id = store.FromText(R"({"env": "first"})");
  const std::string_view json = store.Json(id);
  const size_t before = store.allocated_bytes();
  for (int i = 0; i < 20'000; ++i) {
    store.Json(store.FromText("{\"env\": \"" + std::to_string(i) + "\"}"));
  }
  EXPECT_EQ(json, R"({"env":"first"})");
  EXPECT_EQ(store.Json(id).data(), json.data());
  EXPECT_GT(store.allocated_bytes(), before);
  EXPECT_EQ(store.size(), 20'003U);
}

// Random maps, filtered and merged by the store and by plain std::map; equal maps must have equal
// ids and only those.
TEST(LabelStore, AgreesWithPlainMaps) {
  const unsigned seed = 7;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::vector<std::string> keys = {"a", "ab", "b", "\xC3\xA9", ""};
  const std::vector<std::string> all_keys = {"a", "ab", "b", "\xC3\xA9",
                                             "",  "A",  "c", "vm_kubevirt_io_name"};
  LabelStore store(keys, Semantics::kTrino);
  const auto allowed = testing::NaiveAllowedKeys(keys, testing::Semantics::kTrino);
  std::vector<std::pair<LabelSetId, std::optional<testing::NaiveLabelMap>>> maps;
  for (int i = 0; i < 400; ++i) {
    testing::NaiveLabelMap labels;
    for (const auto& key : all_keys) {
      if (random() % 3 == 0) labels[key] = std::to_string(random() % 3);
      if (random() % 12 == 0) labels[key] = std::nullopt;
    }
    const auto text = i % 40 == 0 ? std::string("null") : testing::NaiveCanonicalText(labels);
    const auto naive = i % 40 == 0 ? std::nullopt : testing::NaiveFilter(labels, allowed);
    maps.emplace_back(store.FromText(text), naive);
  }
  std::map<std::string, LabelSetId> id_of_text;
  const auto check = [&](LabelSetId id, const std::optional<testing::NaiveLabelMap>& naive) {
    ASSERT_EQ(id == kNullLabelSet, !naive);
    if (!naive) return;
    const std::string text = testing::NaiveCanonicalText(*naive);
    ASSERT_EQ(store.Json(id), text);
    ASSERT_EQ(id_of_text.try_emplace(text, id).first->second, id);
  };
  for (const auto& [id, naive] : maps) check(id, naive);
  for (int i = 0; i < 4000; ++i) {
    const auto& [lower, naive_lower] = maps[random() % maps.size()];
    const auto& [upper, naive_upper] = maps[random() % maps.size()];
    check(store.Merge(lower, upper), testing::NaiveMerge({naive_lower, naive_upper}));
  }
}

}  // namespace
}  // namespace matome::labels
