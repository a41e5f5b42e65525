// SPDX-License-Identifier: Apache-2.0
#include "testing/minio_server.h"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sys/wait.h>

#include "testing/server_process.h"

namespace matome::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kPatience = 60s;
/// MinIO says so once it serves.
constexpr std::string_view kServes = "\nAPI: ";

[[noreturn]] void Die(const std::string& reason) {
  std::fprintf(stderr, "MinioServer: %s\n", reason.c_str());
  std::exit(1);
}

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

/// Where tools/minio.sh puts it.
std::string Program() {
  std::string cache = Variable("MATOME_CACHE");
  if (cache.empty()) {
    const std::string all = Variable("XDG_CACHE_HOME");
    cache = (all.empty() ? Variable("HOME") + "/.cache" : all) + "/matome";
  }
  std::string program = fmt::format("{}/minio-{}/minio", cache, MATOME_MINIO_VERSION);
  if (!fs::exists(program)) Die(program + " is missing: run tools/bootstrap.sh --servers");
  return program;
}

void RunOrDie(const std::string& directory, std::vector<std::string> words) {
  const std::string log = directory + "/openssl.log";
  int status = 0;
  words.insert(words.begin(), {"/usr/bin/env", "openssl"});
  const pid_t process = Spawn({.words = std::move(words),
                               .environment = EnvironmentWithout({}),
                               .log = log,
                               .directory = directory});
  if (waitpid(process, &status, 0) != process || status != 0) Die(ReadWholeFile(log));
}

/// An authority (ca.crt), and a certificate by it where MinIO looks for one.
void MakeCertificates(const std::string& directory) {
  fs::create_directories(directory + "/certs/CAs");
  const std::vector<std::string> begin = {
      "req",   "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
      "-days", "2"};
  const auto with = [&](std::vector<std::string> rest) {
    rest.insert(rest.begin(), begin.begin(), begin.end());
    RunOrDie(directory, std::move(rest));
  };
  with({"-subj", "/CN=matome test authority", "-keyout", "ca.key", "-out", "ca.crt"});
  with({"-subj", "/CN=localhost", "-addext",
        "subjectAltName=DNS:localhost,DNS:s3.localhost,DNS:*.s3.localhost,IP:127.0.0.1", "-addext",
        "basicConstraints=critical,CA:FALSE", "-CA", "ca.crt", "-CAkey", "ca.key", "-keyout",
        "certs/private.key", "-out", "certs/public.crt"});
}

}  // namespace

MinioServer::MinioServer(MinioOptions options) : options_(std::move(options)) {
  std::vector<std::string> parents = {"/dev/shm", fs::temp_directory_path().string()};
  if (!options_.parent_directory.empty()) parents = {options_.parent_directory};
  for (const auto& parent : parents) {
    directory_ = MakeScratchDirectory(parent, "matome-minio");
    if (!directory_.empty()) break;
  }
  if (directory_.empty()) Die("cannot make a folder in " + parents.back());
  fs::create_directory(directory_ + "/data");
  if (options_.tls) MakeCertificates(directory_);
  Start();
}

MinioServer::~MinioServer() {
  Kill();
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

MinioServer& MinioServer::Shared() {
  static MinioServer server;
  return server;
}

void MinioServer::Launch() {
  std::vector<std::string> environment =
      EnvironmentWithout({"MINIO_", "AWS_", "http_proxy", "https_proxy"});
  environment.insert(environment.end(),
                     {fmt::format("MINIO_ROOT_USER={}", kAccessKey),
                      fmt::format("MINIO_ROOT_PASSWORD={}", kSecretKey), "MINIO_BROWSER=off",
                      "MINIO_UPDATE=off", fmt::format("MINIO_DOMAIN={}", kHost)});
  process_ = Spawn({.words = {Program(), "server", "--address", fmt::format("127.0.0.1:{}", port_),
                              "--certs-dir", directory_ + "/certs", directory_ + "/data"},
                    .environment = std::move(environment),
                    .log = directory_ + "/log",
                    .directory = directory_});
}

void MinioServer::Start() {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  const bool any_port = port_ == 0;
  if (any_port) port_ = FreePort();
  const size_t logged = Log().size();
  Launch();
  while (Log().find(kServes, logged) == std::string::npos) {
    if (std::chrono::steady_clock::now() > deadline) Die("no answer; its log:\n" + Log());
    std::this_thread::sleep_for(5ms);
    // It ends at once if its port was taken meanwhile.
    if (waitpid(process_, nullptr, WNOHANG) == process_) {
      if (any_port) port_ = FreePort();
      Launch();
    }
  }
}

void MinioServer::Kill() {
  if (process_ < 0) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

std::string MinioServer::MakeBucket() {
  std::string name = fmt::format("bucket-{}", ++buckets_);
  MakeBucket(name);
  return name;
}

void MinioServer::MakeBucket(const std::string& name) {
  std::error_code error;
  // A folder on the server's disk is a bucket.
  if (!fs::create_directory(directory_ + "/data/" + name, error)) Die("no bucket " + name);
}

std::string MinioServer::Url() const {
  return options_.tls ? fmt::format("https://localhost:{}", port_)
                      : fmt::format("http://127.0.0.1:{}", port_);
}

s3::S3Options MinioServer::Options(const std::string& bucket, const std::string& prefix) const {
  s3::S3Options options;
  options.bucket = bucket;
  options.prefix = prefix;
  options.endpoint = Url();
  options.credentials.access_key = kAccessKey;
  options.credentials.secret_key = kSecretKey;
  if (options_.tls) options.ca_bundle = CaFile();
  options.retry.first_delay = 1ms;
  options.retry.longest_delay = 20ms;
  return options;
}

std::unique_ptr<s3::S3Store> MinioServer::Open(const std::string& bucket,
                                               const std::string& prefix) const {
  return MustOpen(Options(bucket, prefix));
}

std::string MinioServer::Log() const { return ReadWholeFile(directory_ + "/log"); }

std::unique_ptr<s3::S3Store> MustOpen(s3::S3Options options) {
  auto store = s3::S3Store::Make(std::move(options));
  if (!store.ok()) Die(store.status().message());
  return std::move(store).value();
}

void MustPut(store::WritableStore& store, const std::string& key, std::string_view bytes) {
  const auto put =
      store.Put(key,
                [&](const store::ByteSink& sink) {
                  return sink({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
                },
                {});
  if (!put.ok()) Die(put.status().message());
}

void MustPutTree(store::WritableStore& store, const std::string& directory) {
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (!entry.is_regular_file()) continue;
    MustPut(store, entry.path().lexically_relative(directory).string(),
            ReadWholeFile(entry.path().string()));
  }
}

}  // namespace matome::testing
