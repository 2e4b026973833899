#include "gateway/runtime/crew.hpp"

#include "gateway/runtime/thread_name.hpp"

namespace qnzs::runtime {

Crew::Crew(std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    workers_.push_back(std::make_unique<Worker>());
    members_.push_back(workers_.back().get());
  }
}

Crew::~Crew() {
  stop();
}

void Crew::run() {
  for (auto* worker : members_) {
    threads_.emplace_back([worker] {
      name_thread("worker");
      worker->run();
    });
  }
}

void Crew::stop() {
  for (auto* worker : members_) worker->stop();
  threads_.clear();  // joins
  for (auto* worker : members_) worker->abandon();
}

}  // namespace qnzs::runtime
