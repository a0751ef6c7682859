#pragma once

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <string>
#include <utility>

namespace tarn {

/// Text that must not reach a log: it formats as `***` and is wiped when destroyed.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&&) = default;
  Secret& operator=(const Secret&) = default;
  Secret& operator=(Secret&&) = default;
  ~Secret() {
    // All of the buffer: a value that was moved away or shortened leaves its bytes behind.
    value_.resize(value_.capacity());
    OPENSSL_cleanse(value_.data(), value_.size());
  }

  /// The text itself; the call's name makes each use visible in review.
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

}  // namespace tarn

/// `***`, or nothing for an empty secret.
template <>
struct fmt::formatter<tarn::Secret> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const tarn::Secret& secret, Context& context) const {
    return fmt::formatter<std::string_view>::format(secret.empty() ? "" : "***", context);
  }
};
