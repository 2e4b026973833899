#pragma once

#include "config/account.hpp"
#include "config/field.hpp"
#include "config/reader.hpp"
#include "config/reference.hpp"

#include <algorithm>
#include <concepts>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qnzs::config {

// What an extra check over a whole section (two settings that only make sense together) has found.
struct SectionProblem {
  std::string key;   // of the setting the person must change
  std::string what;  // Chinese: what is wrong and what to do
  // The other settings that it was judged by: when one of them could not be read, nothing is said.
  std::vector<std::string_view> with = {};
};

// One kind of section, with its rows.
template <class S>
struct Section {
  std::string_view name;         // "http"; for a channel its folder name
  std::string_view description;  // Chinese, for REFERENCE.md
  std::span<const Field<S>> fields;
  std::vector<SectionProblem> (*check)(const S&) = nullptr;
};

// Reads one table by a section's rows, with its extra check.
template <class S>
void read_section(const Section<S>& section, SectionReader& reader, S& into) {
  reader.read(section.fields, into);
  if (section.check == nullptr) return;
  for (auto& found : section.check(into)) {
    const bool is_known =
        !reader.is_wrong(found.key) &&
        std::ranges::none_of(found.with, [&](auto key) { return reader.is_wrong(key); });
    if (is_known) reader.problem(found.key, std::move(found.what));
  }
}

// The rows every account of every channel has.
std::span<const Field<AccountSettings>> account_fields();

// A channel's section with its type forgotten, so that this layer can read any channel's accounts.
class ChannelSection {
 public:
  // `section` must live as long as the program.
  template <class S>
    requires std::derived_from<S, AccountSettings>
  static ChannelSection of(const Section<S>& section) {
    ChannelSection channel;
    channel.name_ = section.name;
    channel.read_ = [&section](SectionReader& reader) -> std::unique_ptr<AccountSettings> {
      auto settings = std::make_unique<S>();
      reader.read(account_fields(), static_cast<AccountSettings&>(*settings));
      read_section(section, reader, *settings);
      return settings;
    };
    channel.describe_ = [&section] {
      const S defaults;
      return reference_of(
          "[[channels." + std::string(section.name) + "]]", section.description,
          reference_rows(account_fields(), static_cast<const AccountSettings&>(defaults)) +
              reference_rows(section.fields, defaults));
    };
    return channel;
  }

  std::string_view name() const { return name_; }
  // Reads one account; what is wrong is in the reader's context.
  std::unique_ptr<AccountSettings> read(SectionReader& reader) const { return read_(reader); }
  // Its chapter of REFERENCE.md.
  std::string describe() const { return describe_(); }

 private:
  std::string_view name_;
  std::function<std::unique_ptr<AccountSettings>(SectionReader&)> read_;
  std::function<std::string()> describe_;
};

}  // namespace qnzs::config
