#include "runtime/context.h"

#include <utility>

namespace tarn {

Context::Context(std::string request_id, CancelToken cancel)
    : data_(std::make_shared<const Data>(
          Data{.deadline = std::nullopt, .cancel = std::move(cancel), .request_id = std::move(request_id), .user = {}})) {}

const CancelToken& Context::cancel() const {
  static const CancelToken never;
  return data_ ? data_->cancel : never;
}

Context Context::with_deadline(SteadyTime deadline) const {
  if (data_ && data_->deadline && *data_->deadline <= deadline) {
    return *this;
  }
  Data data = copy();
  data.deadline = deadline;
  Context out;
  out.data_ = std::make_shared<const Data>(std::move(data));
  return out;
}

Context Context::with_user(std::string user) const {
  Data data = copy();
  data.user = std::move(user);
  Context out;
  out.data_ = std::make_shared<const Data>(std::move(data));
  return out;
}

Context Context::with_cancel(CancelToken cancel) const {
  Data data = copy();
  data.cancel = std::move(cancel);
  Context out;
  out.data_ = std::make_shared<const Data>(std::move(data));
  return out;
}

Result<void> Context::check(const Clock& clock) const {
  if (!data_) {
    return {};
  }
  if (data_->cancel.cancelled()) {
    return Error(kCancelled);
  }
  if (data_->deadline && clock.steady_now() >= *data_->deadline) {
    return Error(kTimeout);
  }
  return {};
}

}  // namespace tarn
