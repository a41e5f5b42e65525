// SPDX-License-Identifier: Apache-2.0
#include "ingest/manifest.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace matome::ingest {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr int64_t kSecond = 1'000'000;

json Good() {
  return {{"uuid", "5e1f3f0c-29d2-4b0f-9d5e-2f0f3c8f7a11"},
          {"cluster_id", "my-cluster"},
          {"date", "2025-10-01T01:02:03.5Z"}};
}

base::Result<Manifest> With(const char* field, const json& value) {
  json document = Good();
  document[field] = value;
  return ParseManifest(document.dump());
}

std::string ErrorWith(const char* field, const json& value) {
  const auto manifest = With(field, value);
  if (manifest.ok()) return "none";
  EXPECT_EQ(manifest.status().code(), base::Code::kBadInput);
  return manifest.status().message();
}

TEST(ManifestTest, HasDefaults) {
  const auto manifest = ParseManifest(Good().dump());
  ASSERT_TRUE(manifest.ok()) << manifest.status().message();
  EXPECT_EQ(manifest->uuid, "5e1f3f0c-29d2-4b0f-9d5e-2f0f3c8f7a11");
  EXPECT_EQ(manifest->cluster_id, "my-cluster");
  EXPECT_EQ(manifest->date.written_day().ToString(), "2025-10-01");
  EXPECT_THAT(manifest->files, IsEmpty());
  EXPECT_EQ(manifest->version, "");
  EXPECT_FALSE(manifest->daily_reports);
  EXPECT_FALSE(manifest->start || manifest->end);
  EXPECT_TRUE(manifest->cuts_into_days());
}

TEST(ManifestTest, NamesTheFieldThatIsWrong) {
  for (const auto* field : {"uuid", "cluster_id", "date"}) {
    json document = Good();
    document.erase(field);
    EXPECT_THAT(ParseManifest(document.dump()).status().message(), HasSubstr(field));
    EXPECT_THAT(ErrorWith(field, nullptr), HasSubstr(field));
    EXPECT_THAT(ErrorWith(field, json::array()), HasSubstr(field));
  }
  EXPECT_THAT(ErrorWith("cluster_id", ""), HasSubstr("cluster_id is empty"));
  for (const auto* name : {"a/b", "a\\b", "..", "a..b"}) {
    EXPECT_THAT(ErrorWith("cluster_id", name), HasSubstr("cluster_id contains"));
    EXPECT_THAT(ErrorWith("files", json::array({"ok.csv", name})), HasSubstr("files has a name"));
    EXPECT_THAT(ErrorWith("resource_optimization_files", json::array({name})),
                HasSubstr("resource_optimization_files has a name"));
  }
  EXPECT_THAT(ErrorWith("files", "a.csv"), HasSubstr("files is not a list"));
  EXPECT_THAT(ErrorWith("files", json::array({1})), HasSubstr("files has an entry"));
  EXPECT_THAT(ErrorWith("start", "yesterday"), HasSubstr("start is not a timestamp"));
  EXPECT_THAT(ErrorWith("end", json::object()), HasSubstr("end is not a timestamp"));
  EXPECT_THAT(ErrorWith("date", "2025-13-01"), HasSubstr("date is missing or not"));
}

TEST(ManifestTest, RefusesWhatIsNoObject) {
  for (const auto* text : {"", "{", "[]", "null", "{}x", "{\"uuid\": \"\xFF\"}"})
    EXPECT_EQ(ParseManifest(text).status().code(), base::Code::kBadInput) << text;
}

