// SPDX-License-Identifier: Apache-2.0
#include "s3/credentials.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "s3/credential_source.h"
#include "testing/http_server.h"

namespace matome::s3 {
namespace {

namespace fs = std::filesystem;
using base::Code;
using ::testing::AllOf;
using ::testing::HasSubstr;
using testing::HttpMessage;
using testing::HttpReply;
using testing::HttpServer;
using ::testing::Not;

constexpr const char* kJson =
    R"({"Code":"Success","AccessKeyId":"AK","SecretAccessKey":"hushkey","Token":"hushtoken",)"
    R"("Expiration":"2099-01-02T03:04:05Z"})";
constexpr const char* kStsAnswer =
    "<AssumeRoleWithWebIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
    "<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>AK</AccessKeyId>"
    "<SecretAccessKey>hushkey</SecretAccessKey><SessionToken>hushtoken</SessionToken>"
    "<Expiration>2099-01-02T03:04:05.678Z</Expiration></Credentials>"
    "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>";

class CredentialsTest : public ::testing::Test {
 protected:
  CredentialsTest() {
    std::string name = (fs::temp_directory_path() / "matome-credentials-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    variables_ = {{"HOME", folder_}, {"AWS_EC2_METADATA_DISABLED", "true"}};
  }
  ~CredentialsTest() override { fs::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) {
    const fs::path path = fs::path(folder_) / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }

  base::Result<Credentials> Get() {
    auto provider = MakeCredentialProvider(options_, variables_);
    if (!provider.ok()) return std::move(provider).status();
    description_ = (*provider)->Describe();
    return (*provider)->Get();
  }

  /// "key secret token", or the error. Its code is then in code_.
  std::string Text() {
    const auto credentials = Get();
    code_ = credentials.status().code();
    if (!credentials.ok()) {
      EXPECT_THAT(credentials.status().message(), Not(HasSubstr("hush")));
      return credentials.status().message();
    }
    return credentials->access_key + " " + credentials->secret_key.Reveal() + " " +
           credentials->session_token.Reveal();
  }

  std::string folder_;
  S3Options options_;
  Variables variables_;
  std::string description_;
  Code code_ = Code::kOk;
};

TEST_F(CredentialsTest, NoneFoundNamesWhatWasLookedAt) {
  const std::string error = Text();
  EXPECT_EQ(code_, Code::kStoreUnavailable);
  EXPECT_THAT(error,
              AllOf(HasSubstr("no credentials for S3: looked at the settings of S3, "
                              "AWS_ACCESS_KEY_ID, profile default of " +
                              folder_ + "/.aws/credentials and "),
                    HasSubstr("AWS_WEB_IDENTITY_TOKEN_FILE, AWS_CONTAINER_CREDENTIALS_FULL_URI, "
                              "no EC2 instance (AWS_EC2_METADATA_DISABLED); give keys"),
                    HasSubstr("--s3-anonymous")));
}

TEST_F(CredentialsTest, OptionsComeFirst) {
  variables_["AWS_ACCESS_KEY_ID"] = "E";
  variables_["AWS_SECRET_ACCESS_KEY"] = "e";
  options_.credentials = {.access_key = "O", .secret_key = "o", .session_token = "t"};
  EXPECT_EQ(Text(), "O o t");
  EXPECT_EQ(description_, "the settings of S3");
  options_.credentials.secret_key.clear();
  EXPECT_THAT(Text(), HasSubstr("go together"));
  EXPECT_EQ(code_, Code::kConfigInvalid);
  options_.credentials = {.anonymous = true};
  const auto anonymous = Get();
  ASSERT_TRUE(anonymous.ok());
  EXPECT_TRUE(anonymous->anonymous());
}

TEST_F(CredentialsTest, ThenVariables) {
  Write(".aws/credentials", "[default]\naws_access_key_id=F\naws_secret_access_key=f\n");
  variables_["AWS_ACCESS_KEY_ID"] = "E";
  variables_["AWS_SECRET_ACCESS_KEY"] = "e";
  EXPECT_EQ(Text(), "E e ");
  variables_["AWS_SESSION_TOKEN"] = "t";
  EXPECT_EQ(Text(), "E e t");
  variables_.erase("AWS_SECRET_ACCESS_KEY");
  EXPECT_THAT(Text(), HasSubstr("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY go together"));
  EXPECT_EQ(code_, Code::kConfigInvalid);
}

TEST_F(CredentialsTest, ThenTheProfile) {
  Write(".aws/credentials",
        "[default]\naws_access_key_id=F\naws_secret_access_key=f\n"
        "[minio]\naws_access_key_id=M\naws_secret_access_key=m\naws_session_token=t\n");
  EXPECT_EQ(Text(), "F f ");
  variables_["AWS_PROFILE"] = "minio";
  EXPECT_EQ(Text(), "M m t");
  EXPECT_THAT(description_, HasSubstr("profile minio of " + folder_ + "/.aws/credentials"));
  options_.credentials.profile = "default";
  EXPECT_EQ(Text(), "F f ");
  // One that is named by option is stronger than keys that are around; AWS_PROFILE is not.
  variables_["AWS_ACCESS_KEY_ID"] = "E";
  variables_["AWS_SECRET_ACCESS_KEY"] = "e";
  EXPECT_EQ(Text(), "F f ");
  options_.credentials.profile = "";
  EXPECT_EQ(Text(), "E e ");
}

TEST_F(CredentialsTest, TheConfigFileMayHoldKeysToo) {
  variables_["AWS_CONFIG_FILE"] =
      Write("c", "[profile p]\naws_access_key_id=C\naws_secret_access_key=c\nregion=eu-north-1\n");
  variables_["AWS_PROFILE"] = "p";
  EXPECT_EQ(Text(), "C c ");
}

TEST_F(CredentialsTest, AProfileThatIsNotAsItShouldBeIsAnError) {
  options_.credentials.profile = "p";
  EXPECT_THAT(Text(), HasSubstr("there is no profile p of " + folder_));
  EXPECT_EQ(code_, Code::kConfigInvalid);
  Write(".aws/credentials", "[p]\naws_secret_access_key=hush\n");
  EXPECT_THAT(Text(), HasSubstr("must both be there"));
  Write(".aws/credentials", "[p]\nhushhush\n");
  EXPECT_THAT(Text(), HasSubstr("credentials:2: expected KEY = VALUE"));
  for (const std::string key :
       {"role_arn = r", "credential_process = /bin/x", "sso_session = s", "sso_start_url = u"}) {
    Write(".aws/credentials", "[p]\n" + key + "\n");
    EXPECT_THAT(Text(), AllOf(HasSubstr(key.substr(0, key.find(' '))),
                              HasSubstr("aws configure export-credentials --profile p")));
    EXPECT_EQ(code_, Code::kConfigInvalid);
  }
}

TEST_F(CredentialsTest, ADefaultProfileWithoutKeysIsPassedOver) {
  Write(".aws/config", "[default]\nregion = eu-north-1\n");
  EXPECT_THAT(Text(), HasSubstr("no credentials for S3"));
}

TEST_F(CredentialsTest, KeysThatWereRenewedInTheFileAreFound) {
  Write(".aws/credentials", "[default]\naws_access_key_id=F\naws_secret_access_key=f\n");
  const auto provider = MakeCredentialProvider(options_, variables_).value();
  const Credentials first = provider->Get().value();
  Write(".aws/credentials", "[default]\naws_access_key_id=G\naws_secret_access_key=g\n");
  EXPECT_EQ(provider->Get()->access_key, "F");
  EXPECT_TRUE(provider->Expired(first));
  EXPECT_EQ(provider->Get()->access_key, "G");
  EXPECT_TRUE(provider->Expired(first)) << "others are there already";
  EXPECT_EQ(provider->Get()->access_key, "G");
}

TEST_F(CredentialsTest, KeysThatStayTheSameDoNotExpire) {
  options_.credentials = {.access_key = "O", .secret_key = "o"};
  const auto provider = MakeCredentialProvider(options_, variables_).value();
  EXPECT_FALSE(provider->Expired(provider->Get().value()));
}

class WebIdentityTest : public CredentialsTest {
 protected:
  WebIdentityTest() {
    variables_["AWS_WEB_IDENTITY_TOKEN_FILE"] = Write("token", "hush.jwt/+=\n");
    variables_["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/r";
    variables_["AWS_ENDPOINT_URL_STS"] = server_.Url();
  }

  HttpServer server_{[](const HttpMessage&) { return HttpReply{.body = kStsAnswer}; }};
};

TEST_F(WebIdentityTest, AsksStsWithTheToken) {
  EXPECT_EQ(Text(), "AK hushkey hushtoken");
  ASSERT_EQ(server_.requests().size(), 1U);
  const HttpMessage request = server_.requests()[0];
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/");
  EXPECT_EQ(request.body,
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&"
            "RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=matome&"
            "WebIdentityToken=hush.jwt%2F%2B%3D");
  EXPECT_EQ(description_,
            "role arn:aws:iam::1:role/r by the web identity in " + folder_ + "/token");
  variables_["AWS_ROLE_SESSION_NAME"] = "s";
  Text();
  EXPECT_THAT(server_.requests()[1].body, HasSubstr("&RoleSessionName=s&"));
}

TEST_F(WebIdentityTest, KnowsWhenTheyExpire) {
  const auto credentials = Get();
  ASSERT_TRUE(credentials.ok());
  EXPECT_EQ(credentials->expires_at, ParseUtcTime("2099-01-02T03:04:05Z"));
}

TEST_F(WebIdentityTest, AProfileMayDescribeItToo) {
  Write(".aws/config",
        "[profile p]\nrole_arn = R\nrole_session_name = S\nweb_identity_token_file = " +
            variables_["AWS_WEB_IDENTITY_TOKEN_FILE"] + "\n");
  variables_.erase("AWS_WEB_IDENTITY_TOKEN_FILE");
  options_.credentials.profile = "p";
  EXPECT_EQ(Text(), "AK hushkey hushtoken");
  EXPECT_THAT(server_.requests()[0].body, HasSubstr("&RoleArn=R&RoleSessionName=S&"));
}

TEST_F(WebIdentityTest, ARefusalSaysWhyAndNotTheToken) {
  const auto refuse = [](const std::string& code, const std::string& message) {
    return [code, message](const HttpMessage&) {
      return HttpReply{.status = 400,
                       .body = "<ErrorResponse><Error><Code>" + code + "</Code><Message>" +
                               message + "</Message></Error></ErrorResponse>"};
    };
  };
  server_.Handle(refuse("ExpiredTokenException", "Token expired"));
  EXPECT_THAT(Text(), AllOf(HasSubstr("400 ExpiredTokenException: Token expired"),
                            HasSubstr("trust policy")));
  EXPECT_EQ(code_, Code::kStoreUnavailable);
  server_.Handle(refuse("InvalidIdentityToken", "not good: hush.jwt/+="));
  EXPECT_THAT(Text(), HasSubstr("400 InvalidIdentityToken;"));
  server_.Handle(refuse("IDPCommunicationError", "try again"));
  Text();
  EXPECT_EQ(code_, Code::kTemporary);
  server_.Handle([](const HttpMessage&) { return HttpReply{.body = "hush"}; });
  EXPECT_THAT(Text(), HasSubstr("holds no credentials"));
  EXPECT_EQ(code_, Code::kStoreUnavailable);
}

TEST_F(WebIdentityTest, AServerInTroubleIsTemporary) {
  server_.Handle([](const HttpMessage&) { return HttpReply{.status = 503}; });
  EXPECT_THAT(Text(), HasSubstr("it answers 503"));
  EXPECT_EQ(code_, Code::kTemporary);
  server_.Handle([](const HttpMessage&) { return HttpReply{.drop = true}; });
  EXPECT_THAT(Text(), HasSubstr(server_.Url()));
  EXPECT_EQ(code_, Code::kTemporary);
}

TEST_F(WebIdentityTest, TokenAndRoleAreNeeded) {
  Write("token", "\n");
  EXPECT_THAT(Text(), HasSubstr("token is empty"));
  EXPECT_EQ(code_, Code::kConfigInvalid);
  fs::remove(folder_ + "/token");
  EXPECT_THAT(Text(), HasSubstr("No such file"));
  variables_.erase("AWS_ROLE_ARN");
  EXPECT_THAT(Text(), HasSubstr("AWS_ROLE_ARN is not"));
  EXPECT_EQ(code_, Code::kConfigInvalid);
}

class ContainerTest : public CredentialsTest {
 protected:
  ContainerTest() {
    variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = server_.Url() + "/v1/creds?id=1";
  }

