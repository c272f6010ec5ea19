// A thread for one subject. Subjects change their thread's mount namespace, root directory and credentials; Python's
// own threads keep theirs.
#pragma once

#include <pybind11/pybind11.h>

#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>

namespace ovlspec::python {

// Threads: run may be called from several; the calls are made one after another.
class Worker {
 public:
  // `last` is called on the thread before it ends.
  explicit Worker(std::function<void()> last = [] {});
  // Waits for the call in progress and the last one.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Calls `action` on the thread, without Python's lock, and waits for its result. An exception comes out here.
  // REQUIRES: Python's lock is held; `action` touches no Python object.
  template <typename Action>
  auto run(Action action) {
    // Shared: the thread is still in it when the result is there.
    const auto task = std::make_shared<std::packaged_task<std::invoke_result_t<Action>()>>(std::move(action));
    auto result = task->get_future();
    const pybind11::gil_scoped_release release;
    post([task] { (*task)(); });
    return result.get();
  }

 private:
  void post(std::function<void()> job);
  void serve();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::function<void()>> job_;
  std::function<void()> last_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace ovlspec::python
