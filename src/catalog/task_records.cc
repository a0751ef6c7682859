#include "catalog/task_records.h"

#include "catalog/tasks.pb.h"
#include "kv/row_codec.h"

namespace tarn::catalog {

Bytes encode(const TaskRecord& record) {
  pb::TaskStatus data;
  pb::Task& task = *data.mutable_task();
  task.set_id(record.id);
  task.set_done(record.done);
  kv::set_time(*task.mutable_updated_at(), record.updated_at);
  task.set_progress(record.progress);
  task.set_error_msg(record.error);
  task.set_status_code(record.status_code);
  task.set_operation(record.operation);
  task.set_owner_instance_id(record.owner);
  data.set_info(record.info);
  return data.SerializeAsString();
}

Result<TaskRecord> decode_task(ByteView bytes) {
  TARN_TRY(const pb::TaskStatus data, kv::parse_row<pb::TaskStatus>(bytes, "task record"));
  TaskRecord out;
  out.id = data.task().id();
  out.done = data.task().done();
  out.updated_at = kv::get_time(data.task().updated_at());
  out.progress = data.task().progress();
  out.error = data.task().error_msg();
  out.status_code = data.task().status_code();
  out.operation = data.task().operation();
  out.owner = data.task().owner_instance_id();
  out.info = data.info();
  return out;
}

Bytes encode_dump_info(const graveler::RefsDump& dump) {
  pb::RepositoryDumpInfo data;
  data.set_commits_metarange_id(dump.commits.str());
  data.set_tags_metarange_id(dump.tags.str());
  data.set_branches_metarange_id(dump.branches.str());
  return data.SerializeAsString();
}

Result<graveler::RefsDump> decode_dump_info(ByteView bytes) {
  TARN_TRY(const pb::RepositoryDumpInfo data,
           kv::parse_row<pb::RepositoryDumpInfo>(bytes, "dump record"));
  graveler::RefsDump out;
  out.commits = MetaRangeId::trusted(data.commits_metarange_id());
  out.tags = MetaRangeId::trusted(data.tags_metarange_id());
  out.branches = MetaRangeId::trusted(data.branches_metarange_id());
  return out;
}

}  // namespace tarn::catalog
