#include "runtime/loops.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace tarn {

namespace asio = boost::asio;

struct Loops::Impl {
  struct Loop {
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
    std::thread thread;
  };
  std::vector<std::unique_ptr<Loop>> loops;
  std::atomic<std::size_t> turn = 0;
};

Loops::Loops(std::size_t count) : impl_(std::make_unique<Impl>()) {
  for (std::size_t i = 0; i < count; ++i) {
    impl_->loops.push_back(std::make_unique<Impl::Loop>());
    Impl::Loop* loop = impl_->loops.back().get();
    loop->thread = std::thread([loop] { loop->context.run(); });
  }
}

Loops::~Loops() { stop(); }

std::size_t Loops::size() const { return impl_->loops.size(); }

asio::any_io_executor Loops::executor(std::size_t index) const { return impl_->loops[index]->context.get_executor(); }

asio::any_io_executor Loops::next() { return executor(impl_->turn.fetch_add(1) % size()); }

void Loops::stop() {
  for (const auto& loop : impl_->loops) {
    loop->guard.reset();
    loop->context.stop();
  }
  for (const auto& loop : impl_->loops) {
    if (loop->thread.joinable()) {
      loop->thread.join();
    }
  }
}

void block_on(const asio::any_io_executor& executor, Task<void> task) {
  asio::co_spawn(executor, std::move(task), asio::use_future).get();
}

Task<void> yield_loop() {
  auto executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, asio::use_awaitable);
}

}  // namespace tarn
