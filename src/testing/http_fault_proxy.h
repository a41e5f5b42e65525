// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "testing/http_server.h"

namespace matome::testing {

/// What becomes of one request: as it stands, nothing but being forwarded.
struct HttpFault {
  std::chrono::milliseconds delay{0};  // Before all else.
  std::function<void()> before;        // Called before the request is forwarded; in any thread.

  // Instead of an answer of the server's:
  std::optional<HttpReply> answer;   // The server is not asked.
  bool drop = false;                 // Nor here: the connection is reset.
  std::optional<size_t> upload_cut;  // So much of the body reaches the server; then a reset.
  bool lose_answer = false;          // The server does what it is asked; then a reset.

  // With the server's answer:
  std::optional<size_t> cut_after;          // Bytes of the body; then a reset.
  std::optional<size_t> end_after;          // Likewise; then the connection ends in order.
  std::optional<size_t> stall_after;        // Likewise; then nothing comes until the client leaves.
  std::optional<size_t> shorten_to;         // A shorter body, whose Content-Length is right.
  std::optional<int64_t> flip_bit;          // One wrong bit of the body; from its end if negative.
  size_t drip_bytes = 0;                    // In pieces of so many bytes …
  std::chrono::milliseconds drip_pause{1};  // … with a pause after each.
};

/// An error as S3 words it.
HttpReply S3Error(int status, std::string_view code);

/// Stands between an S3 client and a server on 127.0.0.1 (plain HTTP/1.1), and does harm to the
/// requests it is told to. Answers are read whole before they are passed on.
class HttpFaultProxy {
 public:
  /// Called for each request, one at a time; `number` counts from 0 in the order in which they
  /// came, since the last Decide().
  using Decision = std::function<HttpFault(const HttpMessage& request, int number)>;

  explicit HttpFaultProxy(uint16_t server_port);
  HttpFaultProxy(const HttpFaultProxy&) = delete;
  HttpFaultProxy& operator=(const HttpFaultProxy&) = delete;

  uint16_t port() const { return front_.port(); }
  std::string Url() const { return front_.Url(); }

  /// From the next request on; null: all are forwarded. Once this has returned, the earlier
  /// decision is not called again.
  void Decide(Decision decision);

  /// All requests so far, in the order in which they came.
  std::vector<HttpMessage> requests() const { return front_.requests(); }
  int connections() const { return front_.connections(); }
  /// The most requests that were under way at once.
  int most_in_flight() const { return most_in_flight_; }

 private:
  HttpReply Handle(const HttpMessage& request);
  /// The server's answer; nothing if there is none. With `upload_cut` there never is.
  std::optional<HttpReply> Forward(const HttpMessage& request,
                                   std::optional<size_t> upload_cut) const;

  uint16_t server_port_;
  std::mutex mutex_;
  Decision decision_;
  int number_ = 0;
  std::atomic<int> in_flight_ = 0;
  std::atomic<int> most_in_flight_ = 0;
  HttpServer front_;  // Last: its threads use the others.
};

}  // namespace matome::testing
