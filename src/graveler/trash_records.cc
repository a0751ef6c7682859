#include "graveler/trash_records.h"

#include "graveler/trash.pb.h"
#include "kv/row_codec.h"

namespace tarn::graveler {

Bytes encode(const DeletedRepository& deleted) {
  pb::DeletedRepositoryData data;
  data.set_repository(encode(deleted.repository));
  kv::set_time(*data.mutable_deleted_at(), deleted.deleted_at);
  data.set_state(static_cast<pb::TrashState>(deleted.state));
  data.set_purge_data(deleted.purge_data);
  return data.SerializeAsString();
}

Bytes encode(const DeletedBranch& deleted) {
  pb::DeletedBranchData data;
  data.set_branch(encode(deleted.branch));
  kv::set_time(*data.mutable_deleted_at(), deleted.deleted_at);
  data.set_state(static_cast<pb::TrashState>(deleted.state));
  data.set_repository_id(deleted.repository_id.str());
  data.set_instance_uid(deleted.instance_uid);
  return data.SerializeAsString();
}

Result<DeletedRepository> decode_deleted_repository(ByteView bytes) {
  TARN_TRY(const pb::DeletedRepositoryData data,
           kv::parse_row<pb::DeletedRepositoryData>(bytes, "deleted repository record"));
  DeletedRepository out;
  TARN_TRY(out.repository, decode_repository(data.repository()));
  out.deleted_at = kv::get_time(data.deleted_at());
  out.state = static_cast<TrashState>(data.state());
  out.purge_data = data.purge_data();
  return out;
}

Result<DeletedBranch> decode_deleted_branch(ByteView bytes) {
  TARN_TRY(const pb::DeletedBranchData data,
           kv::parse_row<pb::DeletedBranchData>(bytes, "deleted branch record"));
  DeletedBranch out;
  TARN_TRY(out.branch, decode_branch(data.branch()));
  out.deleted_at = kv::get_time(data.deleted_at());
  out.state = static_cast<TrashState>(data.state());
  out.repository_id = RepositoryId::trusted(data.repository_id());
  out.instance_uid = data.instance_uid();
  return out;
}

}  // namespace tarn::graveler
