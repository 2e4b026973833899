#include "gateway/ingest/journal_sqlite.hpp"

#include "gateway/ingest/journal_framing.hpp"
#include "gateway/runtime/log.hpp"
#include "schema/message.hpp"

#include <algorithm>
#include <future>
#include <stdexcept>
#include <utility>

namespace qnzs::ingest {
namespace {

using schema::Fault;

constexpr std::size_t mib = 1024 * 1024;

bool is_state(EntryKind kind) {
  return kind == EntryKind::cursor || kind == EntryKind::part;
}

bool is_of_callback(EntryKind kind) {
  return kind == EntryKind::message || kind == EntryKind::dead_letter;
}

std::size_t size(std::int64_t setting) {
  return static_cast<std::size_t>(setting);
}

}  // namespace

SqliteJournal::SqliteJournal(JournalParts parts)
    : parts_(std::move(parts)),
      records_(
          parts_.journal_id, std::move(parts_.reading), parts_.keys, ledger_,
          size(parts_.settings.payload_bytes_max),
          [this](std::uint64_t sequence, std::string_view reason, std::optional<Entry> instead) {
            return set_aside(sequence, reason, std::move(instead));
          }),
      writer_(std::in_place, std::move(parts_.writing), parts_.keys.current()),
      marks_(std::chrono::hours(parts_.settings.body_keep_hours)) {
  if (const auto failure = writer_->load(ledger_, marks_, parts_.options.now())) {
    throw std::runtime_error(failure->trouble == store::Trouble::corrupt
                                 ? damage_text(failure->reason)
                                 : "日志账 " + parts_.settings.path + " 读不出来（" +
                                       failure->reason + "）；文件原样保留");
  }
  written_ = ledger_.progress();
  measure();
  thread_ = std::thread([this] { run(); });
}

SqliteJournal::~SqliteJournal() {
  stop();
}

void SqliteJournal::append(std::vector<Entry> entries, Appended done) {
  if (entries.empty()) return done(std::vector<Receipt>{});
  auto checked = check(entries);
  Request request;
  if (checked) {
    request = sealed(std::move(entries), std::move(done));
    checked = push(request, true);
  } else {
    request.done = std::move(done);
    request.is_callback = std::ranges::any_of(entries, is_of_callback, &Entry::kind);
  }
  if (!checked) refuse(request, checked.error());
}

schema::Result<void> SqliteJournal::check(const std::vector<Entry>& entries) const {
  switch (ledger_.condition()) {
    case JournalCondition::accepting:
      break;
    case JournalCondition::nearly_full:
      return schema::fail(Fault::busy, "journal nearly full");
    case JournalCondition::disk_full:
      return schema::fail(Fault::storage, "disk full");
    case JournalCondition::troubled:
      return schema::fail(Fault::storage, "journal cannot be written");
    case JournalCondition::failed:
      return schema::fail(Fault::storage, "journal failed");
    case JournalCondition::stopped:
      return schema::fail(Fault::busy, "stopping");
  }
  const auto is_large = [](const Entry& entry) {
    return (entry.kind == EntryKind::message ? entry.record.value : entry.value).size() >
           schema::document_bytes_max;
  };
  if (std::ranges::any_of(entries, is_large))
    return schema::fail(Fault::too_large, "document over its limit");
  return {};
}

Request SqliteJournal::sealed(std::vector<Entry> entries, Appended done) const {
  Request request;
  request.done = std::move(done);
  request.entries.reserve(entries.size());
  for (auto& entry : entries) {
    auto sealed = is_state(entry.kind)
                      ? parts_.keys.seal(entry.value, seal_purpose(entry.name))
                      : parts_.keys.seal(frame(entry.record), seal_purpose(entry.kind, entry.id));
    request.bytes += sealed.size();
    request.is_callback |= is_of_callback(entry.kind);
    request.entries.push_back(
        {entry.kind, entry.id, entry.keep_id, std::move(entry.name), std::move(sealed)});
  }
  return request;
}

schema::Result<void> SqliteJournal::push(Request& request, bool is_bounded) {
  const auto entries_max = size(parts_.settings.queue_entries_max);
  const auto bytes_max = size(parts_.settings.queue_mib_max) * mib;
  if (is_bounded && (request.entries.size() > entries_max || request.bytes > bytes_max)) {
    return schema::fail(Fault::too_large, "append over the limit of the queue");
  }
  bool is_wanted = false;
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_) return schema::fail(Fault::busy, "stopping");
    if (is_bounded && (queued_entries_ + request.entries.size() > entries_max ||
                       queued_bytes_ + request.bytes > bytes_max)) {
      return schema::fail(Fault::busy, "journal queue full");
    }
    queued_entries_ += request.entries.size();
    queued_bytes_ += request.bytes;
    queue_.push_back(std::move(request));
    is_wanted = queue_.size() >= wanted_;
  }
  if (is_wanted) arrived_.notify_one();
  return {};
}

void SqliteJournal::refuse(Request& request, const schema::Error& error) {
  if (request.is_callback) ledger_.refused();
  request.done(std::unexpected(error));
}

schema::Result<void> SqliteJournal::set_aside(std::uint64_t sequence, std::string_view reason,
                                              std::optional<Entry> instead) {
  if (ledger_.condition() == JournalCondition::failed)
    return schema::fail(Fault::storage, "journal failed");
  std::vector<Entry> entries;
  if (instead) entries.push_back(*std::move(instead));
  std::promise<schema::Result<void>> stored;
  auto is_stored = stored.get_future();
  auto request =
      sealed(std::move(entries),
             [stored = std::move(stored)](schema::Result<std::vector<Receipt>> receipts) mutable {
               if (receipts) return stored.set_value({});
               stored.set_value(std::unexpected(std::move(receipts.error())));
             });
  request.is_callback = false;
  request.aside = sequence;
  request.aside_reason = reason;
  // Not bounded by the queue nor by a nearly full journal: without it nothing behind would be
  // published.
  if (auto pushed = push(request, false); !pushed) return pushed;
  try {
    return is_stored.get();
  } catch (const std::future_error&) {  // a fatal failure answers nobody
    return schema::fail(Fault::storage, "journal failed");
  }
}

std::optional<std::string> SqliteJournal::state(const std::string& name) {
  auto value = records_.state(name);
  if (value) return *std::move(value);
  throw std::runtime_error("日志账读不出状态 " + name + "（" + value.error().reason + "）");
}

void SqliteJournal::stop() {
  std::call_once(stopped_, [this] {
    {
      const std::lock_guard lock(mutex_);
      is_stopping_ = true;
    }
    arrived_.notify_one();
    if (thread_.joinable()) thread_.join();
    writer_.reset();
    parts_.lock.reset();
  });
}

}  // namespace qnzs::ingest
