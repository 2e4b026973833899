#include "gateway/ingest/poll_host.hpp"

#include "gateway/ingest/entries.hpp"
#include "gateway/ingest/poll_files.hpp"
#include "gateway/runtime/log.hpp"
#include "gateway/runtime/thread_name.hpp"

#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

namespace qnzs::ingest {
namespace {

using schema::Fault;

constexpr std::chrono::minutes note_interval{10};  // from one note in the log to the next

using Receipts = schema::Result<std::vector<Receipt>>;

schema::Instant now() {
  return std::chrono::floor<schema::Milliseconds>(std::chrono::system_clock::now());
}

// Waits for the commit, but not for ever: what is stored after all comes again as a repeat.
Receipts append_and_wait(Journal& journal, std::vector<Entry> entries,
                         std::chrono::milliseconds time_max) {
  const auto answer = std::make_shared<std::promise<Receipts>>();
  auto answered = answer->get_future();
  journal.append(std::move(entries),
                 [answer](Receipts receipts) { answer->set_value(std::move(receipts)); });
  if (answered.wait_for(time_max) != std::future_status::ready)
    return schema::fail(Fault::late, "not stored in time");
  return answered.get();
}

void add_sentence(std::string& text, const std::string& more) {
  if (!text.empty() && !more.empty()) text += ";";
  text += more;
}

template <class T>
adapters::PollResult result_of(schema::Result<T> result) {
  if (!result) return std::move(result.error());
  return *std::move(result);
}

}  // namespace

// One account and its thread.
class PollHost::Poller {
 public:
  Poller(PollRoute route, Journal& journal, const schema::Identity& identity,
         std::size_t payload_bytes_max, runtime::Metrics& metrics)
      : route_(std::move(route)),
        name_(route_.channel + "/" + route_.account + "/poll"),
        journal_(journal),
        identity_(identity),
        payload_bytes_max_(payload_bytes_max),
        interval_(route_.poll->interval()) {
    const runtime::Labels labels{{"channel", route_.channel}, {"account", route_.account}};
    const auto polled = [&](const char* outcome) {
      auto all = labels;
      all.emplace("outcome", outcome);
      return metrics.counter("qnzs_polled_total", "What polls brought, by what became of it.", all);
    };
    stored_ = polled("stored");
    repeated_ = polled("repeated");
    refused_ = polled("refused");
    failures_ = metrics.counter("qnzs_poll_appends_failed_total",
                                "Appends of a poll that the journal did not take.", labels);
    waiting_ = metrics.gauge(
        "qnzs_poll_waiting",
        "Pieces that are there but not whole yet, such as a half-written file.", labels);
    unread_ = metrics.gauge(
        "qnzs_poll_unread",
        "What has lain there for long and is not read, such as files of other names.", labels);
    troubled_ =
        metrics.gauge("qnzs_poll_troubled",
                      "1 while a poll cannot go on, such as at an unreadable folder.", labels);
  }

  void start() {
    thread_ = std::jthread([this](const std::stop_token& stopping) { run(stopping); });
  }
  void begin_stop() { thread_.request_stop(); }
  void end_stop() {
    if (thread_.joinable()) thread_.join();
    waiting_.set(0);  // whoever follows, if anybody does, finds out anew
    unread_.set(0);
    troubled_.set(0);
  }
  std::string explanation() const {
    const std::lock_guard lock(mutex_);
    return explanation_;
  }
  std::string note() const {
    const std::lock_guard lock(mutex_);
    return note_;
  }

 private:
  void run(const std::stop_token& stopping) {
    runtime::name_thread("poll");
    while (!stopping.stop_requested()) {
      pass_or_explain(stopping);
      std::unique_lock lock(mutex_);
      woken_.wait_for(lock, stopping, interval_, [] { return false; });
    }
  }

  // A bug of an adapter ends its pass, not the process.
  void pass_or_explain(const std::stop_token& stopping) {
    try {
      pass(stopping);
    } catch (const std::exception& bug) {
      explain("轮询中程序出错(" + std::string(bug.what()) +
              "):已落盘的不受影响,会自动重试;请把这一行日志交给开发者");
    }
  }

  void pass(const std::stop_token& stopping) {
    if (!cursor_) cursor_ = journal_.state(name_).value_or("");
    const auto pass = route_.poll->begin(*cursor_);
    adapters::PollResult result = adapters::Begun{};
    while (!stopping.stop_requested()) {
      auto step = pass->resume(std::move(result), now());
      if (auto* rest = std::get_if<adapters::Rest>(&step)) return take(std::move(*rest));
      if (const auto* list = std::get_if<adapters::ListFolder>(&step)) {
        result = result_of(list_folder(*list));
      } else if (const auto* read = std::get_if<adapters::ReadFile>(&step)) {
        result = result_of(read_file(*read));
      } else if (const auto* write = std::get_if<adapters::WriteFile>(&step)) {
        result = result_of(write_file(*write));
      } else {
        result = store(std::get<adapters::StorePolled>(std::move(step)));
      }
    }
  }

