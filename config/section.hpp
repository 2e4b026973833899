#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/account.hpp"
#include "config/field.hpp"

namespace qnzs::config {

// What an extra check over a whole section (two settings that only make sense together) has found.
struct SectionProblem {
  std::string key;   // of the setting the person must change
  std::string what;  // Chinese: what is wrong and what to do
};

// One kind of section, with its rows.
template <class S>
struct Section {
  std::string_view name;         // "http"; for a channel its folder name
  std::string_view description;  // Chinese, for REFERENCE.md
  std::span<const Field<S>> fields;
  std::vector<SectionProblem> (*check)(const S&) = nullptr;
};

class SectionReader;  // section.cpp and reader.cpp: applies rows to a TOML table

// A channel's section with its type forgotten, so that this layer can read any channel's accounts.
class ChannelSection {
 public:
  template <class S>
    requires std::derived_from<S, AccountSettings>
  static ChannelSection of(const Section<S>& section);

  std::string_view name() const { return name_; }

 private:
  std::string_view name_;
  friend class SectionReader;
};

}  // namespace qnzs::config
