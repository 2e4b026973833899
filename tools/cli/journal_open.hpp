#pragma once

#include "config/gateway.hpp"
#include "gateway/ingest/journal_reader.hpp"
#include "tools/cli/command.hpp"

#include <memory>
#include <span>
#include <string>

namespace qnzs::cli {

// Why there can be no journal at that path, in Chinese; "" when a file is there.
std::string no_journal_at(const std::string& path);

// What an error of the journal means and what to do, in Chinese, with its own words in brackets.
std::string explain_journal(const schema::Error& error);

// Tells that a journal could not be read, and why; sets `code`.
void tell_unreadable(const schema::Error& error, Context& context);

// The journal at that path, for reading. Nothing when it cannot be opened: then why was told and
// `code` set.
std::unique_ptr<ingest::JournalReader> open_to_read(
    const std::string& path, std::span<const config::SealKeySettings> seal_keys, Context& context);

}  // namespace qnzs::cli
