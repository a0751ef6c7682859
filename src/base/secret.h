#pragma once

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
  ~Secret() { OPENSSL_cleanse(value_.data(), value_.size()); }

  /// The text itself; the call's name makes each use visible in review.
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

inline const char* format_as(const Secret& secret) { return secret.empty() ? "" : "***"; }

}  // namespace tarn
