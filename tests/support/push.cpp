#include "tests/support/push.hpp"

#include "gateway/kafka/client_conf.hpp"
#include "tests/support/becomes_true.hpp"

#include <httplib.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <iterator>
#include <random>
#include <stdexcept>

namespace qnzs::tests {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

simulator::WechatPush text_push(std::int64_t id) {
  simulator::WechatPush push;
  push.text = planted_text;
  push.openid = "oPerson" + std::to_string(id);
  push.message_id = id;
  push.created_at = 1'700'000'000;
  return push;
}

int push(const GatewayProcess& gateway, std::int64_t id, simulator::Corruption corruption) {
  return push(gateway, text_push(id), corruption);
}

int push(const GatewayProcess& gateway, const simulator::WechatPush& push,
         simulator::Corruption corruption) {
  const simulator::WechatAccount account{GatewayProcess::token, GatewayProcess::aes_key,
                                         GatewayProcess::appid, "safe"};
  const auto request =
      simulator::signed_request(account, simulator::xml_of(push), 1'700'000'000, corruption);
  httplib::Client client("127.0.0.1", gateway.port());
  const auto answer = client.Post("/wechat/safe?" + request.query, request.body, "text/xml");
  return answer ? answer->status : 0;
}

std::string incompressible(std::size_t size) {
  std::string text;
  for (std::minstd_rand random(7); text.size() < size;) {
    const auto letter = static_cast<char>('A' + random() % 58);
    text += std::isalnum(static_cast<unsigned char>(letter)) != 0 ? letter : '0';
  }
  return text;
}

std::vector<kafka::ConsumedRecord> records(const config::KafkaSettings& kafka, schema::Topic topic,
                                           std::size_t count) {
  kafka::Consumer consumer(kafka, {});
  const auto name = kafka::topic_name(kafka, topic);  // made soon after a gateway's start
  if (!becomes_true([&] { return consumer.start({name}, 1s).has_value(); }))
    throw std::runtime_error("no topic " + name);
  std::vector<kafka::ConsumedRecord> all;
  const auto until = Clock::now() + 30s;
  for (auto quiet_since = Clock::now(); Clock::now() < until;) {
    auto batch = consumer.next(1000, 200ms);
    if (!batch || batch->records.empty()) {
      if (all.size() >= count && Clock::now() - quiet_since > 1s) break;
      continue;
    }
    quiet_since = Clock::now();
    std::ranges::move(batch->records, std::back_inserter(all));
  }
  return all;
}

}  // namespace qnzs::tests
