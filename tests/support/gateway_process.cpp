#include "tests/support/gateway_process.hpp"

#include <httplib.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <sys/stat.h>
#include <thread>

namespace qnzs::tests {
namespace {

constexpr std::chrono::seconds ready_within{60};

void write_secret(const std::string& path, const std::string& text) {
  std::ofstream(path) << text << '\n';
  chmod(path.c_str(), 0600);
}

std::string random_word() {
  std::random_device device;
  std::ostringstream text;
  text << std::hex << device() << device();
  return text.str();
}

// The port behind "name":"127.0.0.1: in the last line of that event.
std::uint16_t port_in(const std::string& line, const std::string& name) {
  const auto key = "\"" + name + "\":\"127.0.0.1:";
  const auto at = line.find(key);
  if (at == std::string::npos) throw std::runtime_error("no port in: " + line);
  return static_cast<std::uint16_t>(std::stoi(line.substr(at + key.size())));
}

}  // namespace

GatewayProcess::GatewayProcess(const std::string& bootstrap, const std::string& more,
                               const std::string& more_kafka, const std::string& more_journal,
                               const std::string& more_http)
    : more_(more), more_kafka_(more_kafka), more_journal_(more_journal), more_http_(more_http) {
  kafka_.bootstrap_servers = bootstrap;
  kafka_.topic_prefix = "t" + random_word() + ".";
  kafka_.partitions = 4;
  kafka_.replication_factor = 1;
  kafka_.min_insync_replicas = 1;
  write_secret(folder_.file("identity.key"), random_word() + random_word() + random_word());
  write_secret(folder_.file("seal.key"), std::string(64, '7'));
  write_secret(folder_.file("token"), token);
  write_secret(folder_.file("aes_key"), aes_key);
}

void GatewayProcess::join(const GatewayProcess& other) {
  kafka_ = other.kafka_;
  journal_id_ = other.journal_id_ + "-2";
  std::filesystem::copy_file(other.file("identity.key"), file("identity.key"),
                             std::filesystem::copy_options::overwrite_existing);
}

void GatewayProcess::write_config() const {
  std::ofstream(config_file()) << R"([installation]
journal_id = ")" << journal_id_ << R"("
identity_key = "file:identity.key"
[[seal_keys]]
id = "k1"
key = "file:seal.key"
[[sites]]
code = "henan"
name = "青年之声·河南"
region = "410000"
[http]
listen_port = )" << configured_port_
                               << R"(
)" << more_http_ << R"([admin]
listen_port = )" << configured_admin_port_
                               << R"(
[journal]
path = ")" << journal_ << R"("
)" << more_journal_ << R"([kafka]
bootstrap_servers = ")" << kafka_.bootstrap_servers
                               << R"("
topic_prefix = ")" << kafka_.topic_prefix
                               << R"("
partitions = 4
replication_factor = 1
min_insync_replicas = 1
)" << more_kafka_ << R"([[channels.wechat]]
account = "safe"
site = "henan"
mode = "safe"
appid = ")" << appid << R"("
token = "file:token"
aes_key = "file:aes_key"
[[channels.wechat]]
account = "plain"
site = "henan"
mode = "plain"
appid = ")" << appid << R"("
token = "file:token"
)" << more_;
}

void GatewayProcess::configure(const std::string& more, const std::string& more_http) {
  more_ = more;
  more_http_ = more_http;
  write_config();
}

void GatewayProcess::start(const std::vector<std::string>& environment) {
  configured_port_ = port_;
  configured_admin_port_ = admin_port_;
  write_config();
  process_ = std::make_unique<Process>(
      std::vector<std::string>{QNZS_BINARY_DIR "/bin/qnzs-gateway", "--config", config_file()},
      folder_.file("log"), environment);
  const auto until = std::chrono::steady_clock::now() + ready_within;
  while (std::chrono::steady_clock::now() < until) {
    if (process_->wait(std::chrono::milliseconds(20))) break;
    if (port_ == 0) read_ports();
    if (port_ != 0 && fetch(admin_port_, "/readyz")) return;
  }
  throw std::runtime_error("the gateway is not ready: " + log());
}

void GatewayProcess::read_ports() {
  std::ifstream file(folder_.file("log"));
  for (std::string line; std::getline(file, line);) {
    if (line.find("\"gateway_started\"") == std::string::npos || file.eof()) continue;
    port_ = port_in(line, "http");
    if (!line.contains("\"https\":\"off\"")) tls_port_ = port_in(line, "https");
    admin_port_ = port_in(line, "admin");
  }
}

void GatewayProcess::kill() {
  signal(SIGKILL);
  if (!wait(std::chrono::seconds(30))) throw std::runtime_error("the gateway does not die");
}

std::string GatewayProcess::log() const {
  std::ostringstream text;
  text << std::ifstream(folder_.file("log")).rdbuf();
  return text.str();
}

std::optional<std::string> fetch(std::uint16_t port, const std::string& path) {
  httplib::Client client("127.0.0.1", port);
  client.set_read_timeout(5);
  const auto answer = client.Get(path);
  if (!answer || answer->status != 200) return std::nullopt;
  return answer->body;
}

std::optional<double> metric(std::uint16_t admin_port, const std::string& name) {
  std::istringstream text(fetch(admin_port, "/metrics").value_or(""));
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
  }
  return std::nullopt;
}

}  // namespace qnzs::tests
