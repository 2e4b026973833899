#pragma once

#include <sys/types.h>

// What the disk holds of the journal if the power goes: a copy of its files in the folder
// QNZS_SYNCED_FOLDER that gets what was written only when it is synced (power_cut.hpp). Nothing is
// done where that is not set.
namespace qnzs::preload {

void note_write(int descriptor, off64_t offset, ssize_t size);
// After a sync that has succeeded, before the caller knows.
void note_sync(int descriptor);

}  // namespace qnzs::preload
