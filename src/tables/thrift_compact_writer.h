#pragma once

#include "base/bytes.h"
#include "tables/thrift_compact.h"

#include <cstdint>
#include <vector>

namespace tarn::tables {

/// Writes what CompactReader reads. Fields of a structure come by growing id. Not thread-safe.
class CompactWriter {
 public:
  /// A whole structure, which begins without a field, is what is written first.
  CompactWriter() : last_{0} {}

  void i32(std::int64_t id, std::int64_t value) { integer_field(id, Wire::kI32, value); }
  void i64(std::int64_t id, std::int64_t value) { integer_field(id, Wire::kI64, value); }
  void text(std::int64_t id, ByteView value) {
    field(id, Wire::kBinary);
    text(value);
  }
  void begin_struct(std::int64_t id) {
    field(id, Wire::kStruct);
    begin_struct();
  }
  void begin_list(std::int64_t id, Wire type, std::size_t size);

  // Elements of a list.
  void i32(std::int64_t value);
  void text(ByteView value);
  void begin_struct() { last_.push_back(0); }
  void end_struct() {
    out_.push_back('\0');
    last_.pop_back();
  }

  /// Ends the structure that is all.
  Bytes finish() {
    end_struct();
    return std::move(out_);
  }

 private:
  void field(std::int64_t id, Wire type);
  void integer_field(std::int64_t id, Wire type, std::int64_t value) {
    field(id, type);
    i32(value);
  }

  Bytes out_;
  /// Ids of the fields before, of the structures that are open.
  std::vector<std::int64_t> last_;
};

}  // namespace tarn::tables
