// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "s3/client.h"
#include "testing/http_server.h"

namespace matome::s3 {

/// Of bucket "b" at a scripted server, with short waits.
inline S3Options OptionsFor(const testing::HttpServer& server) {
  S3Options options{.bucket = "b", .endpoint = server.Url(), .region = "us-east-1"};
  options.credentials = {.access_key = "AK", .secret_key = "SECRET"};
  options.retry.first_delay = std::chrono::milliseconds(1);
  options.retry.longest_delay = std::chrono::milliseconds(2);
  return options;
}

inline std::unique_ptr<Client> MustMake(S3Options options) {
  auto client = Client::Make(std::move(options));
  EXPECT_TRUE(client.ok()) << client.status().message();
  return std::move(client).value();
}

inline testing::HttpReply ErrorReply(int status, const std::string& code,
                                     const std::string& message = "") {
  return {.status = status,
          .body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" + code +
                  "</Code><Message>" + message + "</Message><RequestId>R17</RequestId></Error>"};
}

}  // namespace matome::s3
