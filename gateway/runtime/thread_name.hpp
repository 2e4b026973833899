#pragma once

namespace qnzs::runtime {

// Names the calling thread for `top -H` and profilers; at most 15 bytes, else the name stays.
void name_thread(const char* name);

}  // namespace qnzs::runtime
