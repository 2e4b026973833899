#include "gateway/http/handler.hpp"

#include "gateway/http/answer.hpp"

namespace qnzs::http {

Outcome Handler::over_limit(const adapters::HttpRequest& /*request*/,
                            std::uint32_t retry_after_seconds) {
  auto answer = plain_answer(429, "too many requests");
  answer.headers.emplace_back("Retry-After", std::to_string(retry_after_seconds));
  return answer;
}

}  // namespace qnzs::http
