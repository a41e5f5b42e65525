// SPDX-License-Identifier: Apache-2.0
#include <array>

#include <fmt/format.h>

#include "s3/credential_source.h"

namespace matome::s3 {
namespace {

constexpr std::chrono::seconds kContainerDeadline{5};
// The service is on the same machine or nowhere.
constexpr std::chrono::seconds kInstanceDeadline{1};
constexpr int kInstanceTries = 2;
constexpr std::string_view kContainerHost = "http://169.254.170.2";
constexpr std::string_view kRolePath = "/latest/meta-data/iam/security-credentials/";

/// Metadata services are reached without detour, and answer at once.
HttpOptions Nearby(HttpOptions http, std::chrono::seconds deadline) {
  http.proxies = false;
  http.connect_timeout = deadline;
  return http;
}

/// Without TLS a token goes to this machine and to AWS's own link-local addresses only.
bool MayGetToken(std::string_view url) {
  if (url.starts_with("https://")) return true;
  constexpr std::string_view kPlain = "http://";
  if (!url.starts_with(kPlain)) return false;
  url.remove_prefix(kPlain.size());
  std::string_view host = url.substr(0, url.find_first_of("/?#"));
  if (host.find('@') != std::string_view::npos) return false;
  host = host.substr(0, host.starts_with('[') ? host.find(']') + 1 : host.find(':'));
  constexpr std::array<std::string_view, 6> kNear = {
      "localhost", "127.0.0.1", "[::1]", "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
  for (const auto near : kNear) {
    if (host == near) return true;
  }
  return false;
}

class ContainerSource final : public CredentialSource {
 public:
  ContainerSource(std::string url, std::string token, std::string token_file, HttpOptions http)
      : url_(std::move(url)),
        token_(std::move(token)),
        token_file_(std::move(token_file)),
        http_(Nearby(std::move(http), kContainerDeadline)) {}

  base::Result<Credentials> Fetch() override {
    const std::string who = Describe();
    Secret token = token_;
    if (!token_file_.empty()) {
      auto read = ReadTokenFile(token_file_);
      if (!read.ok()) return std::move(read).status().WithContext(who);
      token = *std::move(read);
    }
    HttpRequest request{.url = url_, .deadline = kContainerDeadline};
    if (!token.empty()) request.headers.emplace_back("Authorization", token.Reveal());
    MATOME_ASSIGN_OR_RETURN(const HttpAnswer answer, AskForCredentials(http_, request, who));
    if (!answer.ok()) {
      return base::Status(
          base::Code::kStoreUnavailable,
          fmt::format("{} answers {}; is a role assigned to the task or pod?", who, answer.status));
    }
    return ParseCredentialsJson(answer.body, who);
  }

  std::string Describe() const override { return "the container's credentials at " + url_; }

 private:
  const std::string url_;
  const Secret token_;
  const std::string token_file_;
  const HttpOptions http_;
};

class InstanceSource final : public CredentialSource {
 public:
  InstanceSource(std::string endpoint, std::string looked_at, HttpOptions http)
      : endpoint_(std::move(endpoint)),
        looked_at_(std::move(looked_at)),
        http_(Nearby(std::move(http), kInstanceDeadline)) {
    while (endpoint_.ends_with('/')) endpoint_.pop_back();
  }

  base::Result<Credentials> Fetch() override {
    HttpRequest for_token{.method = "PUT",
                          .url = endpoint_ + "/latest/api/token",
                          .headers = {{"X-aws-ec2-metadata-token-ttl-seconds", "21600"}},
                          .deadline = kInstanceDeadline};
    auto token = Ask(for_token);
    if (!token.ok()) return NotFound(std::move(token).status());
    // It becomes a header.
    if (!token->ok() || token->body.find_first_of("\r\n") != std::string::npos)
      return Refused("session", token->status);
    HttpRequest request{.url = endpoint_ + std::string(kRolePath),
                        .headers = {{"X-aws-ec2-metadata-token", token->body}},
                        .deadline = kInstanceDeadline};
    MATOME_ASSIGN_OR_RETURN(const HttpAnswer roles, Ask(request));
    if (!roles.ok()) return Refused("role", roles.status);
    const std::string role = roles.body.substr(0, roles.body.find_first_of("\r\n"));
    if (role.empty()) return Refused("role", roles.status);
    request.url += role;
    MATOME_ASSIGN_OR_RETURN(const HttpAnswer answer, Ask(request));
    if (!answer.ok()) return Refused("credentials of role " + role, answer.status);
    return ParseCredentialsJson(answer.body, Describe());
  }

  std::string Describe() const override { return "the instance's role, from " + endpoint_; }

 private:
  base::Result<HttpAnswer> Ask(const HttpRequest& request) {
    for (int left = kInstanceTries;; --left) {
      auto answer = AskForCredentials(http_, request, Describe(), &found_);
      if (answer.ok() || answer.status().code() != base::Code::kTemporary || left == 1)
        return answer;
    }
  }

  /// Where there never was an answer there is no such service.
  base::Status NotFound(base::Status status) const {
    if (found_ || status.code() != base::Code::kTemporary) return status;
    return {base::Code::kStoreUnavailable,
            fmt::format("no credentials for S3: looked at {}, and at {}", looked_at_,
                        status.message())};
  }

  base::Status Refused(const std::string& what, int status) const {
    return {base::Code::kStoreUnavailable, fmt::format("{}: it gives no {} ({}); looked also at {}",
                                                       Describe(), what, status, looked_at_)};
  }

  std::string endpoint_;
  const std::string looked_at_;
  const HttpOptions http_;
  bool found_ = false;
};

}  // namespace

base::Result<std::unique_ptr<CredentialSource>> MakeContainerSource(const Variables& variables,
                                                                    HttpOptions http) {
  const std::string relative = ValueOf(variables, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  std::string url = relative.empty() ? ValueOf(variables, "AWS_CONTAINER_CREDENTIALS_FULL_URI")
                                     : std::string(kContainerHost) + relative;
  if (!MayGetToken(url)) {
    return base::ConfigInvalid(
        "the container's credentials: AWS_CONTAINER_CREDENTIALS_… must name an https address, or "
        "by "
        "http this machine or the addresses of ECS and EKS");
  }
  return std::unique_ptr<CredentialSource>(std::make_unique<ContainerSource>(
      std::move(url), ValueOf(variables, "AWS_CONTAINER_AUTHORIZATION_TOKEN"),
      ValueOf(variables, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"), std::move(http)));
}

std::unique_ptr<CredentialSource> MakeInstanceSource(const std::string& endpoint,
                                                     std::string looked_at, HttpOptions http) {
  return std::make_unique<InstanceSource>(endpoint, std::move(looked_at), std::move(http));
}

}  // namespace matome::s3
