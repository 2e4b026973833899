#pragma once

#include "gateway/store/database.hpp"

#include <span>
#include <string_view>

namespace qnzs::store {

// Brings the database to version `steps.size()`: step i leads from version i to i + 1, each in a
// transaction of its own. `application_id` marks the file as ours. Fails with `newer` when the
// file's version is beyond the steps, with `foreign` when it is somebody else's database. A step,
// once released, never changes.
Result<void> migrate(Database& database, std::int64_t application_id,
                     std::span<const std::string_view> steps);

// For who only reads: is this file ours, and of exactly the newest version?
Result<void> expect_version(Database& database, std::int64_t application_id, std::size_t version);

}  // namespace qnzs::store