TEST(ManifestTest, WantsAUuidOfVersion4) {
  const std::string good = "5e1f3f0c-29d2-4b0f-9d5e-2f0f3c8f7a11";
  for (const auto* uuid :
       {"5E1F3F0C-29D2-4B0F-9D5E-2F0F3C8F7A11", "5e1f3f0c29d24b0f9d5e2f0f3c8f7a11",
        "{5e1f3f0c-29d2-4b0f-9d5e-2f0f3c8f7a11}",
        "urn:uuid:5e1f3f0c-29d2-4b0f-9d5e-2f0f3c8f7a11"}) {
    const auto manifest = With("uuid", uuid);
    ASSERT_TRUE(manifest.ok()) << uuid;
    EXPECT_EQ(manifest->uuid, good);
  }
  for (const auto* uuid :
       {"5e1f3f0c-29d2-1b0f-9d5e-2f0f3c8f7a11", "5e1f3f0c-29d2-4b0f-cd5e-2f0f3c8f7a11", "x", "",
        "5e1f3f0c-29d2-4b0f-9d5e-2f0f3c8f7a1", "5e1f3f0c-29d2-4b0f-9d5e-2f0f3c8f7a1g",
        "5e1f3f0c029d2-4b0f-9d5e-2f0f3c8f7a11", "{}"}) {
    EXPECT_THAT(ErrorWith("uuid", uuid), HasSubstr("uuid is not a UUID of version 4")) << uuid;
  }
}

TEST(ManifestTest, KeepsEachFileOnce) {
  const auto manifest = With("files", {"b.csv", "a.csv", "b.csv", "b.csv"});
  ASSERT_TRUE(manifest.ok());
  EXPECT_THAT(manifest->files, ElementsAre("b.csv", "a.csv"));
  EXPECT_THAT(manifest->repeated_files, ElementsAre("b.csv"));
  EXPECT_THAT(With("files", nullptr)->files, IsEmpty());
}

TEST(ManifestTest, ReadsBooleansAsTheyComeAlong) {
  for (const json& yes : {json(true), json("yes"), json("True"), json(1), json("on"), json(1.0)})
    EXPECT_TRUE(With("daily_reports", yes)->daily_reports) << yes;
  for (const json& no : {json(false), json("no"), json(0), json("F")})
    EXPECT_FALSE(With("daily_reports", no)->daily_reports) << no;
  for (const json& neither : {json("maybe"), json(2), json(nullptr), json::array(), json("")})
    EXPECT_THAT(ErrorWith("daily_reports", neither), HasSubstr("daily_reports is neither"));
}

TEST(ManifestTest, CutsIntoDaysWithoutVersionOrIfDaily) {
  EXPECT_FALSE(With("version", "4.4.2")->cuts_into_days());
  EXPECT_TRUE(With("version", "")->cuts_into_days());
  EXPECT_TRUE(With("version", nullptr)->cuts_into_days());
  EXPECT_TRUE(With("version", 4)->cuts_into_days());
  json document = Good();
  document["version"] = "4.4.2";
  document["daily_reports"] = true;
  EXPECT_TRUE(ParseManifest(document.dump())->cuts_into_days());
}

TEST(ManifestTest, ZeroTimesMeanNoData) {
  EXPECT_FALSE(With("start", "0001-01-01T00:00:00Z")->start);
  EXPECT_FALSE(With("end", nullptr)->end);
  EXPECT_TRUE(With("end", "2025-10-01T00:00:00Z")->end);
}

TEST(ManifestTimeTest, ReadsTimestamps) {
  const int64_t day = model::Day::Parse("2025-10-01")->start_millis() * 1000;
  const auto at = [](int64_t micros, int32_t offset = 0) {
    return std::optional(ManifestTime{micros, offset});
  };
  EXPECT_EQ(ParseManifestTime("2025-10-01T00:00:01Z"), at(day + kSecond));
  EXPECT_EQ(ParseManifestTime("2025-10-01 00:00:01.1234567"), at(day + kSecond + 123'456));
  EXPECT_EQ(ParseManifestTime("2025-10-01T02:00:00+02:00"), at(day, 7200));
  EXPECT_EQ(ParseManifestTime("2025-10-01"), at(day));
  EXPECT_EQ(ParseManifestTime("1759276800"), at(day));
  EXPECT_EQ(ParseManifestTime("1759276800.5"), at(day + kSecond / 2));
  EXPECT_EQ(With("date", 1759276800)->date, *at(day));
  EXPECT_EQ(ParseManifestTime("2025-10-01T01:00:00+02:00")->written_day().ToString(), "2025-10-01");
  for (const auto* text : {"", "now", "inf", "nan", "1e300", "2025-10-01x"})
    EXPECT_EQ(ParseManifestTime(text), std::nullopt) << text;
}

}  // namespace
}  // namespace matome::ingest
