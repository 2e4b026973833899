#include "adapters/hotline/folder_pass.hpp"

#include "adapters/hotline/folder_left.hpp"
#include "adapters/hotline/folder_piece.hpp"

#include <algorithm>
#include <deque>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace qnzs::adapters::hotline {
namespace {

constexpr std::string_view suffix = ".ndjson";
constexpr std::string_view rejected_suffix = ".rejected";
constexpr std::chrono::minutes other_rest{10};  // a copy of that length gets its name behind it
constexpr std::size_t read_bytes_min = 256 * 1024;
constexpr auto file_end = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t vanished_max = 100;  // files that are remembered for a while
constexpr int settles_until_abandoned = 10;
constexpr schema::Milliseconds clock_tick_max{2000};  // of a file's time: FAT has two seconds

// A file that has something new, and the digest of all before its cursor, once that is known.
struct Look {
  FoundFile file;
  std::optional<schema::crypto::RunningSha256> digest;
};

// One look at the folder: list, then for each file that has something new: read, see that what was
// read before still stands there, write what is refused, store, a piece of each in turn, so that
// a long file does not keep the others waiting.
class FolderPass final : public PollPass {
 public:
  FolderPass(const Settings& settings, const Installation& installation, std::string_view cursor)
      : settings_(settings), installation_(installation), cursor_(read_cursor(cursor)) {}

  PollStep resume(PollResult result, schema::Instant now) override {
    now_ = now;
    if (std::holds_alternative<Begun>(result))
      return ListFolder{.folder = settings_.folder,
                        .suffix = std::string(suffix),
                        .own_suffix = std::string(suffix) + std::string(rejected_suffix),
                        .files_max = static_cast<std::size_t>(settings_.folder_files_max),
                        .other_rest = other_rest};
    if (auto* listed = std::get_if<Listed>(&result)) return take_list(std::move(*listed));
    if (auto* read = std::get_if<FileBytes>(&result))
      return doing_ == Doing::comparing ? compare(read->bytes) : take_bytes(std::move(read->bytes));
    if (const auto* written = std::get_if<Written>(&result)) {
      piece_.next.rejected = written->end;
      return doing_ == Doing::measuring ? store_measured() : store();
    }
    if (std::holds_alternative<Stored>(result))
      return doing_ == Doing::storing_measured ? write_refused() : after_store();
    return after_error(std::get<schema::Error>(result));
  }

 private:
  enum class Doing : std::uint8_t {
    listing,
    reading,
    comparing,
    measuring,
    storing_measured,
    writing,
    storing
  };

  PollStep take_list(Listed listed) {
    if (listed.is_cut)
      problem_ = "文件夹 " + settings_.folder + " 中的 " + std::string(suffix) + " 文件超过 " +
                 std::to_string(settings_.folder_files_max) + " 个,多出的没有读:请移走已处理的";
    left_.add_unread(listed.others, listed.other);
    const auto files_max = static_cast<std::size_t>(settings_.folder_files_max);
    forget_vanished(cursor_, listed.files, listed.is_cut ? files_max : vanished_max);
    for (auto& file : listed.files) {
      const auto& known = cursor_[file_key(file.name)];
      const bool is_unsettled = !known.is_settled && is_settled(file);
      if (known.offset != file.bytes || known.changed_at != file.changed_at || is_unsettled)
        looks_.push_back({std::move(file), std::nullopt});
    }
    return next_file();
  }

  PollStep next_file() {
    if (looks_.empty()) return rest();
    return read();
  }

  PollStep rest() {
    return Rest{.waiting = waiting_,
                .unread = left_.unread(),
                .note = left_.note(settings_.folder),
                .problem = problem_};
  }

  FoundFile& file() { return looks_.front().file; }
  FileCursor& cursor() { return cursor_[file_key(file().name)]; }
  std::string path() { return settings_.folder + "/" + file().name; }
  std::string rejected_path() { return path() + std::string(rejected_suffix); }
  std::size_t bytes_max() const {
    return std::max(static_cast<std::size_t>(settings_.line_bytes_max) + 5, read_bytes_min);
  }

