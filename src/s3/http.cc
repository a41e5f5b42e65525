// SPDX-License-Identifier: Apache-2.0
#include "s3/http.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>

#include <fmt/format.h>

#include "matome_version.h"
#include "s3/curl_library.h"

namespace matome::s3 {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr long kReadBufferBytes = 256 << 10;
/// How long to wait for "100 Continue" from servers that do not know it.
constexpr milliseconds kContinueTimeout{250};
/// How late a stop flag or a stalled transfer may be noticed.
constexpr milliseconds kPollInterval{50};

HttpFailure FailureOf(CURLcode code) {
  switch (code) {
    case CURLE_OK:
      return HttpFailure::kNone;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return HttpFailure::kResolve;
    case CURLE_COULDNT_CONNECT:
      return HttpFailure::kConnect;
    case CURLE_SSL_CONNECT_ERROR:
      return HttpFailure::kTls;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return HttpFailure::kUntrusted;
    case CURLE_OPERATION_TIMEDOUT:
      return HttpFailure::kTimeout;
    case CURLE_WRITE_ERROR:
      return HttpFailure::kTooLong;
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:  // "HTTP/0.9": an answer without a head.
    case CURLE_SSL_SHUTDOWN_FAILED:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_CHUNK_FAILED:
      return HttpFailure::kBroken;
    default:
      return HttpFailure::kOther;
  }
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// What the callbacks fill.
struct Receiver {
  const HttpRequest& request;
  HttpAnswer& answer;
};

size_t TakeHeader(const char* bytes, size_t, size_t size, void* context) {
  HttpAnswer& answer = static_cast<Receiver*>(context)->answer;
  const std::string_view line(bytes, size);
  if (line.starts_with("HTTP/")) {
    // "100 Continue" or a proxy's answer may have come before.
    answer = {};
    const size_t space = line.find(' ');
    if (space != std::string_view::npos)
      answer.status = std::atoi(std::string(line.substr(space)).c_str());
    return size;
  }
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string name(Trim(line.substr(0, colon)));
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  answer.headers.insert_or_assign(std::move(name), Trim(line.substr(colon + 1)));
  return size;
}

size_t TakeBody(const char* bytes, size_t, size_t size, void* context) {
  const Receiver& receiver = *static_cast<Receiver*>(context);
  HttpAnswer& answer = receiver.answer;
  const auto& into = receiver.request.into;
  if (into && (answer.status == 200 || answer.status == 206)) {
    const auto at = static_cast<size_t>(answer.body_bytes);
    if (size > into->size() - at) return 0;
    std::copy_n(bytes, size, into->data() + at);
  } else {
    answer.body.append(bytes, size);
  }
  answer.body_bytes += static_cast<int64_t>(size);
  return size;
}

/// "Expire date:Nov  6 08:49:37 2026 GMT", as libcurl tells of a certificate.
std::optional<std::chrono::system_clock::time_point> ExpiryOf(std::string_view line) {
  constexpr std::string_view kName = "Expire date:";
  if (!line.starts_with(kName)) return std::nullopt;
  std::tm parts{};
  if (::strptime(line.data() + kName.size(), "%b %d %H:%M:%S %Y", &parts) == nullptr)
    return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

}  // namespace

const std::string* HttpAnswer::Header(const std::string& lower_case_name) const {
  const auto found = headers.find(lower_case_name);
  return found == headers.end() ? nullptr : &found->second;
}

/// An easy handle runs in a multi handle of its own, because curl_easy_perform() would notice a
/// stop flag only once a second.
struct HttpConnection::Handles {
  const CurlLibrary& curl;
  CURL* easy;
  CURLM* multi;
  std::array<char, CURL_ERROR_SIZE> error{};

  explicit Handles(const CurlLibrary& library)
      : curl(library), easy(library.easy_init()), multi(library.multi_init()) {}
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;
  ~Handles() {
    curl.easy_cleanup(easy);
    curl.multi_cleanup(multi);
  }

  void Configure(const HttpOptions& options, const HttpRequest& request, Receiver& receiver,
                 curl_slist* headers);
  /// Runs the request that the easy handle is configured for.
  HttpFailure Run(const HttpOptions& options);
  bool IsDone(CURLcode& code) const;
  /// What libcurl does not tell apart.
  HttpFailure Refined(HttpFailure failure) const;
  int64_t BytesMoved() const;
  HttpRoute Route() const;
};

void HttpConnection::Handles::Configure(const HttpOptions& options, const HttpRequest& request,
                                        Receiver& receiver, curl_slist* headers) {
  error[0] = '\0';
  curl.easy_reset(easy);
  const auto set = [&](CURLoption option, auto value) { curl.easy_setopt(easy, option, value); };
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_ERRORBUFFER, error.data());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  // One request at a time is on a connection, so HTTP/2 has nothing to give.
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_BUFFERSIZE, kReadBufferBytes);
  set(CURLOPT_USERAGENT, "matome/" MATOME_VERSION);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options.ca_bundle.empty()) set(CURLOPT_CAINFO, options.ca_bundle.c_str());
  if (options.insecure) {
    set(CURLOPT_SSL_VERIFYPEER, 0L);
    set(CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (!options.proxies) set(CURLOPT_PROXY, "");
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<int64_t>(request.deadline.count(), 1)));

  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_HTTPHEADER, headers);
  if (request.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (request.method == "PUT" || request.method == "POST") {
    set(CURLOPT_POSTFIELDS, request.body.data() == nullptr ? "" : request.body.data());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
    // libcurl asks before it sends a megabyte or more. A header that forbids it would be signed
    // without being sent.
    set(CURLOPT_EXPECT_100_TIMEOUT_MS, static_cast<long>(kContinueTimeout.count()));
  } else if (request.method != "GET") {
    set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  if (const auto& signature = request.signature) {
    set(CURLOPT_AWS_SIGV4, ("aws:amz:" + signature->region + ":s3").c_str());
    set(CURLOPT_USERNAME, signature->access_key.c_str());
    set(CURLOPT_PASSWORD, signature->secret_key.Reveal().c_str());
  }
  if (request.inspect) {
    set(CURLOPT_FRESH_CONNECT, 1L);
    set(CURLOPT_CERTINFO, 1L);
  }
  set(CURLOPT_HEADERFUNCTION, &TakeHeader);
  set(CURLOPT_HEADERDATA, &receiver);
  set(CURLOPT_WRITEFUNCTION, &TakeBody);
  set(CURLOPT_WRITEDATA, &receiver);
}

bool HttpConnection::Handles::IsDone(CURLcode& code) const {
  int left = 0;
  while (const CURLMsg* message = curl.multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    code = message->data.result;
    return true;
  }
  return false;
}

HttpFailure HttpConnection::Handles::Refined(HttpFailure failure) const {
  curl_off_t connected_after = 0;
  curl.easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &connected_after);
  if (failure == HttpFailure::kTimeout && connected_after == 0) return HttpFailure::kConnect;
  // OpenSSL's words for an answer that is no TLS.
  if (failure == HttpFailure::kTls &&
      std::string_view(error.data()).find("wrong version number") != std::string_view::npos) {
    return HttpFailure::kUntrusted;
  }
  return failure;
}

