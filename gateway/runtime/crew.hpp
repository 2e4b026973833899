#pragma once

#include "gateway/runtime/worker.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <thread>
#include <vector>

namespace qnzs::runtime {

// Workers with a thread each. The threads run from `run` until `stop`, which also destroys what has
// not come to its end, so that no coroutine outlives what it refers to. One thread calls it.
class Crew {
 public:
  explicit Crew(std::size_t size);
  ~Crew();  // stops
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  std::span<Worker* const> members() const { return members_; }
  void run();
  void stop();  // joins; a second call does nothing

 private:
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<Worker*> members_;
  std::vector<std::jthread> threads_;
};

}  // namespace qnzs::runtime
