// SPDX-License-Identifier: Apache-2.0
#include "testing/http_fault_proxy.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace matome::testing {
namespace {

/// A connection to a port of 127.0.0.1, reset when it is not needed any more.
class Connection {
 public:
  explicit Connection(uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int yes = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const linger none{.l_onoff = 1, .l_linger = 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    const timeval patience{.tv_sec = 60, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const sockaddr_in address{.sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
                              .sin_zero = {}};
    made_ = connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { close(socket_); }

  bool made() const { return made_; }
  int socket() const { return socket_; }

 private:
  int socket_;
  bool made_ = false;
};

bool SendAll(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

/// Reads an answer from a connection.
class AnswerReader {
 public:
  explicit AnswerReader(int socket) : socket_(socket) {}

  /// Up to and without `end`, which is taken off, too.
  std::optional<std::string> Until(std::string_view end) {
    size_t at;
    while ((at = bytes_.find(end)) == std::string::npos) {
      if (!Receive()) return std::nullopt;
    }
    std::string taken = bytes_.substr(0, at);
    bytes_.erase(0, at + end.size());
    return taken;
  }

  bool Append(size_t count, std::string& out) {
    while (bytes_.size() < count) {
      if (!Receive()) return false;
    }
    out.append(bytes_, 0, count);
    bytes_.erase(0, count);
    return true;
  }

  bool AppendChunks(std::string& out) {
    for (;;) {
      const auto size = Until("\r\n");
      if (!size) return false;
      const size_t count = std::strtoull(size->c_str(), nullptr, 16);
      if (!Append(count, out) || !Until("\r\n")) return false;
      if (count == 0) return true;
    }
  }

 private:
  bool Receive() {
    const size_t had = bytes_.size();
    bytes_.resize(had + (64 << 10));
    const auto got = recv(socket_, bytes_.data() + had, bytes_.size() - had, 0);
    bytes_.resize(had + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    return got > 0;
  }

  int socket_;
  std::string bytes_;
};

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

std::optional<HttpReply> ReadAnswer(int socket, bool has_body) {
  AnswerReader reader(socket);
  HttpReply reply;
  do {
    auto head = reader.Until("\r\n");
    if (!head || head->size() < 12) return std::nullopt;
    reply = {.status = std::atoi(head->c_str() + 9)};
    size_t length = 0;
    bool chunked = false;
    for (;;) {
      const auto line = reader.Until("\r\n");
      if (!line) return std::nullopt;
      if (line->empty()) break;
      const size_t colon = std::min(line->find(':'), line->size());
      const size_t value_at = std::min(line->find_first_not_of(' ', colon + 1), line->size());
      std::string value = line->substr(value_at);
      const std::string name = LowerCase(line->substr(0, colon));
      if (name == "connection") continue;
      if (name == "transfer-encoding") {
        chunked = true;
        continue;
      }
      if (name == "content-length") {
        length = std::strtoull(value.c_str(), nullptr, 10);
        if (has_body) continue;  // Made up from the body.
      }
      reply.headers.emplace_back(line->substr(0, colon), std::move(value));
    }
    if (!has_body || reply.status < 200) continue;
    if (chunked ? !reader.AppendChunks(reply.body) : !reader.Append(length, reply.body))
      return std::nullopt;
  } while (reply.status < 200);
  return reply;
}

}  // namespace

HttpReply S3Error(int status, std::string_view code) {
  return {.status = status,
          .headers = {{"Content-Type", "application/xml"}},
          .body = fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{0}</Code>"
                              "<Message>{0} as asked for</Message></Error>",
                              code)};
}

HttpFaultProxy::HttpFaultProxy(uint16_t server_port)
    : server_port_(server_port),
      front_([this](const HttpMessage& request) { return Handle(request); },
             /*thread_safe=*/true) {}

void HttpFaultProxy::Decide(Decision decision) {
  const std::lock_guard guard(mutex_);
  decision_ = std::move(decision);
  number_ = 0;
}

std::optional<HttpReply> HttpFaultProxy::Forward(const HttpMessage& request,
                                                 std::optional<size_t> upload_cut) const {
  const Connection server(server_port_);
  if (!server.made()) return std::nullopt;
  std::string bytes = fmt::format("{} {} HTTP/1.1\r\n", request.method, request.target);
  for (const auto& [name, value] : request.headers) {
    // This proxy's own server has asked for the body already.
    if (name != "connection" && name != "expect") bytes += fmt::format("{}: {}\r\n", name, value);
  }
  bytes += "\r\n";
  bytes += std::string_view(request.body).substr(0, upload_cut.value_or(request.body.size()));
  if (!SendAll(server.socket(), bytes) || upload_cut) return std::nullopt;
  return ReadAnswer(server.socket(), request.method != "HEAD");
}

HttpReply HttpFaultProxy::Handle(const HttpMessage& request) {
  const int now = ++in_flight_;
  int most = most_in_flight_;
  while (now > most && !most_in_flight_.compare_exchange_weak(most, now)) {
  }
  HttpFault fault;
  {
    const std::lock_guard guard(mutex_);
    if (decision_) fault = decision_(request, number_++);
  }
  std::this_thread::sleep_for(fault.delay);
  if (fault.before) fault.before();
  HttpReply reply;
  if (fault.answer) {
    reply = *std::move(fault.answer);
  } else if (fault.drop) {
    reply.drop = true;
  } else {
    auto answer = Forward(request, fault.upload_cut);
    reply = std::move(answer).value_or(HttpReply{.drop = true});
    reply.drop = reply.drop || fault.lose_answer;
    if (fault.shorten_to) reply.body.resize(std::min(reply.body.size(), *fault.shorten_to));
    const auto bits = static_cast<int64_t>(reply.body.size() * 8);
    int64_t bit = fault.flip_bit.value_or(bits);
    if (bit < 0) bit += bits;
    if (bit >= 0 && bit < bits) {
      char& byte = reply.body[static_cast<size_t>(bit / 8)];
      byte = static_cast<char>(byte ^ (1 << bit % 8));
    }
  }
  reply.cut_after = fault.cut_after;
  reply.end_after = fault.end_after;
  reply.stall_after = fault.stall_after;
  reply.drip_bytes = fault.drip_bytes;
  reply.drip_pause = fault.drip_pause;
  --in_flight_;
  return reply;
}

}  // namespace matome::testing
