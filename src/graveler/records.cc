#include "graveler/records.h"

#include "graveler/plain_records.h"
#include "graveler/records.pb.h"
#include "kv/row_codec.h"
#include "sstable/ident.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>

namespace tarn::graveler {
namespace {

/// Maps are written in key order: the bytes, and with them range ids, depend on the content alone.
template <class Message>
Bytes serialize(const Message& message) {
  Bytes out;
  google::protobuf::io::StringOutputStream stream(&out);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return out;
}

/// Five bytes at most, as protobuf reads tags and sizes.
bool take_varint(ByteView& bytes, std::uint32_t& out) {
  out = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 5); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    out |= static_cast<std::uint32_t>(byte & 0x7fU) << (7 * i);
    if (byte < 0x80) {
      bytes.remove_prefix(i + 1);
      return true;
    }
  }
  return false;
}

}  // namespace

std::vector<StagingToken> Branch::tokens() const {
  std::vector<StagingToken> all{staging_token};
  all.insert(all.end(), sealed_tokens.begin(), sealed_tokens.end());
  return all;
}

CommitId commit_id_of(const Commit& commit) {
  std::vector<std::string> parents;
  for (const CommitId& parent : commit.parents) {
    parents.push_back(parent.str());
  }
  sstable::IdentityEncoder parents_encoder;
  parents_encoder.strs(parents);
  sstable::IdentityEncoder encoder;
  encoder.str("commit:v1")
      .str(commit.committer)
      .str(commit.message)
      .str(commit.meta_range_id.str())
      .i64(unix_seconds(commit.creation_date))
      .map(commit.metadata)
      .embed(parents_encoder.digest());
  return CommitId::trusted(encoder.hex_digest());
}

Bytes encode(const Repository& repository) {
  pb::RepositoryData data;
  data.set_id(repository.id.str());
  data.set_storage_namespace(repository.storage_namespace.str());
  data.set_default_branch_id(repository.default_branch.str());
  kv::set_time(*data.mutable_creation_date(), repository.creation_date);
  data.set_state(static_cast<pb::RepositoryState>(repository.state));
  data.set_instance_uid(repository.instance_uid);
  data.set_read_only(repository.read_only);
  data.set_storage_id(repository.storage_id);
  return serialize(data);
}

Result<Repository> decode_repository(ByteView bytes) {
  TARN_TRY(const pb::RepositoryData data,
           kv::parse_row<pb::RepositoryData>(bytes, "repository record"));
  Repository repository;
  repository.id = RepositoryId::trusted(data.id());
  repository.storage_namespace = StorageNamespace::trusted(data.storage_namespace());
  repository.default_branch = BranchId::trusted(data.default_branch_id());
  repository.creation_date = kv::get_time(data.creation_date());
  repository.state = static_cast<RepositoryState>(data.state());
  repository.instance_uid = data.instance_uid();
  repository.read_only = data.read_only();
  repository.storage_id = data.storage_id();
  return repository;
}

Bytes encode(const Branch& branch) {
  pb::BranchData data;
  data.set_id(branch.id.str());
  data.set_commit_id(branch.commit_id.str());
  data.set_staging_token(branch.staging_token.str());
  for (const StagingToken& token : branch.sealed_tokens) {
    data.add_sealed_tokens(token.str());
  }
  data.set_hidden(branch.hidden);
  return serialize(data);
}

Result<Branch> decode_branch(ByteView bytes) {
  TARN_TRY(const pb::BranchData data, kv::parse_row<pb::BranchData>(bytes, "branch record"));
  Branch branch;
  branch.id = BranchId::trusted(data.id());
  branch.commit_id = CommitId::trusted(data.commit_id());
  branch.staging_token = StagingToken::trusted(data.staging_token());
  for (const std::string& token : data.sealed_tokens()) {
    branch.sealed_tokens.push_back(StagingToken::trusted(token));
  }
  branch.hidden = data.hidden();
  return branch;
}

Bytes encode(const Tag& tag) {
  pb::TagData data;
  data.set_id(tag.id.str());
  data.set_commit_id(tag.commit_id.str());
  return serialize(data);
}

Result<Tag> decode_tag(ByteView bytes) {
  TARN_TRY(const pb::TagData data, kv::parse_row<pb::TagData>(bytes, "tag record"));
  return Tag{TagId::trusted(data.id()), CommitId::trusted(data.commit_id())};
}

Bytes encode(const CommitRecord& record) {
  pb::CommitData data;
  data.set_id(record.id.str());
  data.set_committer(record.commit.committer);
  data.set_message(record.commit.message);
  kv::set_time(*data.mutable_creation_date(), record.commit.creation_date);
  data.set_meta_range_id(record.commit.meta_range_id.str());
  for (const auto& [key, value] : record.commit.metadata) {
    (*data.mutable_metadata())[key] = value;
  }
  for (const CommitId& parent : record.commit.parents) {
    data.add_parents(parent.str());
  }
  data.set_version(record.commit.version);
  data.set_generation(record.commit.generation);
  return serialize(data);
}

