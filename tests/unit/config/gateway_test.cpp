#include "config/gateway.hpp"

#include "adapters/adapter.hpp"
#include "tests/unit/config/loaded.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <unistd.h>

namespace config = qnzs::config;
using namespace qnzs::tests;  // NOLINT

TEST_CASE("A complete configuration loads, with defaults and paths relative to its folder") {
  const Loaded loaded(head + journal + "[kafka]\nbootstrap_servers = \"${KAFKA}\"\n" + account);
  INFO(loaded.problem());
  REQUIRE(loaded.settings);
  CHECK(loaded.settings->journal.path == loaded.folder.file("j.db"));
  CHECK(loaded.settings->kafka.bootstrap_servers == "kafka:9092");
  CHECK(loaded.settings->kafka.replication_factor == 3);
  REQUIRE(loaded.settings->accounts.size() == 1);
  CHECK(loaded.settings->accounts[0].settings->account == "a");
}

TEST_CASE("All problems are told at once, each with file, line, column and key") {
  const Loaded loaded(head + "[journal]\npath = 5\nsize_mib_max = 0\n[htpp]\n" + account);
  REQUIRE_FALSE(loaded.settings);
  CHECK(loaded.settings.error().size() == 3);
  CHECK(says(loaded, "g.toml:12:8: journal.path: 应为文字"));
  CHECK(says(loaded, "g.toml:13:16: journal.size_mib_max: 超出范围"));
  CHECK(says(loaded, "htpp: 没有这一段"));
}

TEST_CASE("An unknown key is an error that names the nearest one") {
  CHECK(says(Loaded(head + journal + "size_mib_mx = 5\n" + account), "是否想写 size_mib_max"));
}

TEST_CASE("A missing key is told at its section") {
  CHECK(says(Loaded(head + "[journal]\n" + account), "g.toml:11:1: journal.path: 缺少此项"));
}

TEST_CASE("A missing section is told with a place too") {
  CHECK(says(Loaded(head + account), "g.toml:1:1: journal.path: 缺少此项"));
  const Loaded empty("");
  for (const char* key :
       {"installation.journal_id", "seal_keys", "sites", "journal.path", "channels"})
    CHECK(says(empty, "g.toml:1:1: " + std::string(key) + ": "));
}

TEST_CASE("A file that is none is told in words that help") {
  const auto problem = [](const std::string& path) {
    return config::load_gateway(path, channel_sections(), environment).error().at(0).str();
  };
  TemporaryFolder folder;
  CHECK(problem(folder.file(".")).contains("这是一个文件夹"));
  CHECK(problem(folder.file("none")).contains("文件不存在"));
  std::ofstream(folder.file("large")) << std::string(1024 * 1024 + 1, '#');
  CHECK(problem(folder.file("large")).contains("大于 1 MiB"));
}

TEST_CASE("An address that is none is refused before anything starts") {
  for (const char* address : {"not-an-ip", "localhost", "127.0.0.1:80", "[::1]", "256.0.0.1"}) {
    for (const char* section : {"http", "admin"}) {
      const auto text =
          "[" + std::string(section) + "]\nlisten_address = \"" + std::string(address) + "\"\n";
      CHECK(says(Loaded(head + journal + text + account), "listen_address: 写法不对:应为 IP 地址"));
    }
  }
  for (const std::string servers : {"", "garbage", "a:", ":9092", "a:0", "a:65536", "a:b", "a:1,",
                                    "a:1, b:2", "kafka://a:1", "[x]:1"}) {
    const auto text = "[kafka]\nbootstrap_servers = \"" + servers + "\"\n";
    CHECK_MESSAGE(
        says(Loaded(head + journal + text + account), "bootstrap_servers: 写法不对:应为 主机:端口"),
        servers);
  }
  const Loaded loaded(head + journal +
                      "[http]\nlisten_address = \"::1\"\n[kafka]\nbootstrap_servers = "
                      "\"kafka-1.example.org:9092,[::1]:9093,10.0.0.1:9094\"\n" +
                      account);
  CHECK_MESSAGE(loaded.settings, loaded.problem());
}

TEST_CASE("A broken file is told with the place of the error") {
  CHECK(says(Loaded("[installation\n"), "g.toml:1:"));
  const std::pair<const char*, const char*> broken[]{
      {"[installation\n", "段名应写成 [名字] 或 [[名字]]"},
      {"a = \"x\n", "引号要成对"},
      {"a = x\n", "文字要加引号"},
      {"a = 1 2\n", "后面还有多余的内容"},
      {"a 1\n", "名字后面缺少 ="},
      {"a = [1, 2\n", "方括号要成对"},
      {"a = 1\na = 2\n", "前面已经有了"},
      {"[a]\n[a]\n", "前面已经有了"},
      {"= 1\n", "每行应写成 名字 = 值"},
      {"a = \"\xff\"\n", "UTF-8"},
      {"a = \n", "值写得不对"},
      {"a = 99999999999999999999\n", "这个整数太大了"},
      {"a = 08080\n", "数字不能以 0 开头"},
      {"a = 10s\n", "整数写得不对:只能有数字"},
      {"a = 1__0\n", "_ 两边都要有数字"},
      {"a = 127.0.0.1\n", "请加引号"},
      {"a = 2026-02-30\n", "日期或时间写得不对"},
      {"a = 25:00:00\n", "日期或时间写得不对"},
      {"a = True\n", "全部小写"},
      {"a = \"\\uD800\"\n", "\\u 后面写得不对"}};
  for (const auto& [text, what] : broken) {
    const Loaded loaded(text);
    INFO(loaded.problem());
    CHECK(says(loaded, "TOML 语法有误:"));
    CHECK(says(loaded, what));
    CHECK_FALSE(says(loaded, "读不下去"));
    CHECK_FALSE(says(loaded, "rror"));
    CHECK_FALSE(says(loaded, "expected"));
  }
}

