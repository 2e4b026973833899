#include "config/gateway.hpp"

#include "config/file.hpp"
#include "config/gateway_fields.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <tuple>
#include <type_traits>

namespace qnzs::config {
namespace {

constexpr std::size_t file_bytes_max = 1024 * 1024;

// Reads one file's sections into the settings.
class GatewayReader {
 public:
  GatewayReader(const TomlValue& root, std::span<const ChannelSection> channels,
                ReadContext& context)
      : root_(root),
        table_(std::get<TomlTable>(root.value)),
        channels_(channels),
        context_(context) {}

  GatewaySettings read() {
    GatewaySettings settings;
    for_each_section([&](const auto& section, auto member) { read(section, settings.*member); });
    read_accounts(settings);
    refuse_unknown();
    check_whole(settings);
    return settings;
  }

 private:
  template <class S>
  void read(const Section<S>& section, S& into) {
    names_.emplace(section.name);
    context_.printed += "\n[" + std::string(section.name) + "]\n";
    const TomlValue absent{.value = TomlTable{}, .line = 1, .column = 1};  // no better place
    const auto* found = find(table_, section.name);
    if (found != nullptr && !std::holds_alternative<TomlTable>(found->value)) {
      note(*found, section.name, "应为一段:[" + std::string(section.name) + "]");
      return;
    }
    SectionReader reader(found == nullptr ? absent : *found, std::string(section.name), context_);
    read_section(section, reader, into);
    reader.refuse_unknown();
  }

  template <class S>
  void read(const Section<S>& section, std::vector<S>& into) {
    names_.emplace(section.name);
    for_each_table(find(table_, section.name), section.name,
                   [&](const TomlValue& value, std::string path) {
                     context_.printed += "\n[[" + std::string(section.name) + "]]\n";
                     SectionReader reader(value, std::move(path), context_);
                     read_section(section, reader, into.emplace_back());
                     reader.refuse_unknown();
                   });
    if (into.empty())
      note(root_, section.name, "至少要有一段 [[" + std::string(section.name) + "]]");
  }

  void read_accounts(GatewaySettings& settings) {
    names_.emplace("channels");
    const auto* found = find(table_, "channels");
    if (found == nullptr)
      return note(root_, "channels", "至少要有一个渠道账号,如 [[channels.wechat]]");
    const auto* table = std::get_if<TomlTable>(&found->value);
    if (table == nullptr) return note(*found, "channels", "应写成 [[channels.渠道名]]");
    for (const auto& [name, value] : *table) read_channel(name, value, settings);
  }

  void read_channel(const std::string& name, const TomlValue& value, GatewaySettings& settings) {
    const auto path = "channels." + name;
    const auto channel = std::ranges::find(channels_, name, &ChannelSection::name);
    if (channel == channels_.end())
      return note(value, path, "没有这个渠道;现有:" + channel_names());
    for_each_table(&value, path, [&](const TomlValue& account, std::string account_path) {
      context_.printed += "\n[[" + path + "]]\n";
      SectionReader reader(account, std::move(account_path), context_);
      auto read = channel->read(reader);
      reader.refuse_unknown();
      check_account(name, *read, settings, reader);
      settings.accounts.push_back({name, std::move(read)});
    });
  }

  void check_account(const std::string& channel, const AccountSettings& account,
                     const GatewaySettings& settings, SectionReader& reader) {
    const auto is_called = [&](std::string_view code) {
      return std::ranges::find(settings.sites, code, &SiteSettings::code) != settings.sites.end();
    };
    const bool are_sites_known = !settings.sites.empty() && !is_called("");
    if (!account.site.empty() && are_sites_known && !is_called(account.site))
      reader.problem("site", "没有代号为 " + account.site + " 的站点,请在 [[sites]] 中增加或改正");
    const bool is_twice = std::ranges::any_of(settings.accounts, [&](const ChannelAccount& other) {
      return other.channel == channel && other.settings->account == account.account;
    });
    if (!account.account.empty() && is_twice)
      reader.problem("account", "同一渠道已有同名账号,请改名");
  }

  template <class Take>
  void for_each_table(const TomlValue* value, std::string_view path, Take take) {
    if (value == nullptr) return;
    const auto* items = std::get_if<TomlArray>(&value->value);
    if (items == nullptr)
      return note(*value, path, "应写成 [[" + std::string(path) + "]],可有多段");
    for (std::size_t i = 0; i < items->size(); ++i) {
      auto name = std::string(path) + "[" + std::to_string(i) + "]";
      if (std::holds_alternative<TomlTable>((*items)[i].value)) {
        take((*items)[i], std::move(name));
      } else {
        note((*items)[i], name, "应为一段");
      }
    }
  }

  void refuse_unknown() {
    for (const auto& [name, value] : table_) {
      if (!names_.contains(name)) note(value, name, "没有这一段,请删去或改正");
    }
  }

