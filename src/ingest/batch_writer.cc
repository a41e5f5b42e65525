// SPDX-License-Identifier: Apache-2.0
#include "ingest/batch_writer.h"

#include <utility>

namespace matome::ingest {

BatchWriter::BatchWriter(int threads) : idle_(threads) {
  for (int thread = 0; thread < threads; ++thread) threads_.emplace_back([this] { Run(); });
}

BatchWriter::~BatchWriter() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void BatchWriter::Note(const base::Status& status) {
  if (status_.ok()) status_ = status;
}

base::Status BatchWriter::Submit(Work work) {
  {
    const std::lock_guard lock(mutex_);
    if (!status_.ok()) return status_;
    if (idle_ > 0) {
      --idle_;
      waiting_.push_back(std::move(work));
      changed_.notify_all();
      return {};
    }
  }
  const base::Status done = work();
  const std::lock_guard lock(mutex_);
  Note(done);
  return status_;
}

base::Status BatchWriter::Finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.empty() && busy_ == 0; });
  return status_;
}

void BatchWriter::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    Work work = std::move(waiting_.front());
    waiting_.pop_front();
    const bool wanted = status_.ok();
    ++busy_;
    lock.unlock();
    const base::Status done = wanted ? work() : base::Status::Ok();
    work = nullptr;  // Gives back its rows while nobody waits.
    lock.lock();
    Note(done);
    --busy_;
    ++idle_;
    changed_.notify_all();
  }
}

}  // namespace matome::ingest
