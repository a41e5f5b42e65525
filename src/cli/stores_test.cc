// SPDX-License-Identifier: Apache-2.0
#include "cli/stores.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matome::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class StoresTest : public ::testing::Test {
 protected:
  StoresTest() {
    std::string name = (fs::temp_directory_path() / "matome-stores-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~StoresTest() override { fs::remove_all(folder_); }

  base::Result<Input> Find(const config::Flags& flags, config::Environment environment = {},
                           const std::string& yaml = "") {
    if (!yaml.empty()) {
      std::ofstream(folder_ + "/m.yaml") << yaml;
      environment["MATOME_CONFIG"] = folder_ + "/m.yaml";
    }
    const auto settings = config::Settings::Load(flags, environment);
    EXPECT_TRUE(settings.ok()) << settings.status().message();
    return FindInput(*settings);
  }

  std::string NameOf(const config::Flags& flags, const config::Environment& environment = {},
                     const std::string& yaml = "") {
    const auto input = Find(flags, environment, yaml);
    code_ = input.status().code();
    return input.ok() ? input->name : input.status().message();
  }

  /// "key secret token", "anonymous", "profile NAME", "nothing", or the error.
  std::string KeysOf(config::Flags flags, const config::Environment& environment = {},
                     const std::string& yaml = "") {
    flags.emplace_back("input", "s3://b");
    const auto input = Find(flags, environment, yaml);
    if (!input.ok()) {
      EXPECT_THAT(input.status().message(), Not(HasSubstr("hush")));
      return input.status().message();
    }
    const auto& keys = input->s3->credentials;
    if (keys.anonymous) return "anonymous";
    if (!keys.profile.empty()) return "profile " + keys.profile;
    if (keys.access_key.empty()) return "nothing";
    return keys.access_key + " " + keys.secret_key + " " + keys.session_token;
  }

  std::string folder_;
  base::Code code_ = base::Code::kOk;
};

const config::Environment kKoku = {{"S3_ENDPOINT", "minio:9000"},
                                   {"S3_BUCKET_NAME", "koku-bucket"},
                                   {"S3_ACCESS_KEY", "K"},
                                   {"S3_SECRET", "hushk"}};

TEST_F(StoresTest, ADirectoryIsTheDefaultWhateverIsAroundForOthers) {
  EXPECT_EQ(NameOf({}), "./lake");
  EXPECT_EQ(NameOf({}, kKoku), "./lake");
  EXPECT_FALSE(Find({}, kKoku)->s3);
  EXPECT_EQ(NameOf({{"input", "./x"}}, kKoku), "./x");
  EXPECT_EQ(NameOf({}, {{"AWS_ACCESS_KEY_ID", "a"}, {"AWS_ENDPOINT_URL", "http://x"}}), "./lake");
}

TEST_F(StoresTest, AnAddressNamesBucketAndPrefix) {
  const auto input = Find({{"input", "s3://b/p/q"}}, kKoku);
  ASSERT_TRUE(input.ok());
  EXPECT_EQ(input->name, "s3://b/p/q");
  EXPECT_EQ(input->s3->bucket, "b");
  EXPECT_EQ(input->s3->prefix, "p/q/");
  EXPECT_EQ(input->s3->endpoint, "minio:9000");
  EXPECT_EQ(input->s3->credentials.access_key, "K");
}

TEST_F(StoresTest, ABucketThatIsLeftOutIsThatOfTheSettings) {
  EXPECT_EQ(NameOf({{"input", "s3://"}}, kKoku), "s3://koku-bucket");
  EXPECT_EQ(NameOf({{"input", "s3:///p"}}, kKoku), "s3://koku-bucket/p");
  EXPECT_THAT(NameOf({{"input", "s3:///p"}}),
              AllOf(HasSubstr("--input"), HasSubstr("s3:///p names no bucket")));
  EXPECT_EQ(code_, base::Code::kUsage);
  EXPECT_THAT(NameOf({{"input", "s3://"}}, {{"S3_BUCKET_NAME", "a b"}}),
              HasSubstr("S3_BUCKET_NAME: \"a b\" is not the name of a bucket"));
  EXPECT_EQ(code_, base::Code::kConfigInvalid);
}

TEST_F(StoresTest, AStoreThatIsDescribedForMatomeIsTheInput) {
  EXPECT_EQ(NameOf({}, {}, "s3: {bucket: b}\n"), "s3://b");
  EXPECT_EQ(NameOf({{"s3-bucket", "b"}}), "s3://b");
  EXPECT_EQ(NameOf({}, {{"MATOME_S3_BUCKET", "b"}}), "s3://b");
  EXPECT_EQ(NameOf({}, kKoku, "s3: {endpoint: 'http://h'}\n"), "s3://koku-bucket");
  EXPECT_EQ(NameOf({{"input", "./x"}}, {}, "s3: {bucket: b}\n"), "./x");
  EXPECT_THAT(NameOf({}, {}, "s3: {endpoint: 'http://h'}\n"),
              AllOf(HasSubstr("m.yaml:1:16: s3.endpoint"), HasSubstr("--input s3://BUCKET")));
  EXPECT_EQ(code_, base::Code::kConfigInvalid);
}

TEST_F(StoresTest, AStoreThatIsDescribedForTheOutputIsNotTheInput) {
  const config::Flags output = {{"output", "s3://out/x"}, {"s3-endpoint", "http://h"}};
  EXPECT_EQ(NameOf(output), "./lake");
  EXPECT_EQ(NameOf(output, {}, "s3: {bucket: b}\n"), "s3://b");
}

TEST_F(StoresTest, OtherAddressesAreRefused) {
  for (const auto* url : {"s3a://b", "https://h/b", "gs://b", "S3://b"}) {
    EXPECT_THAT(NameOf({{"input", url}}), HasSubstr("only directories and s3://bucket[/prefix]"));
    EXPECT_EQ(code_, base::Code::kUsage);
  }
  EXPECT_THAT(NameOf({}, {{"MATOME_INPUT", "s3a://k:hush@b"}}),
              AllOf(HasSubstr("MATOME_INPUT: s3a://k:***@b"), Not(HasSubstr("hush"))));
  EXPECT_EQ(code_, base::Code::kConfigInvalid);
  EXPECT_THAT(NameOf({{"input", "s3://k:hush@b"}}), Not(HasSubstr("hush")));
}

TEST_F(StoresTest, KeysAreTakenAsAPair) {
  EXPECT_EQ(KeysOf({}), "nothing");
  EXPECT_EQ(KeysOf({}, kKoku), "K hushk ");
  config::Environment both = kKoku;
  both["AWS_ACCESS_KEY_ID"] = "A";
  both["AWS_SECRET_ACCESS_KEY"] = "husha";
  both["AWS_SESSION_TOKEN"] = "husht";
  EXPECT_EQ(KeysOf({}, both), "K hushk ") << "the token belongs to other keys";
  EXPECT_EQ(KeysOf({{"s3-access-key", "F"}}, {{"MATOME_S3_SECRET_KEY", "hushf"}}), "F hushf ");
  both.erase("S3_ACCESS_KEY");
  both.erase("S3_SECRET");
  EXPECT_EQ(KeysOf({}, both), "A husha husht");
  EXPECT_EQ(KeysOf({{"s3-access-key", "F"}, {"s3-secret-key", "s"}, {"s3-session-token", "t"}}),
            "F s t");
}

TEST_F(StoresTest, HalfAPairOrTwoHalvesAreErrors) {
  EXPECT_THAT(KeysOf({{"s3-access-key", "F"}}),
              HasSubstr("--s3-access-key: the access key is given, and the secret key is not"));
  EXPECT_THAT(KeysOf({}, {{"S3_SECRET", "hush"}}),
              HasSubstr("S3_SECRET: the secret key is given, and the access key is not"));
  EXPECT_THAT(KeysOf({}, {{"S3_SECRET", "hush"}, {"AWS_ACCESS_KEY_ID", "A"}}),
              HasSubstr("S3_SECRET: this key and that of AWS_ACCESS_KEY_ID are not a pair"));
  EXPECT_THAT(KeysOf({{"s3-session-token", "hush"}}), HasSubstr("no use without its keys"));
  EXPECT_EQ(KeysOf({}, {{"AWS_SESSION_TOKEN", "hush"}}), "nothing");
}

TEST_F(StoresTest, OfKeysProfileAndAnonymousTheStrongestIsTaken) {
  EXPECT_EQ(KeysOf({{"s3-profile", "p"}}, kKoku), "profile p");
  EXPECT_EQ(KeysOf({{"s3-anonymous", "true"}}, kKoku, "s3: {profile: p}\n"), "anonymous");
  EXPECT_EQ(KeysOf({{"s3-access-key", "F"}, {"s3-secret-key", "s"}}, {}, "s3: {anonymous: true}\n"),
            "F s ");
  EXPECT_EQ(KeysOf({}, kKoku, "s3: {anonymous: false}\n"), "K hushk ");
  EXPECT_THAT(KeysOf({{"s3-anonymous", "true"}, {"s3-profile", "p"}}),
              HasSubstr("--s3-profile: --s3-anonymous is given too"));
}

TEST_F(StoresTest, HowToWorkIsTaken) {
  const auto input = Find({{"input", "s3://b"},
                           {"s3-region", "eu-north-1"},
                           {"s3-addressing", "virtual"},
                           {"s3-ca-bundle", "/ca.pem"},
                           {"s3-insecure", "true"},
                           {"requests-in-flight", "3"},
                           {"request-timeout", "7"},
                           {"store-retry-timeout", "8"}});
  ASSERT_TRUE(input.ok());
  const s3::S3Options& s3 = *input->s3;
  EXPECT_EQ(s3.region, "eu-north-1");
  EXPECT_EQ(s3.addressing, s3::Addressing::kVirtual);
  EXPECT_EQ(s3.ca_bundle, "/ca.pem");
  EXPECT_TRUE(s3.insecure);
  EXPECT_EQ(s3.requests_in_flight, 3);
  EXPECT_EQ(s3.retry.request_deadline, std::chrono::seconds(7));
  EXPECT_EQ(s3.retry.run_deadline, std::chrono::seconds(8));
}

TEST_F(StoresTest, InsecureIsWarnedOf) {
  EXPECT_EQ(InsecureWarning(*config::Settings::Load({}, {})), std::nullopt);
  EXPECT_THAT(*InsecureWarning(*config::Settings::Load({{"s3-insecure", "true"}}, {})),
              HasSubstr("INSECURE: --s3-insecure"));
}

TEST_F(StoresTest, ADirectoryThatIsNotThereIsUsage) {
  EXPECT_EQ(OpenInput({folder_ + "/none"}).status().code(), base::Code::kUsage);
  EXPECT_TRUE(OpenInput({folder_}).ok());
}

}  // namespace
}  // namespace matome::cli