int64_t HttpConnection::Handles::BytesMoved() const {
  curl_off_t received = 0;
  curl_off_t sent = 0;
  curl.easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &received);
  curl.easy_getinfo(easy, CURLINFO_SIZE_UPLOAD_T, &sent);
  return received + sent;
}

HttpRoute HttpConnection::Handles::Route() const {
  HttpRoute route;
  const char* address = nullptr;
  long port = 0;
  curl.easy_getinfo(easy, CURLINFO_PRIMARY_IP, &address);
  curl.easy_getinfo(easy, CURLINFO_PRIMARY_PORT, &port);
  if (address != nullptr && *address != '\0') route.address = fmt::format("{}:{}", address, port);
  // Each counts from the beginning.
  std::array<curl_off_t, 3> microseconds{};
  curl.easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &microseconds[0]);
  curl.easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &microseconds[1]);
  curl.easy_getinfo(easy, CURLINFO_APPCONNECT_TIME_T, &microseconds[2]);
  const auto seconds = [](curl_off_t from, curl_off_t to) {
    return static_cast<double>(std::max<curl_off_t>(to - from, 0)) / 1e6;
  };
  route.resolve_seconds = seconds(0, microseconds[0]);
  route.connect_seconds = seconds(microseconds[0], microseconds[1]);
  route.tls_seconds = seconds(microseconds[1], microseconds[2]);

  curl_certinfo* chain = nullptr;
  curl.easy_getinfo(easy, CURLINFO_CERTINFO, &chain);
  for (int index = 0; chain != nullptr && index < chain->num_of_certs; ++index) {
    for (const curl_slist* line = chain->certinfo[index]; line != nullptr; line = line->next) {
      const auto expires_at = ExpiryOf(line->data);
      if (!expires_at) continue;
      if (!route.certificate_expires_at || *expires_at < *route.certificate_expires_at)
        route.certificate_expires_at = expires_at;
    }
  }
  return route;
}

