#include "adapters/hotline/channel.hpp"

#include "adapters/hotline/settings.hpp"

namespace qnzs::adapters::hotline {

Channel channel() {
  return {.name = "hotline",
          .manner = {.answer_within = std::chrono::milliseconds(4000),
                     .refusal = Refusal::retry_after,
                     .dedupe_window = std::chrono::days(30)},
          .section = config::ChannelSection::of(section()),
          .open_webhook = open_webhook,
          .open_poll = open_poll};
}

}  // namespace qnzs::adapters::hotline
