// SPDX-License-Identifier: Apache-2.0
#include "config/settings.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matome::config {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

class SettingsTest : public ::testing::Test {
 protected:
  SettingsTest() {
    std::string name = (fs::temp_directory_path() / "matome-settings-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~SettingsTest() override { fs::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  Settings Load(const std::string& yaml, Environment environment = {}, Flags flags = {}) {
    if (!yaml.empty()) environment["MATOME_CONFIG"] = Write("m.yaml", yaml);
    auto result = Settings::Load(flags, environment);
    EXPECT_TRUE(result.ok()) << result.status().message();
    return result.ok() ? *std::move(result) : Settings();
  }

  /// The error without the folder in front of the file.
  std::string ErrorOf(const std::string& yaml, Environment environment = {}, Flags flags = {}) {
    if (!yaml.empty()) environment["MATOME_CONFIG"] = Write("m.yaml", yaml);
    const auto result = Settings::Load(flags, environment);
    if (result.ok()) return "no error";
    code_ = result.status().code();
    std::string message = result.status().message();
    for (size_t at = message.find(folder_ + "/"); at != std::string::npos;
         at = message.find(folder_ + "/")) {
      message.erase(at, folder_.size() + 1);
    }
    return message;
  }

  std::string folder_;
  base::Code code_ = base::Code::kOk;
};

TEST_F(SettingsTest, FlagBeatsVariableBeatsFileBeatsKokuBeatsService) {
  const Environment service = {{"AWS_REGION", "service"}};
  EXPECT_EQ(Load("", service).Text("s3-region"), "service");
  Environment koku = service;
  koku["S3_REGION"] = "koku";
  EXPECT_EQ(Load("", koku).Text("s3-region"), "koku");
  const std::string yaml = "s3: {region: file}\n";
  EXPECT_EQ(Load(yaml, koku).Text("s3-region"), "file");
  Environment own = koku;
  own["MATOME_S3_REGION"] = "own";
  EXPECT_EQ(Load(yaml, own).Text("s3-region"), "own");
  EXPECT_EQ(Load(yaml, own, {{"s3-region", "flag"}}).Text("s3-region"), "flag");
}

TEST_F(SettingsTest, EveryOriginIsNamed) {
  const auto settings = Load("threads: 2\n", {{"MATOME_FORMAT", "csv"}}, {{"force", "true"}});
  EXPECT_EQ(settings.Count("threads"), 2);
  EXPECT_EQ(settings.Find("threads")->where, folder_ + "/m.yaml:1:10: threads");
  EXPECT_EQ(settings.Find("format")->where, "MATOME_FORMAT");
  EXPECT_EQ(settings.Find("force")->where, "--force");
  EXPECT_TRUE(settings.Switch("force"));
  EXPECT_FALSE(settings.Switch("quiet"));
  EXPECT_FALSE(settings.has("output"));
}

TEST_F(SettingsTest, TheFileKnowsTheWordsUsersHave) {
  const auto settings = Load(
      "s3:\n  endpoint: http://localhost:9000\n  access_key: a\n  secret_key: b\n  bucket: c\n  "
      "region: d\n"
      "postgresql:\n  host: h\n  port: 5432\n  database: db\n  schema: org1234567\n  user: u\n  "
      "password: p\n"
      "ocp:\n  provider_uuid: 6E2A3F10-0000-4000-8000-00000000ABCD\n  cluster_id: c1\n  year: "
      "2025\n  month: 7\n");
  EXPECT_EQ(settings.Text("s3-endpoint"), "http://localhost:9000");
  EXPECT_EQ(settings.Text("s3-secret-key"), "b");
  EXPECT_EQ(settings.Count("postgresql-port"), 5432);
  EXPECT_EQ(settings.Text("schema"), "org1234567");
  EXPECT_EQ(settings.Uuid("source"), "6e2a3f10-0000-4000-8000-00000000abcd");
  EXPECT_EQ(settings.Text("cluster-id"), "c1");
  const auto days = settings.Days();
  ASSERT_TRUE(days.ok());
  ASSERT_TRUE(days->has_value());
  EXPECT_EQ((*days)->first.ToString(), "2025-07-01");
  EXPECT_EQ((*days)->last.ToString(), "2025-07-31");
}

TEST_F(SettingsTest, KokusVariablesAreUnderstood) {
  const auto settings = Load("", {{"S3_ENDPOINT", "e"},
                                  {"S3_ACCESS_KEY", "a"},
                                  {"S3_SECRET", "s"},
                                  {"REQUESTED_BUCKET", "r"},
                                  {"DATABASE_SERVICE_HOST", "h"},
                                  {"DATABASE_SERVICE_PORT", "1"},
                                  {"DATABASE_NAME", "n"},
                                  {"DATABASE_USER", "u"},
                                  {"DATABASE_PASSWORD", "p"}});
  EXPECT_EQ(settings.Text("s3-bucket"), "r");
  EXPECT_EQ(settings.Text("postgresql-host"), "h");
  EXPECT_EQ(settings.Text("postgresql-password"), "p");
  EXPECT_EQ(Load("", {{"REQUESTED_BUCKET", "r"}, {"S3_BUCKET_NAME", "b"}}).Text("s3-bucket"), "b");
}

TEST_F(SettingsTest, SecretsComeFromFilesToo) {
  const std::string file = Write("secret", "hush\n");
  EXPECT_EQ(Load("", {{"MATOME_S3_SECRET_KEY_FILE", file}}).Text("s3-secret-key"), "hush");
  EXPECT_EQ(Load("", {{"S3_SECRET_FILE", file}}).Text("s3-secret-key"), "hush");
  EXPECT_EQ(Load("", {{"PGPASSWORD_FILE", file}}).Text("postgresql-password"), "hush");
  EXPECT_EQ(Load("s3:\n  secret_key_file: " + file + "\n").Text("s3-secret-key"), "hush");
  EXPECT_THAT(ErrorOf("", {{"S3_SECRET_FILE", file}, {"S3_SECRET", "x"}}),
              "S3_SECRET: S3_SECRET_FILE is given too; one is enough");
  EXPECT_THAT(ErrorOf("", {{"S3_SECRET_FILE", "/does/not/exist"}}),
              "S3_SECRET_FILE: cannot read /does/not/exist: No such file or directory");
}

TEST_F(SettingsTest, StoresOfS3AreDescribedByManyNames) {
  const std::string key = Write("key", "K\n");
  const auto settings = Load("s3: {access_key_file: " + key +
                             ", secret_key: s, session_token: t, profile: p, anonymous: true, "
                             "addressing: path, ca_bundle: /ca, insecure: true}\n"
                             "requests_in_flight: 4\nread_ahead: 8MiB\nrequest_timeout: 5\n"
                             "store_retry_timeout: 6\n");
  EXPECT_EQ(settings.Text("s3-access-key"), "K");
  EXPECT_EQ(settings.Text("s3-session-token"), "t");
  EXPECT_EQ(settings.Text("s3-profile"), "p");
  EXPECT_TRUE(settings.Switch("s3-anonymous"));
  EXPECT_EQ(settings.Text("s3-addressing"), "path");
  EXPECT_TRUE(settings.Switch("s3-insecure"));
  EXPECT_EQ(settings.SizeBytes("read-ahead"), 8 << 20);
  EXPECT_EQ(settings.Count("store-retry-timeout"), 6);
  const auto aws = Load("", {{"AWS_ENDPOINT_URL", "general"},
                             {"AWS_ENDPOINT_URL_S3", "special"},
                             {"AWS_DEFAULT_REGION", "default"},
                             {"AWS_REGION", "region"},
                             {"AWS_CA_BUNDLE", "bundle"},
                             {"AWS_SESSION_TOKEN_FILE", key}});
  EXPECT_EQ(aws.Text("s3-endpoint"), "special");
  EXPECT_EQ(aws.Text("s3-region"), "region");
  EXPECT_EQ(aws.Text("s3-ca-bundle"), "bundle");
  EXPECT_EQ(aws.Text("s3-session-token"), "K");
}

TEST_F(SettingsTest, SecretsAreNotShown) {
  const auto settings =
      Load("threads: 2\ntag_keys: [a, b]\ns3: {secret_key: hush, access_key: hush, bucket: b}\n");
  EXPECT_THAT(settings.Shown(),
              ElementsAre(Pair("config", EndsWith("m.yaml")), Pair("s3-bucket", "b"),
                          Pair("tag-keys", "a,b"), Pair("threads", "2")));
}

TEST_F(SettingsTest, UnknownKeysNameThePlaceAndTheNearestKey) {
  EXPECT_EQ(ErrorOf("source: 6e2a3f10-0000-4000-8000-00000000abcd\nthread: 2\n"),
            "m.yaml:2:1: unknown key \"thread\"; did you mean \"threads\"?");
  EXPECT_EQ(code_, base::Code::kConfigInvalid);
  EXPECT_EQ(ErrorOf("s3:\n  bukcet: x\n"),
            "m.yaml:2:3: unknown key \"bukcet\"; did you mean \"bucket\"?");
  EXPECT_EQ(ErrorOf("memory-limit: 1G\n"),
            "m.yaml:1:1: unknown key \"memory-limit\"; did you mean \"memory_limit\"?");
  EXPECT_EQ(ErrorOf("qqqqqqqq: 1\n"), "m.yaml:1:1: unknown key \"qqqqqqqq\"");
}

TEST_F(SettingsTest, WrongTypesNameThePlace) {
  EXPECT_EQ(ErrorOf("threads: many\n"), "m.yaml:1:10: threads: \"many\" is not a whole number");
  EXPECT_EQ(ErrorOf("threads: 0\n"), "m.yaml:1:10: threads: \"0\" is less than 1");
  EXPECT_EQ(ErrorOf("threads: [1]\n"), "m.yaml:1:10: threads: expected one value, found a list");
  EXPECT_EQ(ErrorOf("force: maybe\n"), "m.yaml:1:8: force: \"maybe\" is neither true nor false");
  EXPECT_EQ(ErrorOf("force: \"true\"\n"),
            "m.yaml:1:8: force: expected true or false, found the text \"true\"");
  EXPECT_EQ(ErrorOf("format: cvs\n"),
            "m.yaml:1:9: format: \"cvs\" is none of parquet, csv; did you mean \"csv\"?");
  EXPECT_EQ(ErrorOf("memory_limit: lots\n"),
            "m.yaml:1:15: memory_limit: \"lots\" is not a size such as 512MiB or 2G");
  EXPECT_EQ(ErrorOf("tag_keys: [a, {b: c}]\n"),
            "m.yaml:1:15: tag_keys: expected a text, found a map");
  EXPECT_EQ(ErrorOf("s3: yes\n"), "m.yaml:1:5: s3: expected a map of settings, found a text");
  EXPECT_EQ(ErrorOf("- a\n"), "m.yaml:1:1: expected a map of settings, found a list");
  EXPECT_EQ(ErrorOf("month: 2025-13\n"),
            "m.yaml:1:8: month: \"2025-13\" is not a month such as 2025-10");
  EXPECT_EQ(ErrorOf("schema: a/b\n"), "m.yaml:1:9: schema: \"a/b\" is not the name of a schema");
  EXPECT_EQ(ErrorOf("schema: a\npostgresql: {schema: b}\n"),
            "m.yaml:2:14: postgresql.schema is given already, as schema");
}

TEST_F(SettingsTest, WrongFlagsAreUsageAndWrongVariablesConfiguration) {
  EXPECT_EQ(ErrorOf("", {}, {{"threads", "many"}}), "--threads: \"many\" is not a whole number");
  EXPECT_EQ(code_, base::Code::kUsage);
  EXPECT_EQ(ErrorOf("", {}, {{"threads", "1"}, {"threads", "2"}}), "--threads is given twice");
  EXPECT_EQ(code_, base::Code::kUsage);
  EXPECT_EQ(ErrorOf("", {{"MATOME_THREADS", "many"}}),
            "MATOME_THREADS: \"many\" is not a whole number");
  EXPECT_EQ(code_, base::Code::kConfigInvalid);
  EXPECT_THAT(ErrorOf("", {}, {{"config", "/does/not/exist"}}),
              HasSubstr("cannot read /does/not/exist"));
  EXPECT_EQ(code_, base::Code::kUsage);
}

TEST_F(SettingsTest, AnOutputMayBeGivenTwice) {
  const auto outputs = [&](const std::string& yaml, Flags flags) {
    return Load(yaml, {{"MATOME_THREADS", "1"}}, std::move(flags)).List("output");
  };
  EXPECT_THAT(outputs("output: x\n", {{"output", "a"}, {"output", "b"}}),
              ::testing::Optional(ElementsAre("a", "b")));
  EXPECT_THAT(outputs("output: [x, 'y,z']\n", {}), ::testing::Optional(ElementsAre("x", "y,z")));
  EXPECT_THAT(outputs("output: x,y\n", {}), ::testing::Optional(ElementsAre("x,y")));
}

TEST_F(SettingsTest, PasswordsInUrlsAreNotShown) {
  EXPECT_THAT(Load("", {}, {{"output", "a"}, {"output", "postgresql://u:hush@h/db"}}).Shown(),
              ElementsAre(Pair("output", "a,postgresql://u:***@h/db")));
}

TEST_F(SettingsTest, AWrongValueIsAnErrorEvenIfAStrongerOneHidesIt) {
  EXPECT_THAT(ErrorOf("threads: many\n", {}, {{"threads", "2"}}), HasSubstr("m.yaml:1:10"));
}

TEST_F(SettingsTest, AnEmptyVariableIsNotSet) {
  EXPECT_EQ(Load("threads: 2\n", {{"MATOME_THREADS", ""}}).Count("threads"), 2);
}

TEST_F(SettingsTest, VariablesThatNothingReadsAreAWarning) {
  const auto settings =
      Load("", {{"MATOME_THREAD", "2"}, {"MATOME_SERVICE_HOST", "x"}, {"MATOME_PORT", "y"}});
  EXPECT_THAT(
      settings.warnings(),
      ElementsAre("nothing reads the variable MATOME_THREAD; did you mean \"MATOME_THREADS\"?"));
  EXPECT_THAT(Load("", {{"MATOME_THREADS", "2"}}).warnings(), IsEmpty());
}

TEST_F(SettingsTest, ListsAreTextsWithCommasOrYamlLists) {
  EXPECT_THAT(Load("tag_keys: 'a, b'\n").List("tag-keys"),
              ::testing::Optional(ElementsAre("a", "b")));
  EXPECT_THAT(Load("tag_keys: ['a,b', c]\n").List("tag-keys"),
              ::testing::Optional(ElementsAre("a,b", "c")));
  EXPECT_THAT(Load("", {}, {{"tag-keys", ""}}).List("tag-keys"), ::testing::Optional(IsEmpty()));
  EXPECT_EQ(Load("").List("tag-keys"), std::nullopt);
}

class DaysTest : public SettingsTest {
 protected:
  std::string DaysOf(const std::string& yaml, Environment environment = {}, Flags flags = {}) {
    const auto days = Load(yaml, std::move(environment), std::move(flags)).Days();
    if (!days.ok()) {
      code_ = days.status().code();
      return days.status().message();
    }
    return *days ? (*days)->first.ToString() + " " + (*days)->last.ToString() : "none";
  }
};

TEST_F(DaysTest, AreAMonthOrARange) {
  EXPECT_EQ(DaysOf(""), "none");
  EXPECT_EQ(DaysOf("", {}, {{"month", "2024-02"}}), "2024-02-01 2024-02-29");
  EXPECT_EQ(DaysOf("", {}, {{"start", "2025-10-30"}, {"end", "2025-11-02"}}),
            "2025-10-30 2025-11-02");
}

TEST_F(DaysTest, TheStrongerOriginDecides) {
  EXPECT_EQ(DaysOf("month: 2025-01\n", {}, {{"start", "2025-10-30"}, {"end", "2025-10-30"}}),
            "2025-10-30 2025-10-30");
  EXPECT_EQ(DaysOf("start: 2025-10-30\nend: 2025-10-30\n", {{"MATOME_MONTH", "2025-02"}}),
            "2025-02-01 2025-02-28");
  EXPECT_EQ(DaysOf("ocp: {year: 2025, month: 10}\n", {}, {{"month", "2025-02"}}),
            "2025-02-01 2025-02-28");
}

TEST_F(DaysTest, ContradictionsAreErrors) {
  EXPECT_EQ(DaysOf("", {}, {{"month", "2024-02"}, {"start", "2025-10-30"}}),
            "--start: --month is given too; give a month, or start and end");
  EXPECT_EQ(code_, base::Code::kUsage);
  EXPECT_EQ(DaysOf("", {}, {{"end", "2025-10-30"}}), "--end: start and end go together");
  EXPECT_EQ(DaysOf("", {}, {{"start", "2025-10-31"}, {"end", "2025-10-30"}}),
            "--start: 2025-10-31 is after the end, 2025-10-30");
  EXPECT_THAT(DaysOf("ocp: {year: 2025}\n"),
              EndsWith("ocp.year: ocp.year and ocp.month go together"));
  EXPECT_EQ(code_, base::Code::kConfigInvalid);
  EXPECT_THAT(DaysOf("ocp: {year: 2025, month: 13}\n"),
              EndsWith("ocp.year: \"2025-13\" is not a month"));
  EXPECT_THAT(DaysOf("month: 2025-10\nocp: {year: 2025, month: 10}\n"),
              HasSubstr("the month is given already"));
}

TEST(AllSettings, HaveUniqueNamesAndKeys) {
  std::set<std::string> names;
  for (const auto& setting : AllSettings()) {
    EXPECT_TRUE(names.insert(setting.YamlKey()).second) << setting.name;
    if (!setting.yaml_alias.empty()) {
      EXPECT_TRUE(names.insert(std::string(setting.yaml_alias)).second) << setting.yaml_alias;
    }
    EXPECT_FALSE(setting.description.empty()) << setting.name;
    if (setting.kind != SettingKind::kSwitch) {
      EXPECT_FALSE(setting.value_name.empty()) << setting.name;
    }
  }
  EXPECT_EQ(FindSetting("memory-limit")->Variable(), "MATOME_MEMORY_LIMIT");
  EXPECT_EQ(FindSetting("no-such-thing"), nullptr);
}

}  // namespace
}  // namespace matome::config