HttpFailure HttpConnection::Handles::Run(const HttpOptions& options) {
  const int64_t enough_bytes =
      std::max<int64_t>(options.stall_bytes_per_second * options.stall_timeout.count() / 1000, 1);
  int64_t bytes_then = 0;
  auto then = Clock::now();  // When enough had moved for the last time.

  curl.multi_add_handle(multi, easy);
  HttpFailure failure = HttpFailure::kNone;
  while (failure == HttpFailure::kNone) {
    int running = 0;
    curl.multi_perform(multi, &running);
    if (CURLcode code = CURLE_OK; IsDone(code)) {
      failure = Refined(FailureOf(code));
      if (failure != HttpFailure::kNone && error[0] == '\0') {
        fmt::format_to_n(error.data(), error.size() - 1, "{}", curl.easy_strerror(code));
      }
      break;
    }
    if (options.stop != nullptr && *options.stop) {
      failure = HttpFailure::kStopped;
    } else if (const int64_t bytes = BytesMoved(); bytes - bytes_then >= enough_bytes) {
      bytes_then = bytes;
      then = Clock::now();
    } else if (Clock::now() - then >= options.stall_timeout) {
      failure = HttpFailure::kStall;
    } else {
      curl.multi_poll(multi, nullptr, 0, static_cast<int>(kPollInterval.count()), nullptr);
    }
  }
  curl.multi_remove_handle(multi, easy);
  return failure;
}

base::Result<std::unique_ptr<HttpConnection>> HttpConnection::Make(HttpOptions options) {
  MATOME_ASSIGN_OR_RETURN(const CurlLibrary* curl, LoadCurl());
  auto handles = std::make_unique<Handles>(*curl);
  if (handles->easy == nullptr || handles->multi == nullptr) {
    return base::Failed("libcurl gives no handle");
  }
  return std::unique_ptr<HttpConnection>(
      new HttpConnection(std::move(options), std::move(handles)));
}

HttpConnection::HttpConnection(HttpOptions options, std::unique_ptr<Handles> handles)
    : options_(std::move(options)), handles_(std::move(handles)) {}

HttpConnection::~HttpConnection() = default;

HttpOutcome HttpConnection::Send(const HttpRequest& request) {
  HttpOutcome outcome;
  Receiver receiver{request, outcome.answer};
  const CurlLibrary& curl = handles_->curl;
  curl_slist* headers = nullptr;
  const auto add = [&](const std::string& line) {
    headers = curl.slist_append(headers, line.c_str());
  };
  for (const auto& [name, value] : request.headers) {
    // So libcurl spells a header without a value.
    add(value.empty() ? name + ";" : fmt::format("{}: {}", name, value));
  }
  handles_->Configure(options_, request, receiver, headers);
  outcome.failure = handles_->Run(options_);
  if (request.inspect) outcome.route = handles_->Route();
  curl.slist_free_all(headers);

  switch (outcome.failure) {
    case HttpFailure::kNone:
      break;
    case HttpFailure::kStall:
      outcome.error = fmt::format("hardly a byte came for {} s",
                                  static_cast<double>(options_.stall_timeout.count()) / 1000);
      break;
    case HttpFailure::kStopped:
      outcome.error = "stopped";
      break;
    default:
      outcome.error = handles_->error.data();
  }
  return outcome;
}

base::Result<HttpAnswer> SendOnce(const HttpOptions& options, const HttpRequest& request) {
  MATOME_ASSIGN_OR_RETURN(const auto connection, HttpConnection::Make(options));
  HttpOutcome outcome = connection->Send(request);
  if (outcome.failure == HttpFailure::kNone) return std::move(outcome.answer);
  return base::Status(
      outcome.failure == HttpFailure::kStopped ? base::Code::kInterrupted : base::Code::kTemporary,
      std::move(outcome.error));
}

}  // namespace matome::s3
