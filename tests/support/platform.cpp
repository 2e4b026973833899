#include "tests/support/platform.hpp"

#include "tests/support/gateway_process.hpp"
#include "tools/simulator/wechat.hpp"

#include <httplib.h>

#include <string>

namespace qnzs::tests {
namespace {

using Clock = std::chrono::steady_clock;

// As the gateway is when it has died: tried again soon.
constexpr std::chrono::milliseconds retry_pause{100};

std::string xml_of(const Said& said) {
  simulator::WechatPush push;
  push.text = text_of(said);
  push.openid = "oPerson" + std::to_string(said.conversation);
  push.message_id = 7'000'000'000'000 + said.conversation * 1'000'000LL + said.number;
  push.created_at = 1'700'000'000 + said.number;
  return simulator::xml_of(push);
}

}  // namespace

Platform::Platform(std::uint16_t port, Oracle& oracle, std::uint32_t people,
                   std::chrono::milliseconds pause, std::uint32_t first_person)
    : port_(port), oracle_(oracle), pause_(pause) {
  for (auto person = first_person; person < first_person + people; ++person)
    people_.emplace_back([this, person] { write(person); });
}

Platform::~Platform() {
  stop(std::chrono::milliseconds(0));
}

void Platform::stop(std::chrono::milliseconds time_max) {
  give_up_at_ = Clock::now() + time_max;
  stopping_ = true;
  people_.clear();  // joins
}

void Platform::write(std::uint32_t person) {
  const simulator::WechatAccount account{GatewayProcess::token, GatewayProcess::aes_key,
                                         GatewayProcess::appid, "safe"};
  httplib::Client client("127.0.0.1", port_);
  client.set_keep_alive(true);
  client.set_tcp_nodelay(true);
  client.set_read_timeout(5);  // as long as the platform waits
  for (std::uint32_t number = 1; !stopping_; ++number) {
    const Said said{person, number};
    const auto xml = xml_of(said);
    while (Clock::now() < give_up_at_.load()) {
      const auto request = simulator::signed_request(account, xml, 1'700'000'000);
      const auto answer = client.Post("/wechat/safe?" + request.query, request.body, "text/xml");
      if (answer && answer->status == 200 && answer->body == "success") {
        oracle_.answered(said);
        break;
      }
      std::this_thread::sleep_for(retry_pause);
    }
    std::this_thread::sleep_for(pause_);
  }
}

}  // namespace qnzs::tests
