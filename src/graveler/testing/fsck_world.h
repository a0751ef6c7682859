#pragma once

#include "graveler/fsck.h"
#include "graveler/testing/world.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tarn::graveler::testing {

/// A check that asks for the objects, too.
fsck::Options with_objects();

/// What a check found.
class Findings final : public fsck::Sink {
 public:
  void damage(const fsck::Damage& damage) override { damages.push_back(damage); }
  void summary(const fsck::Summary& summary) override { summaries.push_back(summary); }

  /// `kind: subject: message` for each, a line each; empty = clean.
  std::string text() const;
  /// Of the one repository.
  const fsck::Summary& repository() const { return summaries.at(0); }

  std::vector<fsck::Damage> damages;
  std::vector<fsck::Summary> summaries;
};

/// A store with a history that a check finds clean, and means to damage it: commits `first` and
/// `second` of several ranges each, branch `dev`, tag `v1`, a staged entry and a staged tombstone
/// on main. Every object exists.
class FsckWorld {
 public:
  FsckWorld();

  /// Errors of the check fail the test.
  Findings check(fsck::Options options = {});
  Result<void> try_check(fsck::Options options, Findings& findings);
  /// Called before every view but the first: what a running server does meanwhile.
  std::function<void()> meanwhile;
  std::vector<fsck::RowKind> row_kinds;
  /// The store that checks ask; null = the world's.
  block::Adapter* blocks = nullptr;

  // Rows.
  std::string partition() const { return world.repo->partition(); }
  Bytes row(const std::string& key);
  void set_row(const std::string& partition, const std::string& key, Bytes value);
  void set_row(const std::string& key, Bytes value) { set_row(partition(), key, std::move(value)); }
  void remove_row(const std::string& key);
  Branch branch(const std::string& name);
  void set_branch(const Branch& branch);
  /// Adds a commit on `second` that main does not lead to.
  CommitId add_commit(const std::function<void(Commit&)>& change);

  // Objects; `address` below the namespace.
  void put_object(const std::string& address, Bytes bytes);
  Bytes object(const std::string& address);
  void remove_object(const std::string& address);
  std::string table(const std::string& id) const { return "_lakefs/" + id; }

  /// The ranges of `second`.
  std::vector<RangeInfo> ranges();
  struct Record {
    std::string key;
    std::string identity;
    std::string data;
  };
  /// Stores a table of these records; its id.
  std::string put_table(const sstable::Metadata& metadata, const std::vector<Record>& records);
  /// A commit whose tree is these ranges; the metarange's id. `key` of a record defaults to the
  /// range's max_key.
  std::string commit_tree(const std::vector<RangeInfo>& ranges, std::vector<std::string> keys = {});

  World world;
  CommitPtr first;
  CommitPtr second;

 private:
  block::Location location(const std::string& address) const;
};

}  // namespace tarn::graveler::testing