TEST_CASE("A secret written into the file is refused and not printed") {
  auto text = head;
  text.replace(text.find("${SECRET}"), 9, planted);
  const Loaded loaded(text + journal + account);
  CHECK(says(loaded, "密钥不能直接写在配置里"));
  CHECK_FALSE(says(loaded, planted));
}

TEST_CASE("The printed settings show secrets as stars") {
  const Loaded loaded(head + journal + account);
  REQUIRE(loaded.settings);
  CHECK(loaded.settings->printed.contains("token = \"********\""));
  CHECK_FALSE(loaded.settings->printed.contains(planted));
}

TEST_CASE("A secret file must exist, be ours alone, and lose its line end") {
  const auto with_file = [](mode_t mode, bool exists) {
    TemporaryFolder folder;
    if (exists) std::ofstream(folder.file("t")) << "abcdef\n";
    chmod(folder.file("t").c_str(), mode);
    auto text = head + journal + account;
    text.replace(text.rfind("${SECRET}"), 9, "file:" + folder.file("t"));
    Loaded loaded(text);
    return loaded.problem();
  };
  CHECK(with_file(0600, true).empty());
  CHECK(with_file(0644, true).contains("chmod 600"));
  CHECK(with_file(0600, false).contains("文件不存在"));
}

TEST_CASE("A secret that is no file of ours is told by what is the case") {
  TemporaryFolder folder;
  std::ofstream(folder.file("empty")).close();
  std::ofstream(folder.file("large")) << std::string(5000, 'x');
  for (const char* name : {"empty", "large"}) chmod(folder.file(name).c_str(), 0600);
  const auto with_token = [&](const std::string& path) {
    auto text = head + journal + account;
    text.replace(text.rfind("${SECRET}"), 9, "file:" + path);
    const auto parsed = config::parse_gateway(text, "g.toml", channel_sections(), environment);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().size() == 1);
    return parsed.error().at(0).str();
  };
  CHECK(with_token(folder.file(".")).contains("这是一个文件夹"));
  CHECK(with_token(folder.file("empty")).contains("文件是空的"));
  CHECK(with_token(folder.file("large")).contains("大于 4 KiB"));
  CHECK(with_token("/dev/null").contains("不是普通的文件"));
  CHECK(with_token(folder.file("empty") + "/t").contains("文件不存在"));
  // As somebody who may not enter the folder, and root may enter every one.
  const bool is_root = geteuid() == 0;
  chmod(folder.file(".").c_str(), is_root ? 0700 : 0);
  if (is_root) REQUIRE(seteuid(65534) == 0);
  const auto told = with_token(folder.file("empty"));
  if (is_root) REQUIRE(seteuid(0) == 0);
  chmod(folder.file(".").c_str(), 0700);
  CHECK(told.contains("没有进入它所在文件夹的权限"));
  CHECK_FALSE(told.contains("不存在"));
}

TEST_CASE("A file that is only named must be there") {
  for (const std::string key : {"tls_ca_file", "tls_certificate_file", "tls_key_file"}) {
    const Loaded loaded(head + journal + "[kafka]\n" + key + " = \"none.pem\"\n" + account);
    CHECK(
        says(loaded, "kafka." + key + ": 文件不存在,请检查路径:" + loaded.folder.file("none.pem")));
  }
  CHECK(says(Loaded(head + journal + "[http]\ntls_certificate_file = \"a\"\n" + account),
             "http.tls_certificate_file: 文件不存在"));
  CHECK(says(Loaded(head + journal + "[alarm]\nwebhook_ca_file = \".\"\n" + account),
             "alarm.webhook_ca_file: 这是一个文件夹"));
}

