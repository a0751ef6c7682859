#include "tables/parquet_records.h"

#include "base/json.h"
#include "tables/record_plan.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

namespace tarn::tables {
namespace {

using Kind = RecordField::Kind;
using Cursors = std::vector<std::unique_ptr<ParquetCursor>>;

Error bad(std::string_view what) {
  return Error::with_message(kBadParquet, fmt::format("{}: {}", kBadParquet.text, what));
}

/// Writes one record.
class RecordWriter {
 public:
  RecordWriter(const Cursors& cursors, std::string& out) : cursors_(cursors), out_(out) {}

  /// Appends a value that is there; false, and nothing, when it is not. Columns below it advance.
  Result<bool> write(const RecordPlan& plan) {
    if (first(plan).definition() < plan.definition) {
      TARN_CHECK_OK(pass(plan));
      return false;
    }
    TARN_CHECK_OK(write_there(plan));
    return true;
  }

  /// All columns begin an element of that level, a row at 0.
  Result<void> require_begin(const RecordPlan& plan, unsigned repeats) const {
    for (const std::size_t column : plan.columns) {
      const ParquetCursor& cursor = *cursors_[column];
      if (cursor.at_end() || cursor.repetition() != repeats) {
        return bad(fmt::format("its column `{}` is not as long as others", cursor.column().name));
      }
    }
    return {};
  }

 private:
  const ParquetCursor& first(const RecordPlan& plan) const { return *cursors_[plan.columns[0]]; }

  Result<void> advance(std::size_t column) {
    const Result<bool> more = cursors_[column]->advance();
    return more ? Result<void>() : Result<void>(more.error());
  }

  Result<void> pass(const RecordPlan& plan) {
    for (const std::size_t column : plan.columns) {
      TARN_CHECK_OK(advance(column));
    }
    return {};
  }

  Result<void> write_there(const RecordPlan& plan) {
    switch (plan.kind) {
      case Kind::kGroup:
        return write_group(plan);
      case Kind::kMap:
      case Kind::kList:
        return write_elements(plan);
      default:
        return write_value(plan);
    }
  }

  Result<void> write_value(const RecordPlan& plan) {
    const ParquetCursor& cursor = *cursors_[plan.column];
    switch (plan.kind) {
      case Kind::kFlag:
        out_.append(cursor.number() != 0 ? "true" : "false");
        break;
      case Kind::kText:
        append_json_string(out_, cursor.text());
        break;
      default:
        append_json_int(out_, cursor.number());
        break;
    }
    return advance(plan.column);
  }

  Result<void> write_group(const RecordPlan& plan) {
    out_.push_back('{');
    const std::size_t begin = out_.size();
    for (const RecordPlan& part : plan.parts) {
      const std::size_t before = out_.size();
      if (before > begin) {
        out_.push_back(',');
      }
      append_json_string(out_, part.name);
      out_.push_back(':');
      TARN_TRY(const bool there, write(part));
      if (!there) {
        out_.resize(before);
      }
    }
    out_.push_back('}');
    return {};
  }

  Result<void> write_elements(const RecordPlan& plan) {
    const bool map = plan.kind == Kind::kMap;
    out_.push_back(map ? '{' : '[');
    if (first(plan).definition() < plan.element_definition) {
      TARN_CHECK_OK(pass(plan));
    } else {
      while (true) {
        TARN_CHECK_OK(write_element(plan, map));
        if (first(plan).at_end() || first(plan).repetition() != plan.element_repeats) {
          break;
        }
        TARN_CHECK_OK(require_begin(plan, plan.element_repeats));
        out_.push_back(',');
      }
    }
    out_.push_back(map ? '}' : ']');
    return {};
  }

  Result<void> write_element(const RecordPlan& plan, bool map) {
    if (map) {
      const ParquetCursor& key = *cursors_[plan.column];
      if (!key.present()) {
        return bad(fmt::format("its column `{}` lacks a key", key.column().name));
      }
      append_json_string(out_, key.text());
      out_.push_back(':');
      TARN_CHECK_OK(advance(plan.column));
    }
    TARN_TRY(const bool there, write(plan.parts[0]));
    if (!there) {
      out_.append("null");
    }
    return {};
  }

  const Cursors& cursors_;
  std::string& out_;
};

}  // namespace

ParquetRecords::ParquetRecords(const ParquetFile& file) : file_(file) {}
ParquetRecords::ParquetRecords(ParquetRecords&&) noexcept = default;
ParquetRecords::~ParquetRecords() = default;

Result<ParquetRecords> ParquetRecords::open(const ParquetFile& file, const RecordField& schema,
                                            ParquetLimits limits) {
  std::uint64_t rows = 0;
  for (const ParquetRowGroup& group : file.row_groups) {
    if (group.rows > limits.rows_max - rows) {
      return bad(fmt::format("it has more than {} rows", limits.rows_max));
    }
    rows += group.rows;
  }
  ParquetRecords made(file);
  TARN_TRY(std::optional<RecordPlan> plan, plan_record(schema, file));
  if (!plan) {
    return bad("it has none of the columns that are wanted");
  }
  made.plan_ = std::make_unique<RecordPlan>(*std::move(plan));
  made.budget_bytes_ = std::make_unique<std::uint64_t>(limits.budget_bytes);
  return made;
}

Result<void> ParquetRecords::begin_group(const ParquetRowGroup& group) {
  cursors_.clear();
  cursors_.resize(file_.columns.size());
  for (const std::size_t column : plan_->columns) {
    cursors_[column] = std::make_unique<ParquetCursor>(file_.columns[column], group.chunks[column],
                                                       *budget_bytes_);
    TARN_CHECK_OK(cursors_[column]->advance());
  }
  rows_left_ = group.rows;
  return {};
}

Result<void> ParquetRecords::check_ended() const {
  for (const std::size_t column : plan_->columns) {
    if (cursors_[column] && !cursors_[column]->at_end()) {
      return bad(fmt::format("its column `{}` has more values than there are rows",
                             file_.columns[column].name));
    }
  }
  return {};
}

Result<bool> ParquetRecords::next(std::string& out) {
  while (rows_left_ == 0) {
    if (!cursors_.empty()) {
      TARN_CHECK_OK(check_ended());
    }
    if (next_group_ == file_.row_groups.size()) {
      return false;
    }
    TARN_CHECK_OK(begin_group(file_.row_groups[next_group_++]));
  }
  --rows_left_;
  RecordWriter writer(cursors_, out);
  TARN_CHECK_OK(writer.require_begin(*plan_, 0));
  TARN_CHECK_OK(writer.write(*plan_));
  return true;
}

}  // namespace tarn::tables
