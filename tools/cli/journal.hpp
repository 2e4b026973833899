#pragma once

#include "tools/cli/command.hpp"

// The subcommands of `qnzs journal` that have a file of their own.
namespace qnzs::cli {

void add_journal_drain(CLI::App& journal, Context& context);
void add_journal_backup(CLI::App& journal, Context& context);

}  // namespace qnzs::cli