TEST_CASE("What follows from a problem that is told already is not told as another one") {
  const auto only = [](const std::string& text, std::string_view what) {
    const Loaded loaded(head + journal + text);
    INFO(loaded.problem());
    REQUIRE_FALSE(loaded.settings);
    CHECK(loaded.settings.error().size() == 1);
    CHECK(says(loaded, what));
  };
  const std::string desk = "[[channels.hotline]]\naccount = \"d\"\nsite = \"henan\"\n";
  only(desk + "key_id = \"k\"\nsecret = \"file:none\"\n", "secret: 文件不存在");
  only(desk + "folder = \"f\"\nprevious_key_id = \"k\"\nprevious_secret = \"x\"\n",
       "密钥不能直接写在配置里");
  only(
      "[kafka]\nsecurity_protocol = \"sasl_ssl\"\nsasl_mechanism = \"PLAIN\"\n"
      "sasl_username = \"u\"\nsasl_password = \"file:none\"\n" +
          account,
      "sasl_password: 文件不存在");
  only("[kafka]\nsecurity_protocol = \"sals_ssl\"\nsasl_mechanism = \"PLAIN\"\n" + account,
       "security_protocol: 只能是");
  auto bad_site = head;
  bad_site.replace(bad_site.find("\"henan\""), 7, "\"HENAN\"");
  CHECK_FALSE(says(Loaded(bad_site + journal + account), "没有代号"));
  only(desk + "folder = \"f\"\nkey_id = \"k\"\n", "须同时填写");  // alone it is told
}

TEST_CASE("Of two sites or keys with one name the second is told") {
  const std::string site = "[[sites]]\ncode = \"henan\"\nname = \"站\"\nregion = \"410000\"\n";
  CHECK(says(Loaded(head + site + journal + account),
             "g.toml:12:8: sites[1].code: 与前面的重复,请改名:henan"));
  const std::string key = "[[seal_keys]]\nid = \"k1\"\nkey = \"${HEX_KEY}\"\n";
  CHECK(says(Loaded(head + key + journal + account), "g.toml:12:6: seal_keys[1].id: 与前面的重复"));
}

TEST_CASE("A variable that is not set is told, one with a default is not") {
  CHECK(says(Loaded(head + journal + "[kafka]\nclient_id = \"${NONE}\"\n" + account),
             "环境变量 NONE 未设置"));
  const Loaded loaded(head + journal + "[kafka]\nclient_id = \"x-${NONE:-y}\"\n" + account);
  REQUIRE(loaded.settings);
  CHECK(loaded.settings->kafka.client_id == "x-y");
}

TEST_CASE("An account must name a site that is there, and have a name of its own") {
  auto elsewhere = account;
  elsewhere.replace(elsewhere.find("henan"), 5, "hunan");
  CHECK(says(Loaded(head + journal + elsewhere), "没有代号为 hunan 的站点"));
  CHECK(says(Loaded(head + journal + account + account), "已有同名账号"));
  CHECK(says(Loaded(head + journal + "[[channels.sms]]\n"), "没有这个渠道"));
  CHECK(says(Loaded(head + journal), "至少要有一个渠道账号"));
}

TEST_CASE("Settings that only make sense together are checked together") {
  CHECK(says(Loaded(head + journal + "[kafka]\nreplication_factor = 1\n" + account),
             "min_insync_replicas"));
  CHECK(says(Loaded(head + journal + "[kafka]\nsecurity_protocol = \"sasl_ssl\"\n" + account),
             "sasl_mechanism"));
  auto safe = account;
  safe.replace(safe.find("plain"), 5, "safe");
  CHECK(says(Loaded(head + journal + safe), "aes_key: mode 为 safe 时必填"));
  const Loaded unreadable(head + journal + safe + "aes_key = \"file:none\"\n");
  CHECK(says(unreadable, "aes_key: 文件不存在"));
  CHECK_FALSE(says(unreadable, "必填"));  // it is there: one cause, one problem
}

TEST_CASE("Every [http] that the README shows is accepted as it stands") {
  std::ifstream file(QNZS_SOURCE_DIR "/README.md");
  const std::string readme(std::istreambuf_iterator<char>(file), {});
  static constexpr std::string_view fence = "```toml\n[http]\n";
  TemporaryFolder folder;  // with the files that stand in /etc/qnzs there
  for (const char* name : {"tls.pem", "tls.key"}) std::ofstream(folder.file(name)) << "x";
  int shown = 0;
  for (auto at = readme.find(fence); at != std::string::npos; at = readme.find(fence, at + 1)) {
    const auto start = at + std::string_view("```toml\n").size();
    auto section = readme.substr(start, readme.find("```", start) - start);
    for (auto path = section.find("/etc/qnzs/"); path != std::string::npos;
         path = section.find("/etc/qnzs/"))
      section.replace(path, std::string_view("/etc/qnzs/").size(), folder.file(""));
    const Loaded loaded(head + journal + account + section);
    CHECK_MESSAGE(loaded.settings, loaded.problem());
    ++shown;
  }
  CHECK(shown == 2);
}

TEST_CASE("The reference page is what the field tables say") {
  std::ifstream file(QNZS_SOURCE_DIR "/config/REFERENCE.md", std::ios::binary);
  const std::string page(std::istreambuf_iterator<char>(file), {});
  CHECK_MESSAGE(page == config::gateway_reference(channel_sections()),
                "run: build/dev/bin/qnzs config reference > config/REFERENCE.md");
}
