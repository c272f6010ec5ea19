#include "python/worker.h"

#include <utility>

namespace ovlspec::python {

Worker::Worker(std::function<void()> last)
    : last_(std::move(last)), thread_([this] {
        serve();
        last_();
      }) {}

Worker::~Worker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Worker::post(std::function<void()> job) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !job_; });
  job_ = std::move(job);
  changed_.notify_all();
}

void Worker::serve() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || job_; });
    if (!job_) return;
    const std::function<void()> job = std::move(*job_);
    lock.unlock();
    job();
    lock.lock();
    job_.reset();
    changed_.notify_all();
  }
}

}  // namespace ovlspec::python
