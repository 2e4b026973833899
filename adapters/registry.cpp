#include "adapters/adapter.hpp"
#include "adapters/hotline/channel.hpp"
#include "adapters/wechat/webhook.hpp"

#include <algorithm>
#include <array>

namespace qnzs::adapters {

std::span<const Channel> channels() {
  static const std::array channels{wechat::channel(), hotline::channel()};
  return channels;
}

const Channel* find_channel(std::string_view name) {
  const auto all = channels();
  const auto found = std::ranges::find(all, name, &Channel::name);
  return found == all.end() ? nullptr : &*found;
}

}  // namespace qnzs::adapters
