#include "adapters/hotline/batch.hpp"
#include "adapters/hotline/channel.hpp"
#include "adapters/hotline/folder_pass.hpp"

#include <utility>

namespace qnzs::adapters::hotline {
namespace {

class FolderPoll final : public Poll {
 public:
  FolderPoll(Settings settings, const Installation& installation)
      : settings_(std::move(settings)), installation_(installation) {}
  std::unique_ptr<PollPass> begin(std::string_view cursor) const override {
    return begin_folder_pass(settings_, installation_, cursor);
  }
  std::chrono::milliseconds interval() const override {
    return std::chrono::milliseconds(settings_.poll_ms);
  }
  schema::Result<std::vector<schema::Message>> read_again(
      std::string_view payload, const schema::Timestamp& received_at) const override {
    return hotline::read_again(payload, received_at, settings_, installation_);
  }

 private:
  const Settings settings_;
  const Installation installation_;
};

}  // namespace

std::unique_ptr<Poll> open_poll(const config::AccountSettings& settings,
                                const Installation& installation) {
  const auto& own = static_cast<const Settings&>(settings);
  if (own.folder.empty()) return nullptr;
  return std::make_unique<FolderPoll>(own, installation);
}

}  // namespace qnzs::adapters::hotline
