#pragma once

#include "config/gateway.hpp"
#include "tests/support/process.hpp"
#include "tests/support/temporary_folder.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace qnzs::tests {

// A real qnzs-gateway with a folder of its own: keys, configuration, journal, log. Two accounts of
// WeChat: /wechat/safe (mode safe) and /wechat/plain. Ports are kept over restarts.
class GatewayProcess {
 public:
  static constexpr const char* token = "test-token-of-the-account";
  static constexpr const char* aes_key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
  static constexpr const char* appid = "wxb11529c136998cb6";

  // Does not start. `bootstrap` is host:port. Topic names get a prefix of this object's own;
  // `more` is TOML put at the end of the configuration, `more_kafka` into its [kafka],
  // `more_journal` into its [journal], `more_http` into its [http].
  explicit GatewayProcess(const std::string& bootstrap, const std::string& more = "",
                          const std::string& more_kafka = "", const std::string& more_journal = "",
                          const std::string& more_http = "");

  // Before the first start: the journal's file elsewhere.
  void put_journal(const std::string& path) { journal_ = path; }
  // Before the first start: another gateway of the same installation, with a journal of its own and
  // the topics of `other`.
  void join(const GatewayProcess& other);
  // Starts and waits until it is ready. Throws std::runtime_error with the log's end when it is not
  // within a minute. `environment` is added to this process's own.
  void start(const std::vector<std::string>& environment = {});
  // Writes the configuration anew, with this `more` and `more_http`; the process is not told.
  void configure(const std::string& more, const std::string& more_http);
  void signal(int number) { process_->signal(number); }
  // Exit code; nothing when it still runs then.
  std::optional<int> wait(std::chrono::milliseconds time_max) { return process_->wait(time_max); }
  void kill();  // SIGKILL, and waits

  std::uint16_t port() const { return port_; }
  std::uint16_t tls_port() const { return tls_port_; }  // 0 without TLS; another at each start
  std::uint16_t admin_port() const { return admin_port_; }
  // The journal id, kafka settings and so on as the process reads them.
  const config::KafkaSettings& kafka() const { return kafka_; }
  std::string config_file() const { return folder_.file("gateway.toml"); }
  std::string file(const std::string& name) const { return folder_.file(name); }
  std::string journal_file() const { return journal_; }
  std::string log() const;
  pid_t pid() const { return process_->pid(); }

 private:
  void write_config() const;
  void read_ports();

  TemporaryFolder folder_;
  config::KafkaSettings kafka_;
  std::string journal_id_ = "test";
  std::string more_, more_kafka_, more_journal_, more_http_;
  std::string journal_ = folder_.file("journal.db");
  std::uint16_t configured_port_ = 0, configured_admin_port_ = 0;  // as at the last start
  std::uint16_t port_ = 0, tls_port_ = 0, admin_port_ = 0;
  std::unique_ptr<Process> process_;
};

// GET on 127.0.0.1: the body when the status is 200.
std::optional<std::string> fetch(std::uint16_t port, const std::string& path);
// Value of the metric line that begins with `name` (with its labels), or nothing.
std::optional<double> metric(std::uint16_t admin_port, const std::string& name);

}  // namespace qnzs::tests
