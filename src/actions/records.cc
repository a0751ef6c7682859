#include "actions/records.h"

#include "actions/records.pb.h"
#include "actions/run_order.h"
#include "base/json.h"
#include "base/time_text.h"
#include "kv/row_codec.h"

namespace tarn::actions {
namespace {

/// Seconds of Go's zero time, which stands for "never".
constexpr std::int64_t kZeroTimeSeconds = -62135596800;

void set_time(google::protobuf::Timestamp& out, std::optional<WallTime> time) {
  if (time) {
    kv::set_time(out, *time);
  } else {
    out.set_seconds(kZeroTimeSeconds);
  }
}

std::optional<WallTime> get_time(const google::protobuf::Timestamp& time) {
  // Counts that nanoseconds since 1970 do not hold belong to no run.
  constexpr std::int64_t kSecondsMax = 9'000'000'000;
  if (time.seconds() < -kSecondsMax || time.seconds() > kSecondsMax) {
    return std::nullopt;
  }
  return kv::get_time(time);
}

void encode_to(pb::TaskResultData& message, const HookRun& hook) {
  message.set_run_id(hook.run_id);
  message.set_hook_run_id(hook.id);
  message.set_hook_id(hook.hook_id);
  message.set_action_name(hook.action);
  set_time(*message.mutable_start_time(), hook.start);
  set_time(*message.mutable_end_time(), hook.end);
  message.set_passed(hook.passed);
}

HookRun decode_from(const pb::TaskResultData& message) {
  HookRun hook;
  hook.run_id = message.run_id();
  hook.id = message.hook_run_id();
  hook.hook_id = message.hook_id();
  hook.action = message.action_name();
  hook.start = get_time(message.start_time());
  hook.end = get_time(message.end_time());
  hook.passed = message.passed();
  return hook;
}

std::string time_text(std::optional<WallTime> time) {
  return format_rfc3339(time.value_or(kNoTime));
}

}  // namespace

Bytes encode(const ActionRun& run) {
  pb::RunResultData message;
  message.set_run_id(run.id);
  message.set_branch_id(run.branch);
  message.set_commit_id(run.commit_id);
  message.set_source_ref(run.source_ref);
  message.set_event_type(run.event);
  set_time(*message.mutable_start_time(), run.start);
  set_time(*message.mutable_end_time(), run.end);
  message.set_passed(run.passed);
  message.set_tag_id(run.tag);
  message.set_merge_source(run.merge_source);
  message.set_pre_run_id(run.pre_run_id);
  message.set_user(run.user);
  message.set_repeats(run.repeats);
  return message.SerializeAsString();
}

Bytes encode(const HookRun& hook) {
  pb::TaskResultData message;
  encode_to(message, hook);
  return message.SerializeAsString();
}

Bytes encode_index(std::string_view primary_key) {
  pb::SecondaryIndex message;
  message.set_primary_key(std::string(primary_key));
  return message.SerializeAsString();
}

Result<ActionRun> decode_run(ByteView bytes) {
  TARN_TRY(const pb::RunResultData message, kv::parse_row<pb::RunResultData>(bytes, "action run"));
  ActionRun run;
  run.id = message.run_id();
  run.event = message.event_type();
  run.branch = message.branch_id();
  run.commit_id = message.commit_id();
  run.source_ref = message.source_ref();
  run.start = get_time(message.start_time());
  run.end = get_time(message.end_time());
  run.passed = message.passed();
  run.tag = message.tag_id();
  run.merge_source = message.merge_source();
  run.pre_run_id = message.pre_run_id();
  run.user = message.user();
  run.repeats = message.repeats();
  return run;
}

Result<HookRun> decode_hook_run(ByteView bytes) {
  TARN_TRY(const pb::TaskResultData message, kv::parse_row<pb::TaskResultData>(bytes, "hook run"));
  return decode_from(message);
}

Result<std::string> decode_index(ByteView bytes) {
  TARN_TRY(const pb::SecondaryIndex message, kv::parse_row<pb::SecondaryIndex>(bytes, "run index"));
  return message.primary_key();
}

Bytes encode(const RunOrder& order) {
  const graveler::HookRecord& record = order.record;
  pb::RunOrderData message;
  message.set_run_id(record.run_id);
  message.set_pre_run_id(record.pre_run_id);
  message.set_event_type(std::string(graveler::to_string(record.event)));
  message.set_repository_id(record.repository.id.str());
  message.set_instance_uid(record.repository.instance_uid);
  message.set_source_ref(record.source_ref);
  message.set_branch_id(record.branch.str());
  message.set_commit_id(record.commit_id.str());
  message.set_has_commit(record.commit.has_value());
  message.set_tag_id(record.tag.str());
  message.set_merge_source(record.merge_source);
  message.set_user(order.user);
  message.set_request_id(order.request_id);
  message.set_by_hand(order.by_hand);
  message.set_files_ref(order.files_ref);
  message.set_only_action(order.only_action);
  message.set_only_hook(order.only_hook);
  message.set_repeats(order.repeats);
  message.set_starts(order.starts);
  for (const HookRun& hook : order.done) {
    encode_to(*message.add_done(), hook);
  }
  return message.SerializeAsString();
}

Result<StoredOrder> decode_order(ByteView bytes) {
  TARN_TRY(const pb::RunOrderData message, kv::parse_row<pb::RunOrderData>(bytes, "run order"));
  const std::optional<graveler::Event> event = graveler::event_from_string(message.event_type());
  if (!event) {
    return Error(kCorruption, "run order: event '" + message.event_type() + "'");
  }
  StoredOrder out;
  RunOrder& order = out.order;
  graveler::HookRecord& record = order.record;
  record.run_id = message.run_id();
  record.pre_run_id = message.pre_run_id();
  record.event = *event;
  record.repository.id = RepositoryId::trusted(message.repository_id());
  record.repository.instance_uid = message.instance_uid();
  record.source_ref = message.source_ref();
  record.branch = BranchId::trusted(message.branch_id());
  record.commit_id = CommitId::trusted(message.commit_id());
  record.tag = TagId::trusted(message.tag_id());
  record.merge_source = message.merge_source();
  out.has_commit = message.has_commit();
  order.user = message.user();
  order.request_id = message.request_id();
  order.by_hand = message.by_hand();
  order.files_ref = message.files_ref();
  order.only_action = message.only_action();
  order.only_hook = message.only_hook();
  order.repeats = message.repeats();
  order.starts = message.starts();
  for (const pb::TaskResultData& hook : message.done()) {
    order.done.push_back(decode_from(hook));
  }
  return out;
}

std::string manifest_of(const ActionRun& run, const std::vector<HookRun>& hooks) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("run").begin_object();
  json.member("run_id", run.id).member("branch_id", run.branch);
  json.member("source_ref", run.source_ref).member("event_type", run.event);
  if (!run.commit_id.empty()) {
    json.member("commit_id", run.commit_id);
  }
  json.member("start_time", time_text(run.start)).member("end_time", time_text(run.end));
  json.member("passed", run.passed).end_object();
  json.key("hooks").begin_array();
  for (const HookRun& hook : hooks) {
    json.begin_object().member("run_id", hook.run_id).member("hook_run_id", hook.id);
    json.member("hook_id", hook.hook_id).member("action_name", hook.action);
    json.member("start_time", time_text(hook.start)).member("end_time", time_text(hook.end));
    json.member("passed", hook.passed).end_object();
  }
  json.end_array().end_object();
  return out;
}

}  // namespace tarn::actions
