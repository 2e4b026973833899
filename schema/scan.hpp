#pragma once

#include <cstddef>
#include <string_view>

namespace qnzs::schema {

// How many bytes stand before the first one that `is_special` (a predicate over `unsigned char`,
// comparisons only). Most texts have nothing special at all, so a block is looked at as a whole:
// without an early exit compilers make vector instructions of it.
template <class IsSpecial>
std::size_t ordinary_run(std::string_view text, IsSpecial is_special) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t at = 0;
  const auto skip_blocks = [&]<std::size_t size>() {
    for (; at + size <= text.size(); at += size) {
      unsigned char any = 0;
      for (std::size_t i = 0; i < size; ++i) any |= is_special(bytes[at + i]) ? 1 : 0;
      if (any != 0) return;
    }
  };
  skip_blocks.template operator()<32>();
  skip_blocks.template operator()<8>();
  while (at < text.size() && !is_special(bytes[at])) ++at;
  return at;
}

}  // namespace qnzs::schema
