#include "runtime/cancel.h"

#include <map>
#include <utility>

#include "base/thread_annotations.h"

namespace tarn {
namespace detail {

struct CancelState {
  std::atomic<CancelReason> reason = CancelReason::kNone;
  Mutex mutex;  // held while callbacks run, so that a Registration's end waits for them
  std::map<std::uint64_t, std::function<void()>> callbacks TARN_GUARDED_BY(mutex);
  std::uint64_t next_id TARN_GUARDED_BY(mutex) = 1;
};

}  // namespace detail

CancelToken::Registration::Registration(Registration&& other) noexcept
    : state_(std::move(other.state_)), id_(std::exchange(other.id_, 0)) {}

CancelToken::Registration& CancelToken::Registration::operator=(Registration&& other) noexcept {
  if (this != &other) {
    reset();
    state_ = std::move(other.state_);
    id_ = std::exchange(other.id_, 0);
  }
  return *this;
}

CancelToken::Registration::~Registration() { reset(); }

void CancelToken::Registration::reset() {
  if (state_) {
    MutexLock lock(state_->mutex);
    state_->callbacks.erase(id_);
  }
  state_.reset();
}

CancelReason CancelToken::reason() const {
  return state_ ? state_->reason.load(std::memory_order_acquire) : CancelReason::kNone;
}

CancelToken::Registration CancelToken::on_cancel(std::function<void()> callback) const {
  Registration registration;
  if (!state_) {
    return registration;
  }
  {
    MutexLock lock(state_->mutex);
    if (state_->reason.load() == CancelReason::kNone) {
      registration.state_ = state_;
      registration.id_ = state_->next_id++;
      state_->callbacks.emplace(registration.id_, std::move(callback));
      return registration;
    }
  }
  callback();
  return registration;
}

CancelSource::CancelSource() : state_(std::make_shared<detail::CancelState>()) {}

void CancelSource::cancel(CancelReason reason) {
  MutexLock lock(state_->mutex);
  CancelReason expected = CancelReason::kNone;
  if (!state_->reason.compare_exchange_strong(expected, reason)) {
    return;
  }
  for (auto& [id, callback] : state_->callbacks) {
    callback();
  }
  state_->callbacks.clear();
}

}  // namespace tarn
