#include "tables/record_plan.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace tarn::tables {
namespace {

using Kind = RecordField::Kind;
using Found = std::optional<RecordPlan>;

Error bad(std::string_view what) {
  return Error::with_message(kBadParquet, fmt::format("{}: {}", kBadParquet.text, what));
}

Error misshaped(std::string_view path, std::string_view wanted) {
  return bad(fmt::format("its column `{}` is no {}, and is not read", path, wanted));
}

bool is_repeated(const ParquetField& field) {
  return field.repetition == ParquetRepetition::kRepeated;
}

std::string_view word(Kind kind) {
  switch (kind) {
    case Kind::kFlag:
      return "boolean";
    case Kind::kInt:
    case Kind::kLong:
      return "whole number";
    case Kind::kText:
      return "text";
    case Kind::kGroup:
      return "group";
    case Kind::kMap:
      return "map";
    case Kind::kList:
      return "list";
  }
  return "";
}

bool fits(Kind kind, ParquetType type) {
  switch (kind) {
    case Kind::kFlag:
      return type == ParquetType::kBoolean;
    case Kind::kInt:
    case Kind::kLong:
      return type == ParquetType::kInt32 || type == ParquetType::kInt64;
    default:
      return type == ParquetType::kBytes;
  }
}

class Planner {
 public:
  explicit Planner(const ParquetFile& file) : file_(file) {}

  /// `field` is what is there of `wanted`; that it repeats is the matter of who asks.
  Result<Found> plan(const RecordField& wanted, const ParquetField& field,
                     const std::string& path) const {
    RecordPlan made{.name = wanted.name, .kind = wanted.kind, .definition = field.definition};
    switch (wanted.kind) {
      case Kind::kGroup:
        return plan_group(wanted, field, path, std::move(made));
      case Kind::kMap:
        return plan_map(wanted, field, path, std::move(made));
      case Kind::kList:
        return plan_list(wanted, field, path, std::move(made));
      default:
        return plan_value(field, path, std::move(made));
    }
  }

 private:
  Result<Found> plan_value(const ParquetField& field, const std::string& path,
                           RecordPlan made) const {
    if (!field.children.empty() || !fits(made.kind, file_.columns[field.column].type)) {
      return misshaped(path, word(made.kind));
    }
    made.column = field.column;
    made.columns = {field.column};
    return Found(std::move(made));
  }

  Result<Found> plan_group(const RecordField& wanted, const ParquetField& field,
                           const std::string& path, RecordPlan made) const {
    if (field.children.empty()) {
      return misshaped(path, word(Kind::kGroup));
    }
    for (const RecordField& member : wanted.parts) {
      for (const ParquetField& child : field.children) {
        if (child.name != member.name) {
          continue;
        }
        const std::string child_path = path.empty() ? child.name : path + "." + child.name;
        if (is_repeated(child) && member.kind != Kind::kList) {
          return misshaped(child_path, word(member.kind));
        }
        TARN_TRY(Found part, plan(member, child, child_path));
        if (part) {
          add(*std::move(part), made);
        }
        break;
      }
    }
    return made.parts.empty() ? Found() : Found(std::move(made));
  }

  Result<Found> plan_map(const RecordField& wanted, const ParquetField& field,
                         const std::string& path, RecordPlan made) const {
    // A group of the one that repeats, which has a key and a value; their names say nothing.
    const bool whole = !is_repeated(field) && field.children.size() == 1 &&
                       is_repeated(field.children[0]) && field.children[0].children.size() == 2;
    if (!whole) {
      return misshaped(path, word(Kind::kMap));
    }
    const ParquetField& pair = field.children[0];
    const ParquetField& key = pair.children[0];
    const ParquetField& value = pair.children[1];
    if (!key.children.empty() || is_repeated(key) || is_repeated(value) ||
        !fits(Kind::kText, file_.columns[key.column].type)) {
      return misshaped(path, "map of texts");
    }
    begin_elements(pair, made);
    made.column = key.column;
    made.columns = {key.column};
    TARN_TRY(Found values, plan(wanted.parts[0], value, path + "." + value.name));
    if (!values) {
      return misshaped(path, word(Kind::kMap));
    }
    add(*std::move(values), made);
    return Found(std::move(made));
  }

  Result<Found> plan_list(const RecordField& wanted, const ParquetField& field,
                          const std::string& path, RecordPlan made) const {
    // Without a group around it a list that is not there is an empty one.
    if (!is_repeated(field) && (field.children.size() != 1 || !is_repeated(field.children[0]))) {
      return misshaped(path, word(Kind::kList));
    }
    const ParquetField& repeated = is_repeated(field) ? field : field.children[0];
    if (is_repeated(field)) {
      made.definition = repeated.definition - 1;
    }
    begin_elements(repeated, made);
    const ParquetField& element = is_element(repeated, field) ? repeated : repeated.children[0];
    TARN_TRY(Found elements, plan(wanted.parts[0], element, path + "." + element.name));
    if (!elements) {
      return misshaped(path, word(Kind::kList));
    }
    add(*std::move(elements), made);
    return Found(std::move(made));
  }

  /// The rules for lists of before there was a form for them.
  static bool is_element(const ParquetField& repeated, const ParquetField& list) {
    return &repeated == &list || repeated.children.size() != 1 ||
           is_repeated(repeated.children[0]) || repeated.name == "array" ||
           repeated.name == list.name + "_tuple";
  }

  static void begin_elements(const ParquetField& repeated, RecordPlan& made) {
    made.element_definition = repeated.definition;
    made.element_repeats = repeated.repeats;
  }

  static void add(RecordPlan part, RecordPlan& to) {
    to.columns.insert(to.columns.end(), part.columns.begin(), part.columns.end());
    to.parts.push_back(std::move(part));
  }

  const ParquetFile& file_;
};

}  // namespace

Result<std::optional<RecordPlan>> plan_record(const RecordField& schema, const ParquetFile& file) {
  return Planner(file).plan(schema, file.schema, "");
}

}  // namespace tarn::tables