  PollStep read() {
    if (cursor().offset == 0) looks_.front().digest.emplace();
    doing_ = Doing::reading;
    return ReadFile{.path = path(), .offset = cursor().offset, .bytes_max = bytes_max()};
  }

  PollStep take_bytes(std::string bytes) {
    bytes_ = std::move(bytes);
    piece_ = take_piece(cursor(), bytes_, state(),
                        {.line_bytes_max = static_cast<std::size_t>(settings_.line_bytes_max),
                         .lines_max = static_cast<std::size_t>(settings_.append_lines_max)});
    if (!piece_.has_more) {
      piece_.next.changed_at = file().changed_at;
      piece_.next.is_settled = is_settled(file());
    }
    const bool is_as_before = piece_.next == cursor() && file().bytes >= cursor().offset;
    auto& digest = looks_.front().digest;
    if (!is_as_before && !digest) return begin_comparing();
    if (piece_.is_waiting) {
      ++waiting_;
      if (is_as_before && state().is_abandoned)
        left_.add_unfinished(file().name, piece_.next.line + 1);
    }
    if (is_as_before) return skip_file();
    const auto taken = std::string_view(bytes_).substr(0, piece_.next.offset - cursor().offset);
    digest->add(taken);
    piece_.next.digest = digest_of(*digest);
    return read_records(taken);
  }

  // By the desk's clock. One that is ahead of ours says nothing: then no line waits for it.
  FileState state() {
    using schema::Milliseconds;
    const auto rested = now_ - file().changed_at;
    const Milliseconds settle(settings_.settle_ms);
    const auto abandon = settles_until_abandoned * std::max(settle, Milliseconds(1000));
    return {.is_end = bytes_.size() < bytes_max(),
            .is_resting = rested < Milliseconds(0) || rested >= settle,
            .is_abandoned = rested >= abandon || rested <= -abandon};
  }

  bool is_settled(const FoundFile& file) const {
    return now_ < file.changed_at || now_ - file.changed_at >= clock_tick_max;
  }

  // Everything before the cursor is read once more: a file that was replaced or written over begins
  // anew, wherever it differs. Its ids tell what is new.
  PollStep begin_comparing() {
    looks_.front().digest.emplace();
    compared_ = 0;
    return compare({});
  }

  PollStep compare(std::string_view bytes) {
    auto& digest = *looks_.front().digest;
    const bool is_shorter = doing_ == Doing::comparing && bytes.empty();
    digest.add(bytes);
    compared_ += bytes.size();
    if (!is_shorter && compared_ < cursor().offset) {
      doing_ = Doing::comparing;
      return ReadFile{.path = path(),
                      .offset = compared_,
                      .bytes_max = std::min(bytes_max(), cursor().offset - compared_)};
    }
    if (is_shorter || digest_of(digest) != cursor().digest) cursor() = FileCursor{};
    return read();
  }

  PollStep read_records(std::string_view taken) {
    Batch batch({.settings = settings_,
                 .installation = installation_,
                 .received_at = {.at = now_},
                 .verification = {.method = "none", .ok = false, .key_id = {}}});
    for (const auto& line : piece_.lines) batch.add(line);
    refused_.clear();
    store_ = StorePolled{};
    store_.refused = piece_.uncopied.size();
    refused_text_ = std::move(piece_.uncopied_text);
    for (std::size_t i = 0; i < piece_.lines.size(); ++i) {
      const auto& read = batch.entries()[i].read;
      if (read.message) continue;
      refused_text_ += rejected_text(piece_.lines[i], read.problems);
      refused_.push_back(piece_.lines[i].bytes);
      ++store_.refused;
    }
    store_.messages = batch.take_messages();
    store_.payload = taken;
    store_.media_type = "application/x-ndjson";
    if (refused_text_.empty()) return store();
    if (piece_.next.rejected) return write_refused();
    doing_ = Doing::measuring;
    return WriteFile{.path = rejected_path(), .offset = file_end, .bytes = {}};
  }

