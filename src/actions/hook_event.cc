#include "actions/hook_event.h"

#include "base/time_text.h"

namespace tarn::actions {
namespace {

/// A JSON object of a string map, in order of keys.
Json to_json(const graveler::Metadata& metadata) {
  Json::Object members;
  members.reserve(metadata.size());
  for (const auto& [key, value] : metadata) {
    members.push_back({key, Json(value)});
  }
  return Json::from_members(std::move(members));
}

/// Without a fraction.
std::string seconds_text(WallTime time) {
  return format_rfc3339(from_unix_seconds(unix_seconds(time)));
}

}  // namespace

std::string webhook_event(const graveler::HookRecord& record, const HookNames& names,
                          WallTime now) {
  std::string out;
  JsonWriter json(out);
  const auto optional = [&json](std::string_view key, std::string_view value) {
    if (!value.empty()) {
      json.member(key, value);
    }
  };
  json.begin_object();
  json.member("event_type", graveler::to_string(record.event));
  json.member("event_time", seconds_text(now));
  json.member("action_name", names.action).member("hook_id", names.hook_id);
  json.member("repository_id", record.repository.id.str());
  optional("branch_id", record.branch.str());
  optional("source_ref", record.source_ref);
  optional("tag_id", record.tag.str());
  optional("commit_id", record.commit_id.str());
  if (record.commit) {
    optional("commit_message", record.commit->message);
    optional("committer", record.commit->committer);
    if (!record.commit->metadata.empty()) {
      json.member("commit_metadata", to_json(record.commit->metadata));
    }
  }
  optional("merge_source", record.merge_source);
  json.end_object();
  return out;
}

Json lua_event(const graveler::HookRecord& record, const HookNames& names) {
  static const graveler::Commit kNoCommit;
  const graveler::Commit& commit = record.commit ? *record.commit : kNoCommit;
  Json parents = Json::array();
  for (const CommitId& parent : commit.parents) {
    parents.push_back(parent.str());
  }
  Json out = Json::object();
  out.set("action_name", names.action);
  out.set("hook_id", names.hook_id);
  out.set("run_id", record.run_id);
  out.set("pre_run_id", record.pre_run_id);
  out.set("event_type", graveler::to_string(record.event));
  out.set("commit_id", record.commit_id.str());
  out.set("branch_id", record.branch.str());
  out.set("source_ref", record.source_ref);
  out.set("tag_id", record.tag.str());
  out.set("merge_source", record.merge_source);
  out.set("repository_id", record.repository.id.str());
  out.set("storage_namespace", record.repository.storage_namespace.str());
  Json details = Json::object();
  details.set("message", commit.message);
  details.set("meta_range_id", commit.meta_range_id.str());
  details.set("creation_date",
              record.commit ? seconds_text(commit.creation_date) : format_rfc3339(kNoTime));
  details.set("version", record.commit ? commit.version : 0);
  details.set("metadata", to_json(commit.metadata));
  details.set("parents", std::move(parents));
  out.set("commit", std::move(details));
  return out;
}

}  // namespace tarn::actions
