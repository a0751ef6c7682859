#pragma once

#include "base/bytes.h"
#include "runtime/byte_source.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace tarn::aws {

/// The body of a call, which several tries send one after the other. Not thread-safe.
class CallBody : public std::enable_shared_from_this<CallBody> {
 public:
  CallBody(std::unique_ptr<ByteSource> source, std::uint64_t size_bytes)
      : source_(std::move(source)), size_bytes_(size_bytes) {}

  /// A small body; `hashed` when it is to be part of the signature.
  static std::shared_ptr<CallBody> in_memory(Bytes bytes, bool hashed);

  std::uint64_t size_bytes() const { return size_bytes_; }
  /// Lower-case hex, of bodies made with `hashed`.
  const std::optional<std::string>& sha256_hex() const { return sha256_hex_; }
  /// For one try, which may destroy it; at most one at a time.
  std::unique_ptr<ByteSource> lend();
  /// Makes the next lend() start at the first byte; false when those bytes are gone.
  bool restart();
  /// Why the source itself could not be read: no matter of the service.
  const std::optional<Error>& failure() const { return failure_; }

 private:
  class Lent;

  std::unique_ptr<ByteSource> source_;
  std::uint64_t size_bytes_;
  std::optional<std::string> sha256_hex_;
  bool touched_ = false;
  std::optional<Error> failure_;
};

}  // namespace tarn::aws
