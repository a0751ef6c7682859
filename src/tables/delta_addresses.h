#pragma once

#include "runtime/context.h"
#include "runtime/task.h"
#include "tables/delta_action.h"
#include "tables/delta_log.h"
#include "tables/object_reader.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::tables {

/// An action of a log, and where its files lie. Views point into the text it was read from.
struct DeltaLine {
  std::string_view text;
  std::vector<DeltaFile> files = {};
  std::vector<DeltaPlaces> places = {};
  /// Of a metaData action.
  std::optional<std::string> schema = {};
};

/// Errors: kBadDeltaAction, with the number of the action; `prefix` is that of the table.
Result<std::vector<DeltaLine>> read_delta_lines(std::string_view text, std::string_view prefix);

/// Where the files of a table lie in the store. On one loop; memory: some 200 bytes for each.
class DeltaAddresses {
 public:
  DeltaAddresses(Context ctx, ObjectReader& reader) : ctx_(std::move(ctx)), reader_(reader) {}

  using Lines = std::vector<DeltaLine>;

  /// Looks up what the lines name and is not known yet. Errors: those of the reader.
  Task<Result<void>> look_up(std::vector<const Lines*> versions);
  /// Notes what the lines, which were looked up, add to the table although it is not there, and
  /// what they remove. All of a version at once: within one the order of actions says nothing.
  void note(const Lines& lines);
  /// Errors kBadDelta: files that are part of the table are missing.
  Result<void> require_all() const;
  /// The lines with addresses for paths.
  Bytes rewrite(const Lines& lines) const;

  std::size_t size() const { return known_.size(); }

 private:
  Task<Result<void>> look_up_one(std::string path, std::string& to);

  const Context ctx_;
  ObjectReader& reader_;
  /// URIs by path; empty = there is no such object.
  std::map<std::string, std::string> known_;
  /// Paths of files that are part of the table and are not there, by what they are to it.
  std::map<std::string, std::string> missing_;
};

}  // namespace tarn::tables
