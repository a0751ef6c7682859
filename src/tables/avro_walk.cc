#include "tables/avro_walk.h"

#include "base/varint.h"

#include <algorithm>

namespace tarn::tables::detail {
namespace {

using Type = AvroSchema::Type;

constexpr int kDepthMax = 64;

bool drop(ByteView& in, std::uint64_t size_bytes) {
  if (size_bytes > in.size()) {
    return false;
  }
  in.remove_prefix(static_cast<std::size_t>(size_bytes));
  return true;
}

bool is_field(const AvroSchema::Field& field, const AvroPath::value_type& step) {
  return field.id ? *field.id == step.first : field.name == step.second;
}

}  // namespace

bool take_avro_long(ByteView& in, std::int64_t& out) {
  std::uint64_t raw = 0;
  if (!take_uvarint(in, raw)) {
    return false;
  }
  out = static_cast<std::int64_t>((raw >> 1) ^ (0 - (raw & 1)));
  return true;
}

bool take_avro_bytes(ByteView& in, ByteView& out) {
  std::int64_t size = 0;
  if (!take_avro_long(in, size) || size < 0 || static_cast<std::uint64_t>(size) > in.size()) {
    return false;
  }
  out = in.substr(0, static_cast<std::size_t>(size));
  in.remove_prefix(out.size());
  return true;
}

AvroWalker::AvroWalker(const AvroSchema& schema, const std::vector<AvroPath>& wanted)
    : schema_(schema), count_(wanted.size()) {
  std::vector<std::size_t> all(wanted.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i] = i;
  }
  make_plan(schema.root, wanted, all, 0);
}

int AvroWalker::make_plan(std::size_t record, const std::vector<AvroPath>& wanted,
                          const std::vector<std::size_t>& which, std::size_t depth) {
  const auto index = plans_.size();
  plans_.push_back({.record = record, .steps = {}});
  std::vector<Step> steps;
  for (const AvroSchema::Field& field : at(record).fields) {
    Step step;
    std::vector<std::size_t> deeper;
    for (const std::size_t each : which) {
      if (depth < wanted[each].size() && is_field(field, wanted[each][depth])) {
        if (depth + 1 == wanted[each].size()) {
          step.wanted = static_cast<int>(each);
        } else {
          deeper.push_back(each);
        }
      }
    }
    if (!deeper.empty()) {
      std::size_t inner = field.node;
      if (at(inner).type == Type::kUnion) {
        const auto& parts = at(inner).parts;
        const auto found = std::ranges::find_if(
            parts, [this](std::size_t part) { return at(part).type == Type::kRecord; });
        inner = found == parts.end() ? inner : *found;
      }
      if (at(inner).type == Type::kRecord) {
        step.plan = make_plan(inner, wanted, deeper, depth + 1);
      }
    }
    steps.push_back(step);
  }
  plans_[index].steps = std::move(steps);
  return static_cast<int>(index);
}

bool AvroWalker::enter_union(std::size_t& node, ByteView& in) const {
  if (at(node).type != Type::kUnion) {
    return true;
  }
  std::int64_t branch = 0;
  const auto& parts = at(node).parts;
  if (!take_avro_long(in, branch) || branch < 0 ||
      static_cast<std::uint64_t>(branch) >= parts.size()) {
    return false;
  }
  node = parts[static_cast<std::size_t>(branch)];
  return true;
}

/// Arrays and maps: blocks of a count and so many items; a negative count has a size in bytes
/// behind it.
bool AvroWalker::skip_blocks(const AvroSchema::Node& type, ByteView& in, int depth) const {
  while (true) {
    std::int64_t count = 0;
    if (!take_avro_long(in, count)) {
      return false;
    }
    if (count == 0) {
      return true;
    }
    if (count < 0) {
      std::int64_t size = 0;
      if (!take_avro_long(in, size) || size < 0 || !drop(in, static_cast<std::uint64_t>(size))) {
        return false;
      }
      continue;
    }
    for (; count > 0; --count) {
      const std::size_t before = in.size();
      ByteView key;
      if (type.type == Type::kMap && !take_avro_bytes(in, key)) {
        return false;
      }
      // Items of no bytes could be counted for ever.
      if (!skip(type.parts[0], in, depth + 1) || in.size() == before) {
        return false;
      }
    }
  }
}

bool AvroWalker::skip(std::size_t node, ByteView& in, int depth) const {
  if (depth > kDepthMax) {
    return false;
  }
  const AvroSchema::Node& type = at(node);
  std::int64_t number = 0;
  ByteView bytes;
  switch (type.type) {
    case Type::kNull:
      return true;
    case Type::kBoolean:
      return drop(in, 1);
    case Type::kInt:
    case Type::kLong:
    case Type::kEnum:
      return take_avro_long(in, number);
    case Type::kFloat:
      return drop(in, 4);
    case Type::kDouble:
      return drop(in, 8);
    case Type::kBytes:
    case Type::kString:
      return take_avro_bytes(in, bytes);
    case Type::kFixed:
      return drop(in, type.size_bytes);
    case Type::kRecord:
      return std::ranges::all_of(type.fields, [&](const AvroSchema::Field& field) {
        return skip(field.node, in, depth + 1);
      });
    case Type::kArray:
    case Type::kMap:
      return skip_blocks(type, in, depth);
    case Type::kUnion:
      return enter_union(node, in) && skip(node, in, depth + 1);
  }
  return false;
}

bool AvroWalker::take_cell(std::size_t node, ByteView& in, AvroRow& row, int wanted) const {
  if (!enter_union(node, in)) {
    return false;
  }
  AvroCell cell;
  cell.begin = row.bytes.size() - in.size();
  const Type type = at(node).type;
  bool known = true;
  if (type == Type::kString || type == Type::kBytes) {
    if (!take_avro_bytes(in, cell.text)) {
      return false;
    }
  } else if (type == Type::kInt || type == Type::kLong) {
    if (!take_avro_long(in, cell.number)) {
      return false;
    }
  } else {
    known = false;
    if (!skip(node, in, 0)) {
      return false;
    }
  }
  cell.end = row.bytes.size() - in.size();
  cell.node = node;
  if (known) {
    row.cells[static_cast<std::size_t>(wanted)] = cell;
  } else if (type == Type::kArray) {
    row.lists[static_cast<std::size_t>(wanted)] = cell;
  }
  return true;
}

bool AvroWalker::take_record(const Plan& plan, ByteView& in, AvroRow& row) const {
  const auto& fields = at(plan.record).fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Step& step = plan.steps[i];
    std::size_t node = fields[i].node;
    bool taken = false;
    if (step.wanted >= 0) {
      taken = take_cell(node, in, row, step.wanted);
    } else if (step.plan >= 0) {
      const Plan& inner = plans_[static_cast<std::size_t>(step.plan)];
      taken = enter_union(node, in) &&
              (node == inner.record ? take_record(inner, in, row) : skip(node, in, 0));
    } else {
      taken = skip(node, in, 0);
    }
    if (!taken) {
      return false;
    }
  }
  return true;
}

bool AvroWalker::take_row(ByteView& in, AvroRow& row) {
  row.cells.assign(count_, std::nullopt);
  row.lists.assign(count_, std::nullopt);
  row.bytes = in;
  if (!take_record(plans_[0], in, row)) {
    return false;
  }
  row.bytes = row.bytes.substr(0, row.bytes.size() - in.size());
  return !row.bytes.empty();
}

}  // namespace tarn::tables::detail
