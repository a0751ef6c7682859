// Feeds the decoders of KV rows and of what trees store bytes from anywhere. The first byte chooses
// the decoder. Invariants: nothing but an answer or kCorruption; what is decoded is encoded so that
// it decodes to the same, and encodes to the same bytes again.
#include "base/assert.h"
#include "graveler/records.h"
#include "sstable/value.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

using namespace tarn;            // NOLINT(google-build-using-namespace): a program of one file
using namespace tarn::graveler;  // NOLINT(google-build-using-namespace)

template <class Decode, class Encode>
void round_trip(std::string_view bytes, Decode decode, Encode encode) {
  const auto first = decode(bytes);
  if (!first) {
    TARN_ASSERT(first.error().is(kCorruption), "another error than corruption");
    return;
  }
  const Bytes written = encode(*first);
  const auto second = decode(written);
  TARN_ASSERT(second.has_value(), "our own encoding is refused");
  TARN_ASSERT(encode(*second) == written, "an encoding that changes");
}

void stored_range(std::string_view bytes) {
  const Result<sstable::Value> value = sstable::decode_value(bytes);
  if (!value) {
    return;
  }
  const Result<RangeInfo> range = decode_range(value->identity, value->data);
  if (range) {
    const Bytes data = encode_range_data(*range);
    const Result<RangeInfo> again = decode_range(value->identity, data);
    TARN_ASSERT(again && again->id == range->id && again->min_key == range->min_key &&
                    again->max_key == range->max_key && again->count == range->count &&
                    again->estimated_size_bytes == range->estimated_size_bytes,
                "a range that changes");
  }
}

void entry(std::string_view bytes) {
  const Result<Entry> first = decode_entry(bytes);
  if (first) {
    const Value written = to_value(*first);
    const Result<Entry> second = decode_entry(written.data);
    TARN_ASSERT(second && to_value(*second).data == written.data, "an entry that changes");
    TARN_ASSERT(written.identity == identity_of(*second) && written.identity.size() == 32,
                "an identity that changes");
  }
}

Bytes encode_record(const Repository& record) { return encode(record); }
Bytes encode_commit(const CommitRecord& record) {
  TARN_ASSERT(commit_id_of(record.commit).str().size() == 64, "a commit without an id");
  return encode(record);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) {
    return 0;
  }
  const unsigned kind = static_cast<unsigned char>(bytes[0]) % 8;
  bytes.remove_prefix(1);
  switch (kind) {
    case 0:
      round_trip(bytes, decode_repository, encode_record);
      break;
    case 1:
      round_trip(bytes, decode_branch, [](const Branch& branch) { return encode(branch); });
      break;
    case 2:
      round_trip(bytes, decode_tag, [](const Tag& tag) { return encode(tag); });
      break;
    case 3:
      round_trip(bytes, decode_commit, encode_commit);
      break;
    case 4:
      round_trip(bytes, decode_staged,
                 [](const Value& value) { return encode_staged("key", value); });
      break;
    case 5:
      round_trip(bytes, decode_repository_metadata, encode_repository_metadata);
      break;
    case 6:
      stored_range(bytes);
      break;
    default:
      entry(bytes);
  }
  return 0;
}
