// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace matome::testing {

/// A request as it came.
struct HttpMessage {
  int connection = 0;  // 0, 1, … as they came.
  std::string method;
  std::string target;                          // As sent: "/bucket/key%20a?list-type=2".
  std::map<std::string, std::string> headers;  // Names in lower case; of one given twice, the last.
  std::string body;

  /// The header's value, or an empty text.
  std::string Header(const std::string& name) const;
  /// What is in front of the '?', and what is behind it.
  std::string_view path() const;
  std::string_view query() const;
};

/// What to answer, and how badly. Content-Length is made up unless given (as an answer to HEAD it
/// should be).
struct HttpReply {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};

  bool chunked = false;                    // Sent in chunks, without a length.
  bool close = false;                      // The connection ends after it, in order.
  bool drop = false;                       // No answer: the connection is reset.
  std::optional<size_t> cut_after = {};    // Bytes of the body; then the connection is reset.
  std::optional<size_t> end_after = {};    // Likewise; then it ends in order.
  std::optional<size_t> stall_after = {};  // Likewise; then nothing comes until the client leaves.
  /// The answer comes in pieces of so many bytes, with a pause after each.
  size_t drip_bytes = 0;
  std::chrono::milliseconds drip_pause{1};
  std::optional<std::string> raw = {};  // Sent instead of all this; then the connection ends.
};

/// A scripted HTTP/1.1 server on a free port of 127.0.0.1. Connections are kept alive, each has a
/// thread, and the handler is called in all of them: one at a time, or, if it is said to be
/// thread-safe, at once. Gone with the object: the destructor ends all connections and waits for
/// the threads.
class HttpServer {
 public:
  using Handler = std::function<HttpReply(const HttpMessage&)>;

  explicit HttpServer(Handler handler, bool thread_safe = false);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  uint16_t port() const { return port_; }
  /// "http://127.0.0.1:PORT"
  std::string Url() const;

  /// From the next request on. Once this has returned, the earlier handler is not called again,
  /// unless it is thread-safe.
  void Handle(Handler handler);

  /// All requests so far, in the order in which they came.
  std::vector<HttpMessage> requests() const;
  /// How many connections were made so far.
  int connections() const;

 private:
  void Listen();
  void Serve(int socket, int number);
  /// False: the connection is over.
  bool Answer(int socket, const HttpMessage& message);
  /// Sends it in pieces. False: the client has gone or the server ends.
  bool Drip(int socket, std::string_view answer, const HttpReply& reply) const;
  /// Until there is something to read; false: the client has gone or the server ends.
  bool WaitForBytes(int socket) const;
  bool Receive(int socket, std::string& bytes) const;
  std::optional<HttpMessage> ReadMessage(int socket, std::string& bytes) const;

  uint16_t port_ = 0;
  bool thread_safe_;
  int listener_ = -1;
  std::array<int, 2> end_{-1, -1};  // A pipe; it becomes readable, for good, when the server ends.

  mutable std::mutex mutex_;
  Handler handler_;
  std::vector<HttpMessage> requests_;
  std::list<std::thread> threads_;
  int connections_ = 0;
  std::thread listening_;
};

}  // namespace matome::testing
