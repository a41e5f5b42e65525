// SPDX-License-Identifier: Apache-2.0
#include <cctype>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "s3/credential_source.h"

namespace matome::s3 {
namespace {

constexpr std::chrono::seconds kDeadline{20};

std::string FormEncoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || c == '.' || c == '~') {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", byte);
    }
  }
  return encoded;
}

/// Codes of STS that pass although they come with a 400.
bool Passes(std::string_view code) {
  return code == "IDPCommunicationError" || code == "Throttling" || code == "ThrottlingException" ||
         code == "RequestLimitExceeded";
}

class WebIdentitySource final : public CredentialSource {
 public:
  WebIdentitySource(WebIdentity identity, HttpOptions http)
      : identity_(std::move(identity)), http_(std::move(http)) {
    if (identity_.session_name.empty()) identity_.session_name = "matome";
  }

  base::Result<Credentials> Fetch() override {
    auto token = ReadTokenFile(identity_.token_file);
    if (!token.ok()) return std::move(token).status().WithContext("the web identity's token");
    const std::string body = fmt::format(
        "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn={}&RoleSessionName={}&"
        "WebIdentityToken={}",
        FormEncoded(identity_.role_arn), FormEncoded(identity_.session_name),
        FormEncoded(token->Reveal()));
    const std::string who = fmt::format("STS at {}", identity_.endpoint);
    const HttpRequest request{
        .method = "POST",
        .url = identity_.endpoint.ends_with('/') ? identity_.endpoint : identity_.endpoint + "/",
        .headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                    {"Accept", "application/xml"}},
        .body = body,
        .deadline = kDeadline};
    MATOME_ASSIGN_OR_RETURN(const HttpAnswer answer, AskForCredentials(http_, request, who));
    pugi::xml_document document;
    const bool parsed = static_cast<bool>(
        document.load_buffer(answer.body.data(), answer.body.size(), pugi::parse_default));
    if (!answer.ok()) return Refusal(answer, document, who, *token);
    const pugi::xml_node given = document.child("AssumeRoleWithWebIdentityResponse")
                                     .child("AssumeRoleWithWebIdentityResult")
                                     .child("Credentials");
    Credentials credentials{
        .access_key = given.child("AccessKeyId").text().as_string(),
        .secret_key = Secret(given.child("SecretAccessKey").text().as_string()),
        .session_token = Secret(given.child("SessionToken").text().as_string()),
        .expires_at = ParseUtcTime(given.child("Expiration").text().as_string())};
    if (!parsed || credentials.access_key.empty() || credentials.secret_key.empty()) {
      return base::Status(base::Code::kStoreUnavailable,
                          fmt::format("{}: the answer holds no credentials", who));
    }
    return credentials;
  }

  std::string Describe() const override {
    return fmt::format("role {} by the web identity in {}", identity_.role_arn,
                       identity_.token_file);
  }

 private:
  base::Status Refusal(const HttpAnswer& answer, const pugi::xml_document& document,
                       const std::string& who, const Secret& token) const {
    const pugi::xml_node error = document.child("ErrorResponse").child("Error");
    const std::string code = error.child("Code").text().as_string();
    std::string message = error.child("Message").text().as_string();
    if (message.find(token.Reveal()) != std::string::npos) message.clear();
    const std::string text = fmt::format(
        "{} gives no credentials for role {}: {} {}{}{}; check the role's trust policy "
        "and the token in {}",
        who, identity_.role_arn, answer.status, code, message.empty() ? "" : ": ", message,
        identity_.token_file);
    return {Passes(code) ? base::Code::kTemporary : base::Code::kStoreUnavailable, text};
  }

  WebIdentity identity_;
  HttpOptions http_;
};

}  // namespace

std::unique_ptr<CredentialSource> MakeWebIdentitySource(WebIdentity identity, HttpOptions http) {
  return std::make_unique<WebIdentitySource>(std::move(identity), std::move(http));
}

}  // namespace matome::s3
