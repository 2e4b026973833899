#pragma once

#include "adapters/poll.hpp"
#include "schema/error.hpp"

// The files that a poll asks for. All block; only regular files are touched and no symbolic link is
// followed, since others may write into the folder. Fault: storage, with the system's words.
namespace qnzs::ingest {

schema::Result<adapters::Listed> list_folder(const adapters::ListFolder& call);
schema::Result<adapters::FileBytes> read_file(const adapters::ReadFile& call);
schema::Result<adapters::Written> write_file(const adapters::WriteFile& call);

}  // namespace qnzs::ingest