Result<CommitRecord> decode_commit(ByteView bytes) {
  TARN_TRY(const pb::CommitData data, kv::parse_row<pb::CommitData>(bytes, "commit record"));
  CommitRecord record;
  record.id = CommitId::trusted(data.id());
  record.commit.committer = data.committer();
  record.commit.message = data.message();
  record.commit.creation_date = kv::get_time(data.creation_date());
  record.commit.meta_range_id = MetaRangeId::trusted(data.meta_range_id());
  record.commit.metadata = Metadata(data.metadata().begin(), data.metadata().end());
  for (const std::string& parent : data.parents()) {
    record.commit.parents.push_back(CommitId::trusted(parent));
  }
  record.commit.version = data.version();
  record.commit.generation = data.generation();
  return record;
}

Bytes encode_staged(ByteView key, const Value& value) {
  pb::StagedEntryData data;
  data.set_key(key.data(), key.size());
  data.set_identity(value.identity);
  data.set_data(value.data);
  return serialize(data);
}

/// Commits read a million of these: no message is built.
Result<sstable::Value> view_staged(ByteView bytes) {
  using google::protobuf::internal::WireFormatLite;
  sstable::Value out;
  ByteView rest = bytes;
  while (!rest.empty()) {
    std::uint32_t tag = 0;
    if (!take_varint(rest, tag) || WireFormatLite::GetTagFieldNumber(tag) == 0) {
      return Error(kCorruption, "staged entry");
    }
    if (WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      google::protobuf::io::CodedInputStream in(reinterpret_cast<const std::uint8_t*>(rest.data()),
                                                static_cast<int>(rest.size()));
      if (!WireFormatLite::SkipField(&in, tag)) {
        return Error(kCorruption, "staged entry");
      }
      rest.remove_prefix(static_cast<std::size_t>(in.CurrentPosition()));
      continue;
    }
    std::uint32_t size = 0;
    if (!take_varint(rest, size) || size > rest.size()) {
      return Error(kCorruption, "staged entry");
    }
    const int field = WireFormatLite::GetTagFieldNumber(tag);
    if (field == pb::StagedEntryData::kIdentityFieldNumber) {
      out.identity = rest.substr(0, size);
    } else if (field == pb::StagedEntryData::kDataFieldNumber) {
      out.data = rest.substr(0, size);
    }
    rest.remove_prefix(size);
  }
  return out;
}

Result<Value> decode_staged(ByteView bytes) {
  TARN_TRY(const sstable::Value view, view_staged(bytes));
  return Value{Bytes(view.identity), Bytes(view.data)};
}

Bytes encode_repository_metadata(const Metadata& metadata) {
  pb::RepoMetadata data;
  for (const auto& [key, value] : metadata) {
    (*data.mutable_metadata())[key] = value;
  }
  return serialize(data);
}

Result<Metadata> decode_repository_metadata(ByteView bytes) {
  TARN_TRY(const pb::RepoMetadata data,
           kv::parse_row<pb::RepoMetadata>(bytes, "repository metadata"));
  return Metadata(data.metadata().begin(), data.metadata().end());
}

Bytes encode_range_data(const RangeInfo& range) {
  pb::RangeData data;
  data.set_min_key(range.min_key);
  data.set_max_key(range.max_key);
  data.set_estimated_size(range.estimated_size_bytes);
  data.set_count(range.count);
  return serialize(data);
}

Result<RangeInfo> decode_range(ByteView identity, ByteView bytes) {
  RangeId id = RangeId::trusted(std::string(identity));
  std::optional<RangeInfo> plain = read_plain_range(bytes);
  if (plain) {
    plain->id = std::move(id);
    return *std::move(plain);
  }
  TARN_TRY(const pb::RangeData data, kv::parse_row<pb::RangeData>(bytes, "range record"));
  RangeInfo range;
  range.id = std::move(id);
  range.min_key = data.min_key();
  range.max_key = data.max_key();
  range.estimated_size_bytes = data.estimated_size();
  range.count = data.count();
  return range;
}

Value to_value(const Entry& entry) { return Value{identity_of(entry), encode_plain(entry)}; }

Result<Entry> decode_entry(ByteView bytes) {
  std::optional<Entry> plain = read_plain_entry(bytes);
  if (plain) {
    return *std::move(plain);
  }
  TARN_TRY(pb::Entry data, kv::parse_row<pb::Entry>(bytes, "entry"));
  Entry entry;
  entry.address = std::move(*data.mutable_address());
  entry.address_type = static_cast<block::AddressType>(data.address_type());
  entry.size_bytes = data.size();
  entry.etag = std::move(*data.mutable_e_tag());
  entry.last_modified = kv::get_time(data.last_modified());
  entry.metadata = Metadata(data.metadata().begin(), data.metadata().end());
  entry.content_type = std::move(*data.mutable_content_type());
  return entry;
}

}  // namespace tarn::graveler
