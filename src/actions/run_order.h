#pragma once

#include "actions/records.h"
#include "graveler/hooks.h"

#include <cstdint>
#include <string>
#include <vector>

namespace tarn::actions {

/// What a run has to do: all that it takes to begin it, or to begin it once more after a restart.
struct RunOrder {
  graveler::HookRecord record;
  /// Whose rights apply; looked up again whenever they are needed.
  std::string user;
  /// Of the request that caused it; tells how deep hooks are nested.
  std::string request_id;

  /// Ordered by a user, not by an event: nothing waits for it, whatever its event.
  bool by_hand = false;
  /// Where action files and scripts are read; empty = at the record's source_ref.
  std::string files_ref;
  /// Not every action and hook, but those of these names; empty = all. The filters of an action,
  /// and the condition of a hook, do not apply to what is named.
  std::string only_action;
  std::string only_hook;
  /// The run that this one runs again.
  std::string repeats;

  /// How many processes have begun it, those that stopped in an orderly way not counted.
  std::uint32_t starts = 1;
  /// Begun by an earlier process; not stored.
  bool resumed = false;
  /// Its hooks that have ended.
  std::vector<HookRun> done;

  /// Nothing waits for its outcome.
  bool in_background() const { return by_hand || !graveler::is_pre(record.event); }
  const std::string& files() const { return files_ref.empty() ? record.source_ref : files_ref; }
};

/// An order as its row has it: of the repository only id and instance, of the commit only the id.
struct StoredOrder {
  RunOrder order;
  /// The event tells of the commit, too.
  bool has_commit = false;
};

// Codec of the KV row (records.proto). Decoding errors: kCorruption.
Bytes encode(const RunOrder& order);
Result<StoredOrder> decode_order(ByteView bytes);

}  // namespace tarn::actions
