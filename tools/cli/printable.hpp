#pragma once

#include <string>
#include <string_view>

// What others wrote must not steer the operator's terminal, nor turn the direction of its text.
namespace qnzs::cli {

// For people: one line. A control character (C0, DEL, C1) or one that turns the direction of
// writing is shown as <U+202E>, a line break as a space, what is no UTF-8 as U+FFFD.
std::string printable(std::string_view text);

// A JSON document with those characters escaped: any reader takes it for the same.
std::string printable_json(std::string_view json);

}  // namespace qnzs::cli
