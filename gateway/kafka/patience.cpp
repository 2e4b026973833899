#include "gateway/kafka/patience.hpp"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <thread>

namespace qnzs::kafka {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds piece_min{250};
constexpr milliseconds piece_max{4'000};
constexpr milliseconds breath{50};  // a connection that breaks at once must not make us spin

}  // namespace

int ask_in_pieces(const Patience& patience, const std::function<int(int time_ms)>& ask) {
  const auto until = Clock::now() + patience.time_max();
  for (auto piece = piece_min;;) {
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
    const int code = ask(static_cast<int>(std::clamp(left, milliseconds(1), piece).count()));
    const bool is_waiting =
        code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (!is_waiting || patience.is_over() || Clock::now() + breath >= until) return code;
    // Without a broker to ask a short wait is as good as a long one; a slow broker needs longer.
    if (code == RD_KAFKA_RESP_ERR__TIMED_OUT) piece = std::min(piece * 2, piece_max);
    std::this_thread::sleep_for(breath);
  }
}

}  // namespace qnzs::kafka