  adapters::PollResult store(adapters::StorePolled polled) {
    const auto refused = polled.refused;
    auto cursor = polled.cursor;
    auto entries = entries_of(std::move(polled));
    std::vector<EntryKind> kinds;
    for (const auto& entry : entries) kinds.push_back(entry.kind);
    const auto receipts =
        append_and_wait(journal_, std::move(entries), route_.manner.answer_within);
    if (!receipts) {
      failures_.add();
      runtime::log(schema::consequence(receipts.error().fault).severity, "poll_not_stored",
                   {{"channel", route_.channel},
                    {"account", route_.account},
                    {"reason", receipts.error().reason}});
      return receipts.error();
    }
    cursor_ = std::move(cursor);
    refused_.add(static_cast<double>(refused));
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      if (kinds[i] == EntryKind::message) ((*receipts)[i].is_repeat ? repeated_ : stored_).add();
    }
    return adapters::Stored{};
  }

  std::vector<Entry> entries_of(adapters::StorePolled polled) const {
    const adapters::HeaderView type{"Content-Type", polled.media_type};
    adapters::HttpRequest piece;
    piece.headers = {&type, 1};
    piece.body = polled.payload;
    piece.received_at = {.at = now()};
    adapters::Received received;
    received.messages = std::move(polled.messages);
    received.dead_letters = std::move(polled.dead_letters);
    auto entries =
        entries_for(received, piece, origin_of(route_, identity_, payload_bytes_max_), "");
    Entry cursor;
    cursor.kind = EntryKind::cursor;
    cursor.name = name_;
    cursor.value = std::move(polled.cursor);
    entries.push_back(std::move(cursor));
    return entries;
  }

  void take(adapters::Rest rest) {
    waiting_.set(static_cast<double>(rest.waiting));
    unread_.set(static_cast<double>(rest.unread));
    explain(std::move(rest.problem));
    tell(std::move(rest.note));
  }

  // A note may change with each file that comes; the log has the one of the moment, now and then.
  void tell(std::string note) {
    const std::lock_guard lock(mutex_);
    note_ = std::move(note);
    const auto time = std::chrono::steady_clock::now();
    if (note_.empty() || note_ == logged_note_ || time < log_note_at_) return;
    logged_note_ = note_;
    log_note_at_ = time + note_interval;
    runtime::log(schema::Severity::warning, "poll_note",
                 {{"channel", route_.channel}, {"account", route_.account}, {"what", note_}});
  }

  void explain(std::string problem) {
    const std::lock_guard lock(mutex_);
    if (problem == explanation_) return;
    explanation_ = std::move(problem);
    troubled_.set(explanation_.empty() ? 0 : 1);
    if (explanation_.empty()) {
      runtime::log(schema::Severity::info, "poll_recovered",
                   {{"channel", route_.channel}, {"account", route_.account}});
    } else {
      runtime::log(
          schema::Severity::error, "poll_needs_help",
          {{"channel", route_.channel}, {"account", route_.account}, {"reason", explanation_}});
    }
  }

  const PollRoute route_;
  const std::string name_;
  Journal& journal_;
  const schema::Identity& identity_;
  const std::size_t payload_bytes_max_;
  const std::chrono::milliseconds interval_;
  std::optional<std::string> cursor_;  // as last stored; read by the first pass
  runtime::Counter stored_, repeated_, refused_, failures_;
  runtime::Gauge waiting_, unread_, troubled_;
  mutable std::mutex mutex_;
  std::condition_variable_any woken_;
  std::string explanation_, note_, logged_note_;  // guarded by mutex_, as the next
  std::chrono::steady_clock::time_point log_note_at_;
  std::jthread thread_;  // last: it uses all of the above
};

PollHost::PollHost(std::vector<PollRoute> routes, Journal& journal,
                   const schema::Identity& identity, std::size_t payload_bytes_max,
                   runtime::Metrics& metrics) {
  for (auto& route : routes)
    pollers_.push_back(
        std::make_unique<Poller>(std::move(route), journal, identity, payload_bytes_max, metrics));
}

PollHost::~PollHost() = default;

void PollHost::start() {
  for (const auto& poller : pollers_) poller->start();
}

void PollHost::stop() {
  for (const auto& poller : pollers_) poller->begin_stop();
  for (const auto& poller : pollers_) poller->end_stop();
}

std::string PollHost::explanation() const {
  std::string problems, notes;
  for (const auto& poller : pollers_) {
    add_sentence(problems, poller->explanation());
    add_sentence(notes, poller->note());
  }
  add_sentence(problems, notes);
  return problems;
}

}  // namespace qnzs::ingest
