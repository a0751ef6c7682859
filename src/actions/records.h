#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::actions {

/// What one event ran, all its actions together.
struct ActionRun {
  std::string id;
  std::string event;
  std::string branch;
  /// Empty where the event has none, and for pre-commit runs until the commit is made.
  std::string commit_id;
  std::string source_ref;
  std::optional<WallTime> start;
  std::optional<WallTime> end;
  bool passed = false;
  // What it takes to run it again; empty for runs that lakeFS recorded.
  std::string tag;
  std::string merge_source;
  std::string pre_run_id;
  std::string user;
  /// The run that this one ran again; mostly empty.
  std::string repeats;
};

/// One hook of a run. Without times it was skipped.
struct HookRun {
  std::string run_id;
  /// `0001_0000`: index of the action in the run, index of the hook in its action.
  std::string id;
  std::string hook_id;
  std::string action;
  std::optional<WallTime> start;
  std::optional<WallTime> end;
  bool passed = false;

  bool skipped() const { return !start.has_value(); }
};

/// The hook id of what stands for a file, or a filter in it, that is wrong. No hook can have it.
inline constexpr std::string_view kFileHook = "(action file)";
/// The same for a run that cannot be what it was ordered to be.
inline constexpr std::string_view kRunHook = "(run)";

// Codecs of the KV rows (records.proto). Decoding errors: kCorruption.
Bytes encode(const ActionRun& run);
Bytes encode(const HookRun& hook);
Bytes encode_index(std::string_view primary_key);
Result<ActionRun> decode_run(ByteView bytes);
Result<HookRun> decode_hook_run(ByteView bytes);
Result<std::string> decode_index(ByteView bytes);

/// The object `run.manifest` of a run: JSON on one line.
std::string manifest_of(const ActionRun& run, const std::vector<HookRun>& hooks);

}  // namespace tarn::actions
