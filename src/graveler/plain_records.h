#pragma once

#include "graveler/entry.h"
#include "graveler/records.h"

#include <optional>

namespace tarn::graveler {

// The records of which trees have one a path or a range, written and read without a protobuf
// message in between: a listing does nothing more often. What these write is what protobuf would
// write.

Bytes encode_plain(const Entry& entry);

/// Both read what we and lakeFS write: each field once, in order of its number. Nothing for all
/// else, damaged bytes and fields of later versions among it: then protobuf decides what it means.
std::optional<Entry> read_plain_entry(ByteView bytes);
/// Without the id, which is not in the data part.
std::optional<RangeInfo> read_plain_range(ByteView bytes);

}  // namespace tarn::graveler