  HttpServer server_{[](const HttpMessage&) { return HttpReply{.body = kJson}; }};
};

TEST_F(ContainerTest, AsksWithoutToken) {
  EXPECT_EQ(Text(), "AK hushkey hushtoken");
  EXPECT_EQ(server_.requests()[0].target, "/v1/creds?id=1");
  EXPECT_EQ(server_.requests()[0].Header("authorization"), "");
}

TEST_F(ContainerTest, SendsTheTokenThatIsGiven) {
  variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "hush1";
  Text();
  EXPECT_EQ(server_.requests()[0].Header("authorization"), "hush1");
  variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = Write("token", "hush2\n");
  Text();
  EXPECT_EQ(server_.requests()[1].Header("authorization"), "hush2");
}

TEST_F(ContainerTest, WhatIsNoAnswerIsAnError) {
  server_.Handle([](const HttpMessage&) { return HttpReply{.status = 404}; });
  EXPECT_THAT(Text(), HasSubstr("answers 404"));
  EXPECT_EQ(code_, Code::kStoreUnavailable);
  server_.Handle([](const HttpMessage&) { return HttpReply{.body = R"({"Token":"hush"})"}; });
  EXPECT_THAT(Text(), HasSubstr("no AccessKeyId"));
  server_.Handle([](const HttpMessage&) { return HttpReply{.body = "[hush"}; });
  EXPECT_THAT(Text(), HasSubstr("no AccessKeyId"));
  server_.Handle([](const HttpMessage&) { return HttpReply{.status = 500}; });
  Text();
  EXPECT_EQ(code_, Code::kTemporary);
}

TEST_F(ContainerTest, ATokenGoesToNoStranger) {
  for (const auto* url : {"http://example.org/creds", "http://127.0.0.1@example.org/",
                          "http://127.0.0.1.example.org/", "ftp://127.0.0.1/", "/creds"}) {
    variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
    EXPECT_THAT(Text(), HasSubstr("must name an https address"));
    EXPECT_EQ(code_, Code::kConfigInvalid);
  }
  variables_["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = ".example.org/creds";
  EXPECT_THAT(Text(), HasSubstr("must name an https address"));
}

TEST_F(ContainerTest, ARelativeAddressIsThatOfEcs) {
  variables_["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/1";
  const auto provider = MakeCredentialProvider(options_, variables_);
  ASSERT_TRUE(provider.ok());
  EXPECT_EQ((*provider)->Describe(),
            "the container's credentials at http://169.254.170.2/v2/credentials/1");
}

class InstanceTest : public CredentialsTest {
 protected:
  InstanceTest() {
    variables_.erase("AWS_EC2_METADATA_DISABLED");
    variables_["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = server_.Url() + "/";
  }

  static HttpReply Answer(const HttpMessage& message) {
    if (message.method == "PUT") return {.body = "session"};
    if (message.Header("x-aws-ec2-metadata-token") != "session") return {.status = 401};
    if (message.target == "/latest/meta-data/iam/security-credentials/")
      return {.body = "role-1\n"};
    if (message.target == "/latest/meta-data/iam/security-credentials/role-1")
      return {.body = kJson};
    return {.status = 404};
  }

  HttpServer server_{Answer};
};

TEST_F(InstanceTest, AsksForTheRoleWithASession) {
  EXPECT_EQ(Text(), "AK hushkey hushtoken");
  const HttpMessage session = server_.requests()[0];
  EXPECT_EQ(session.target, "/latest/api/token");
  EXPECT_EQ(session.Header("x-aws-ec2-metadata-token-ttl-seconds"), "21600");
}

TEST_F(InstanceTest, AnInstanceWithoutRoleIsAnError) {
  server_.Handle([](const HttpMessage& message) {
    return message.method == "PUT" ? HttpReply{.body = "session"} : HttpReply{.status = 404};
  });
  EXPECT_THAT(Text(), AllOf(HasSubstr("it gives no role (404)"),
                            HasSubstr("looked also at the settings of S3, AWS_ACCESS_KEY_ID")));
  EXPECT_EQ(code_, Code::kStoreUnavailable);
  server_.Handle([](const HttpMessage&) { return HttpReply{.status = 403}; });
  EXPECT_THAT(Text(), HasSubstr("it gives no session (403)"));
}

TEST_F(InstanceTest, WhereNobodyAnswersThereAreNone) {
  server_.Handle([](const HttpMessage&) { return HttpReply{.drop = true}; });
  EXPECT_THAT(Text(), AllOf(HasSubstr("no credentials for S3: looked at the settings of S3"),
                            HasSubstr("the instance's role, from " + server_.Url())));
  EXPECT_EQ(code_, Code::kStoreUnavailable);
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(InstanceTest, AServiceInTroubleIsTemporary) {
  server_.Handle([](const HttpMessage&) { return HttpReply{.status = 503}; });
  Text();
  EXPECT_EQ(code_, Code::kTemporary);
}

TEST_F(CredentialsTest, TheRegionMayStandInTheProfile) {
  const auto region = [this] {
    const auto found = FindRegion(options_, variables_);
    return found.ok() ? *found : found.status().message();
  };
  EXPECT_EQ(region(), "");
  Write(".aws/config", "[default]\nregion = a\n[profile p]\nregion = b\n");
  EXPECT_EQ(region(), "a");
  options_.credentials.profile = "p";
  EXPECT_EQ(region(), "b");
  variables_["AWS_DEFAULT_REGION"] = "c";
  EXPECT_EQ(region(), "c");
  variables_["AWS_REGION"] = "d";
  EXPECT_EQ(region(), "d");
  options_.region = "e";
  EXPECT_EQ(region(), "e");
}

TEST_F(CredentialsTest, AProfileOfOthersDoesNotMatterForTheRegion) {
  Write(".aws/config", "[default]\nno key\n");
  variables_["AWS_PROFILE"] = "absent";
  EXPECT_EQ(FindRegion(options_, variables_).value(), "");
  options_.credentials.profile = "absent";
  EXPECT_THAT(FindRegion(options_, variables_).status().message(),
              HasSubstr("there is no profile absent"));
}

/// Gives key 1, key 2, … of an hour each, or an error.
class CountingSource final : public CredentialSource {
 public:
  base::Result<Credentials> Fetch() override {
    ++fetches;
    if (broken) return base::Temporary("broken");
    return Credentials{.access_key = std::to_string(fetches),
                       .secret_key = Secret("s"),
                       .expires_at = now + lifetime};
  }
  std::string Describe() const override { return "counting"; }

  int fetches = 0;
  bool broken = false;
  std::chrono::system_clock::time_point now;
  std::chrono::seconds lifetime{3600};
};

class CachedCredentialsTest : public ::testing::Test {
 protected:
  std::string KeyAt(std::chrono::seconds since_start) {
    source_.now = std::chrono::system_clock::time_point() + since_start;
    const auto credentials = cached_.Get();
    return credentials.ok() ? credentials->access_key : credentials.status().message();
  }

  CountingSource& source_ = *new CountingSource;
  CachedCredentials cached_{std::unique_ptr<CredentialSource>(&source_),
                            [this] { return source_.now; }};
};

TEST_F(CachedCredentialsTest, AreRenewedBeforeTheyExpire) {
  EXPECT_EQ(KeyAt(std::chrono::seconds(0)), "1");
  EXPECT_EQ(KeyAt(std::chrono::minutes(54)), "1");
  EXPECT_EQ(KeyAt(std::chrono::minutes(56)), "2");
  EXPECT_EQ(KeyAt(std::chrono::minutes(110)), "2");
}

TEST_F(CachedCredentialsTest, ShortLivedOnesAreNotAskedForEachTime) {
  source_.lifetime = std::chrono::seconds(60);
  EXPECT_EQ(KeyAt(std::chrono::seconds(0)), "1");
  EXPECT_EQ(KeyAt(std::chrono::seconds(44)), "1");
  EXPECT_EQ(KeyAt(std::chrono::seconds(46)), "2");
}

TEST_F(CachedCredentialsTest, AreUsedToTheLastIfThereAreNoOthers) {
  EXPECT_EQ(KeyAt(std::chrono::seconds(0)), "1");
  source_.broken = true;
  EXPECT_EQ(KeyAt(std::chrono::minutes(56)), "1");
  EXPECT_EQ(KeyAt(std::chrono::minutes(56) + std::chrono::seconds(5)), "1");
  EXPECT_EQ(source_.fetches, 2) << "asked again too soon";
  EXPECT_EQ(KeyAt(std::chrono::minutes(59)), "1");
  EXPECT_EQ(KeyAt(std::chrono::minutes(61)), "broken");
  source_.broken = false;
  EXPECT_EQ(KeyAt(std::chrono::minutes(61)), "5");
}

TEST_F(CachedCredentialsTest, WhatTheStoreRefusesIsNotUsedAgain) {
  EXPECT_EQ(KeyAt(std::chrono::seconds(0)), "1");
  const Credentials used = cached_.Get().value();
  EXPECT_TRUE(cached_.Expired(used));
  source_.broken = true;
  EXPECT_EQ(KeyAt(std::chrono::seconds(1)), "broken");
  source_.broken = false;
  EXPECT_EQ(KeyAt(std::chrono::seconds(2)), "3");
  EXPECT_TRUE(cached_.Expired(used)) << "another thread renewed them";
  EXPECT_EQ(KeyAt(std::chrono::seconds(3)), "3");
}

TEST(Secret, IsNotPrinted) {
  std::ostringstream out;
  out << Secret("hush");
  EXPECT_EQ(out.str(), "***");
}

TEST(ParseUtcTime, TakesWhatAwsWrites) {
  EXPECT_EQ(ParseUtcTime("1970-01-02T00:00:01Z")->time_since_epoch(), std::chrono::seconds(86401));
  EXPECT_EQ(ParseUtcTime("1970-01-01T00:00:01.500Z")->time_since_epoch(), std::chrono::seconds(1));
  EXPECT_EQ(ParseUtcTime(""), std::nullopt);
}

}  // namespace
}  // namespace matome::s3
