#pragma once

#include "aws/payload/checksum.h"
#include "runtime/byte_source.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tarn::aws::detail {

/// What all bytes of a source must come to.
struct Check {
  Checksum checksum;
  /// Raw.
  std::string expected;
  Error mismatch;
};

/// Hands through the bytes of `inner`, the last of them only when every check holds. Holds one
/// piece back where the length is not known.
class CheckingSource final : public ByteSource {
 public:
  CheckingSource(std::unique_ptr<ByteSource> inner, std::vector<Check> checks);

  Task<Result<Bytes>> read(Context ctx, std::size_t max_bytes) override;
  std::optional<std::uint64_t> remaining() const override;

  /// Compares; once.
  Result<void> finish();

 private:
  Task<Result<Bytes>> pull(Context ctx, std::size_t max_bytes);

  const std::unique_ptr<ByteSource> inner_;
  std::vector<Check> checks_;
  Bytes held_back_;
  bool finished_ = false;
};

}  // namespace tarn::aws::detail