  void check_whole(const GatewaySettings& settings) {
    refuse_twice(settings.sites, &SiteSettings::code, "sites", "code");
    refuse_twice(settings.seal_keys, &SealKeySettings::id, "seal_keys", "id");
    for (auto& [key, what, with] : across_sections(settings)) {
      if (!is_wrong(key) && std::ranges::none_of(with, [&](auto one) { return is_wrong(one); }))
        note(place_of(key), key, std::move(what));
    }
  }

  // At the second one of two that are the same.
  template <class S>
  void refuse_twice(const std::vector<S>& list, std::string S::* member, std::string_view section,
                    std::string_view key) {
    const auto* found = find(table_, section);
    const auto* items = found == nullptr ? nullptr : std::get_if<TomlArray>(&found->value);
    if (items == nullptr) return;
    std::set<std::string> seen;
    auto read = list.begin();  // the list has the tables alone
    for (std::size_t i = 0; i < items->size(); ++i) {
      const auto* table = std::get_if<TomlTable>(&(*items)[i].value);
      if (table == nullptr) continue;
      const auto& value = *read++.*member;
      if (value.empty() || seen.insert(value).second) continue;
      note(*find(*table, key),
           std::string(section) + "[" + std::to_string(i) + "]." + std::string(key),
           "与前面的重复,请改名:" + value);
    }
  }

  bool is_wrong(std::string_view key) const {
    return std::ranges::find(context_.problems, key, &Problem::key) != context_.problems.end();
  }

  // Where "section.key" stands; its section, or the file, when it does not.
  const TomlValue& place_of(std::string_view key) const {
    const auto dot = key.find('.');
    const auto* section = find(table_, key.substr(0, dot));
    if (section == nullptr) return root_;
    const auto* table = std::get_if<TomlTable>(&section->value);
    const auto* value = table == nullptr ? nullptr : find(*table, key.substr(dot + 1));
    return value == nullptr ? *section : *value;
  }

  std::string channel_names() const {
    std::string names;
    for (const auto& channel : channels_)
      names.append(names.empty() ? "" : "、").append(channel.name());
    return names;
  }

  void note(const TomlValue& place, std::string_view key, std::string what) {
    context_.problems.push_back({context_.file, std::max(place.line, 1U),
                                 std::max(place.column, 1U), std::string(key), std::move(what)});
  }

  const TomlValue& root_;
  const TomlTable& table_;
  std::span<const ChannelSection> channels_;
  ReadContext& context_;
  std::set<std::string, std::less<>> names_;
};

// The file's text, or what is wrong with it.
std::expected<std::string, std::string> contents(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    return std::unexpected("这是一个文件夹,请给出其中的配置文件,如 gateway.toml");
  if (auto why = why_unreadable(path); !why.empty()) return std::unexpected(std::move(why));
  std::ifstream file(path, std::ios::binary);
  std::string text(file_bytes_max + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad()) return std::unexpected("文件读到一半出错,请检查磁盘");
  if (text.size() > file_bytes_max) return std::unexpected("大于 1 MiB,不像是配置文件");
  return text;
}

}  // namespace

std::expected<GatewaySettings, Problems> load_gateway(const std::string& path,
                                                      std::span<const ChannelSection> channels,
                                                      const Environment& environment) {
  const auto text = contents(path);
  if (!text) return std::unexpected(Problems{{path, 0, 0, "", text.error()}});
  return parse_gateway(*text, path, channels, environment);
}

std::expected<GatewaySettings, Problems> parse_gateway(std::string_view text,
                                                       const std::string& path,
                                                       std::span<const ChannelSection> channels,
                                                       const Environment& environment) {
  const auto root = parse_toml(text, path);
  if (!root) return std::unexpected(Problems{root.error()});
  const auto folder = std::filesystem::absolute(path).parent_path().string();
  ReadContext context{
      .file = path, .folder = folder, .environment = environment, .problems = {}, .printed = {}};
  auto settings = GatewayReader(*root, channels, context).read();
  std::ranges::sort(context.problems, {}, [](const Problem& problem) {
    return std::tuple(problem.line, problem.column, std::string_view(problem.key));
  });
  if (!context.problems.empty()) return std::unexpected(std::move(context.problems));
  settings.printed = std::move(context.printed);
  return settings;
}

std::string gateway_reference(std::span<const ChannelSection> channels) {
  std::string text =
      "# 网关配置参考\n\n"
      "由字段表生成:`qnzs config reference > config/REFERENCE.md`,测试会比对,请勿手改。\n\n"
      "文件为 TOML。普通文字中可写 `${变量}` 与 `${变量:-默认}`;密钥只能写成 `\"${变量}\"` 或 "
      "`\"file:路径\"`"
      "(文件权限 600)。相对路径以配置文件所在的文件夹为准。检查:`qnzs check 配置文件`。\n";
  for_each_section([&]<class S, class T>(const Section<S>& section, T GatewaySettings::*) {
    constexpr bool is_list = !std::is_same_v<S, T>;
    const auto name = std::string(section.name);
    text += reference_of(is_list ? "[[" + name + "]]" : "[" + name + "]", section.description,
                         reference_rows(section.fields, S{}));
  });
  for (const auto& channel : channels) text += channel.describe();
  return text;
}

}  // namespace qnzs::config
