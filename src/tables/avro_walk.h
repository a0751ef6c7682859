#pragma once

#include "tables/avro_file.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tarn::tables::detail {

/// A zigzag varint at the front of `in`, removed.
bool take_avro_long(ByteView& in, std::int64_t& out);
/// Bytes with their length before them.
bool take_avro_bytes(ByteView& in, ByteView& out);

/// Finds the wanted fields of encoded records.
class AvroWalker {
 public:
  /// `schema` outlives it; its root is a record.
  AvroWalker(const AvroSchema& schema, const std::vector<AvroPath>& wanted);
  /// Takes one row from the front of `in`. False for bytes that are none.
  bool take_row(ByteView& in, AvroRow& row);

 private:
  /// What is wanted of one record, field by field.
  struct Step {
    /// Index of the wanted field, or of the plan for the record in it; -1 = neither.
    int wanted = -1;
    int plan = -1;
  };
  struct Plan {
    std::size_t record = 0;
    std::vector<Step> steps;
  };
  int make_plan(std::size_t record, const std::vector<AvroPath>& wanted,
                const std::vector<std::size_t>& which, std::size_t depth);
  const AvroSchema::Node& at(std::size_t node) const { return schema_.nodes[node]; }

  bool skip(std::size_t node, ByteView& in, int depth) const;
  bool skip_blocks(const AvroSchema::Node& type, ByteView& in, int depth) const;
  bool take_record(const Plan& plan, ByteView& in, AvroRow& row) const;
  bool take_cell(std::size_t node, ByteView& in, AvroRow& row, int wanted) const;
  /// Passes the index of a union's branch; gives the branch.
  bool enter_union(std::size_t& node, ByteView& in) const;

  const AvroSchema& schema_;
  std::size_t count_;
  std::vector<Plan> plans_;
};

}  // namespace tarn::tables::detail
