#include "catalog/upload_records.h"

#include "catalog/records.pb.h"
#include "kv/row_codec.h"

namespace tarn::catalog {

Bytes encode(const UploadRecord& upload) {
  pb::UploadData data;
  data.set_upload_id(upload.upload_id);
  data.set_path(upload.path);
  kv::set_time(*data.mutable_creation_date(), upload.creation_date);
  data.set_physical_address(upload.physical_address);
  data.mutable_metadata()->insert(upload.metadata.begin(), upload.metadata.end());
  data.set_content_type(upload.content_type);
  data.set_repository_partition(upload.repository_partition);
  data.set_branch(upload.branch);
  return data.SerializeAsString();
}

Bytes encode(const PartRecord& part) {
  pb::PartData data;
  data.set_number(part.number);
  data.set_etag(part.etag);
  data.set_size_bytes(part.size_bytes);
  kv::set_time(*data.mutable_last_modified(), part.last_modified);
  return data.SerializeAsString();
}

Result<UploadRecord> decode_upload(ByteView bytes) {
  TARN_TRY(const pb::UploadData data,
           kv::parse_row<pb::UploadData>(bytes, "multipart upload record"));
  UploadRecord upload;
  upload.upload_id = data.upload_id();
  upload.path = data.path();
  upload.creation_date = kv::get_time(data.creation_date());
  upload.physical_address = data.physical_address();
  upload.metadata.insert(data.metadata().begin(), data.metadata().end());
  upload.content_type = data.content_type();
  upload.repository_partition = data.repository_partition();
  upload.branch = data.branch();
  return upload;
}

Result<PartRecord> decode_part(ByteView bytes) {
  TARN_TRY(const pb::PartData data, kv::parse_row<pb::PartData>(bytes, "multipart part record"));
  PartRecord part;
  part.number = data.number();
  part.etag = data.etag();
  part.size_bytes = data.size_bytes();
  part.last_modified = kv::get_time(data.last_modified());
  return part;
}

}  // namespace tarn::catalog
