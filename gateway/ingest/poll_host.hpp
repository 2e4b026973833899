#pragma once

#include "adapters/adapter.hpp"
#include "gateway/ingest/entries.hpp"
#include "gateway/ingest/journal.hpp"
#include "gateway/runtime/metrics.hpp"
#include "schema/identity.hpp"

#include <memory>
#include <string>
#include <vector>

namespace qnzs::ingest {

// One account that we ask.
struct PollRoute {
  std::string channel;
  std::string account;
  schema::Site site;
  adapters::Manner manner;
  std::unique_ptr<adapters::Poll> poll;
};

// Does for each polled account, on a thread of its own, what its passes ask for, and stores what
// they bring: messages and cursor in one append. Whatever fails, a bug of the adapter too, ends the
// pass; the next one begins at the last cursor stored, so a crash between any two steps loses
// nothing and what comes again has its ids. Near its limit the journal refuses, and the source
// waits.
class PollHost {
 public:
  // `journal`, `identity` and `metrics` must outlive the host.
  PollHost(std::vector<PollRoute> routes, Journal& journal, const schema::Identity& identity,
           std::size_t payload_bytes_max, runtime::Metrics& metrics);
  ~PollHost();

  // Each account begins at the cursor that is stored by then.
  void start();
  // Ends each pass at its next step. Blocking; a step lasts no longer than the disk or the manner's
  // `answer_within`.
  void stop();

  // Chinese: what a person should look after; "" = all is well. Safe from any thread.
  std::string explanation() const;

 private:
  class Poller;
  std::vector<std::unique_ptr<Poller>> pollers_;
};

}  // namespace qnzs::ingest