  // An earlier file of this name may have left a .rejected file: it is added to. From where is
  // stored before anything is written, so that a crash after that writes the same bytes again.
  PollStep store_measured() {
    doing_ = Doing::storing_measured;
    cursor().rejected = piece_.next.rejected;
    StorePolled measured;
    measured.cursor = write_cursor(cursor_);
    return measured;
  }

  PollStep write_refused() {
    doing_ = Doing::writing;
    return WriteFile{.path = rejected_path(),
                     .offset = *piece_.next.rejected,
                     .bytes = std::move(refused_text_)};
  }

  PollStep store() {
    doing_ = Doing::storing;
    auto next = cursor_;
    next[file_key(file().name)] = piece_.next;
    store_.cursor = write_cursor(next);
    return std::move(store_);
  }

  PollStep after_store() {
    cursor() = piece_.next;
    auto look = std::move(looks_.front());
    looks_.pop_front();
    // What came behind the listed end belongs to the next pass, or a growing file would be all.
    if (piece_.has_more && piece_.next.offset < look.file.bytes) looks_.push_back(std::move(look));
    return next_file();
  }

  PollStep skip_file() {
    looks_.pop_front();
    return next_file();
  }

  // A folder that cannot be written must not hold up what is good: the bad lines become dead
  // letters.
  PollStep after_error(const schema::Error& error) {
    if (doing_ == Doing::listing)
      return Rest{.waiting = 0,
                  .problem = "文件夹 " + settings_.folder + " 读不了(" + error.reason +
                             "):请检查路径与权限"};
    if (doing_ == Doing::storing || doing_ == Doing::storing_measured) return not_stored(error);
    if (doing_ == Doing::reading || doing_ == Doing::comparing) {
      problem_ = "文件夹 " + settings_.folder + " 中的 " + shown_name(file().name) + " 读不了(" +
                 error.reason + "):请检查权限;若是刚被移走,不必理会";
      return skip_file();
    }
    problem_ = "文件夹 " + settings_.folder + " 写不进 .rejected 文件(" + error.reason +
               "):被拒的行改存为死信,请检查权限";
    for (const auto line : refused_) put_aside(line, "record_refused");
    for (const auto& [bytes, is_cut, reason] : piece_.uncopied) {
      put_aside(bytes, reason);
      if (is_cut)
        ++store_.dead_letters.back().payload_bytes;  // at least; so it counts as truncated
    }
    return store();
  }

  // A full journal tells of itself; what waiting does not mend is told here, and the other files go
  // on.
  PollStep not_stored(const schema::Error& error) {
    if (schema::consequence(error.fault).is_retryable) return rest();
    problem_ = "文件夹 " + settings_.folder + " 中有记录存不进去(" + error.reason +
               "):请减小 append_lines_max 或增大 journal.queue_mib_max";
    return skip_file();
  }

  void put_aside(std::string_view line, const char* reason) {
    const HeaderView type{"Content-Type", "application/json"};
    HttpRequest request;
    request.headers = {&type, 1};
    request.body = line;
    request.received_at = {.at = now_};
    store_.dead_letters.push_back(
        dead_letter(request, {.channel = "hotline",
                              .account = settings_.account,
                              .site = installation_.site.code,
                              .reason = reason,
                              .detail = {},
                              .payload_bytes_max = installation_.payload_bytes_max}));
  }

  const Settings& settings_;
  const Installation& installation_;
  FolderCursor cursor_;
  std::deque<Look> looks_;  // still to come; the first is being looked at
  Doing doing_ = Doing::listing;
  std::uint64_t compared_ = 0;  // bytes of that one
  schema::Instant now_{};
  std::string bytes_;
  Piece piece_;
  std::vector<std::string_view> refused_;  // lines in `bytes_`
  std::string refused_text_;               // of these and of what is not copied
  StorePolled store_;
  std::size_t waiting_ = 0;
  Left left_;
  std::string problem_;
};

}  // namespace

std::unique_ptr<PollPass> begin_folder_pass(const Settings& settings,
                                            const Installation& installation,
                                            std::string_view cursor) {
  return std::make_unique<FolderPass>(settings, installation, cursor);
}

}  // namespace qnzs::adapters::hotline
