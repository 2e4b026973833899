#pragma once

#include "config/account.hpp"
#include "config/environment.hpp"
#include "config/problem.hpp"
#include "config/secret.hpp"
#include "config/section.hpp"

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The gateway's settings after checking. Defaults stand here and nowhere else; the field tables in
// gateway.cpp say the rest. Every limit has its unit in its name.
namespace qnzs::config {

struct InstallationSettings {  // [installation]
  std::string
      journal_id;       // names this gateway's journal: Kafka key of its position, transactional.id
  Secret identity_key;  // HMAC key of ids and conversation keys; 32 bytes or more; never changes
};

struct SealKeySettings {  // [[seal_keys]]: the first seals, all open
  std::string id;         // 1 to 16 letters, digits, - and _; stored with each entry
  Secret key;             // 32 bytes, as 64 hex digits
};

struct SiteSettings {  // [[sites]]
  std::string code, name, region;
};

struct HttpSettings {  // [http]: where platforms call
  bool plain = true;   // plain HTTP on listen_port
  std::string listen_address = "127.0.0.1";
  std::int64_t listen_port = 8080;
  std::string tls_certificate_file, tls_key_file;  // both set: TLS on tls_listen_port
  std::string tls_listen_address = "127.0.0.1";
  std::int64_t tls_listen_port = 8443;
  std::int64_t tls_handshake_ms_max = 10'000;
  std::int64_t threads = 2;
  std::vector<std::string> trusted_proxies;  // addresses and networks
  std::string trusted_proxies_header = "X-Forwarded-For";
  std::int64_t connections_max = 4096;
  std::int64_t connections_per_address_max = 1024;
  std::int64_t requests_per_connection_max = 100'000;
  std::int64_t requests_per_second_per_address_max = 20'000;
  std::int64_t requests_per_second_per_account_max = 20'000;
  std::int64_t requests_in_flight_per_account_max = 2048;
  std::int64_t addresses_max = 16'384;
  std::int64_t unfinished_mib_max = 64;
  std::int64_t header_bytes_max = 16 * 1024;
  std::int64_t body_bytes_max = 1024 * 1024;
  std::int64_t first_byte_ms_max = 10'000;
  std::int64_t header_ms_max = 10'000;
  std::int64_t body_ms_max = 10'000;
  std::int64_t idle_ms_max = 60'000;
  std::int64_t write_ms_max = 10'000;
  std::int64_t once_tokens_max = 100'000;  // of one account, remembered at a time
};

struct AdminSettings {  // [admin]: /healthz /readyz /metrics, not for the internet
  std::string listen_address = "127.0.0.1";
  std::int64_t listen_port = 9464;
};

struct JournalSettings {  // [journal]
  std::string path;       // the SQLite file
  std::int64_t size_mib_max = 10 * 1024;
  std::int64_t disk_free_mib_min = 256;     // refuse when the file system has less
  std::int64_t refuse_at_percent = 90;      // of size_mib_max: "near its limit"
  std::int64_t group_entries_max = 2000;    // one commit takes at most so many
  std::int64_t group_us_max = 2000;         // a commit waits so long for as many as the last took
  std::int64_t queue_entries_max = 20'000;  // waiting for a commit; more is refused as busy
  std::int64_t queue_mib_max = 64;
  std::int64_t body_keep_hours = 72;            // after publishing
  std::int64_t sweep_rows_max = 500;            // rows looked at by one step of expiry
  std::int64_t payload_bytes_max = 256 * 1024;  // raw bytes kept in a dead letter
};

struct KafkaSettings {  // [kafka]
  std::string bootstrap_servers = "127.0.0.1:9092";
  std::string client_id = "qnzs-gateway";
  std::string topic_prefix;  // for shared clusters and tests; put before every topic name
  std::int64_t partitions = 12;
  std::int64_t replication_factor = 3;
  std::int64_t min_insync_replicas = 2;
  std::int64_t messages_keep_days = 30;
  std::int64_t dead_letters_keep_days = 365;
  bool create_topics = true;
  std::string compression = "lz4";
  std::string security_protocol = "plaintext";  // plaintext ssl sasl_plaintext sasl_ssl
  std::string sasl_mechanism;                   // PLAIN SCRAM-SHA-256 SCRAM-SHA-512
  std::string sasl_username;
  Secret sasl_password;
  std::string tls_ca_file, tls_certificate_file, tls_key_file;
};

struct PublisherSettings {  // [publisher]
  std::int64_t batch_entries_max = 5000;
  std::int64_t batch_kib_max = 4096;
  std::int64_t transaction_ms_max = 10'000;
  std::int64_t gather_ms_max = 50;  // from the begin of a transaction to that of the next
  std::int64_t idle_ms_max = 20;    // looks for new entries at least so often
  std::int64_t retry_ms_min = 200;
  std::int64_t retry_ms_max = 5'000;
  std::int64_t stop_ms_max = 5'000;              // at stop: publish what is there, at most so long
  std::int64_t hanging_look_seconds = 60;        // look for lost ends so often
  std::string on_position_behind = "republish";  // republish | resume | wait
};

struct AlarmSettings {               // [alarm]: whom to wake, and when
  std::vector<std::string> command;  // argument list, no shell; the document is its input
  std::int64_t command_ms_max = 10'000;
  std::string webhook_url;  // http:// or https://
  Secret webhook_secret;    // signs each call
  std::string webhook_ca_file;
  std::int64_t webhook_ms_max = 15'000;  // all attempts of one alarm together
  std::int64_t webhook_attempts_max = 4;
  std::int64_t look_ms = 1'000;  // between two looks at the facts
  std::int64_t repeat_seconds = 1'800;
  std::int64_t clear_after_seconds = 60;  // the cause has been away for so long
  std::int64_t oldest_seconds_max = 300;  // age of the oldest unpublished entry
  std::int64_t journal_percent_max = 80;  // of journal.size_mib_max
  std::int64_t disk_free_mib_min = 1'024;
  std::int64_t unauthentic_window_seconds = 300;
  std::int64_t unauthentic_min = 20;    // in one window, for each account
  std::int64_t unauthentic_factor = 5;  // times what is usual for that account
};

struct LogSettings {                    // [log]
  std::string level = "info";           // debug info warning error
  std::int64_t error_seconds_min = 10;  // between two lines of the same error
};

struct ChannelAccount {
  std::string channel;
  std::unique_ptr<AccountSettings> settings;
};

struct GatewaySettings {
  InstallationSettings installation;
  std::vector<SealKeySettings> seal_keys;
  std::vector<SiteSettings> sites;
  HttpSettings http;
  AdminSettings admin;
  JournalSettings journal;
  KafkaSettings kafka;
  PublisherSettings publisher;
  AlarmSettings alarm;
  LogSettings log;
  std::vector<ChannelAccount> accounts;  // in file order
  std::string printed;  // the effective settings as TOML, secrets starred: for --print and logs
};

// Reads, checks and completes a configuration. `channels` are the registry's sections, one per
// channel, so that [[channels.<name>]] is known without this layer knowing any channel. Relative
// paths in the file (and behind file:) are relative to the file's folder. All problems at once.
// Blocking; for start-up.
std::expected<GatewaySettings, Problems> load_gateway(const std::string& path,
                                                      std::span<const ChannelSection> channels,
                                                      const Environment& environment);

// The same of a text that would stand in the file `path`.
std::expected<GatewaySettings, Problems> parse_gateway(std::string_view text,
                                                       const std::string& path,
                                                       std::span<const ChannelSection> channels,
                                                       const Environment& environment);

// config/REFERENCE.md, generated from the field tables.
std::string gateway_reference(std::span<const ChannelSection> channels);

}  // namespace qnzs::config
