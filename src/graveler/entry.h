#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "block/namespace.h"

#include <cstdint>
#include <map>
#include <string>

namespace tarn::graveler {

using Metadata = std::map<std::string, std::string>;

/// What a path stands for: where its bytes lie and what they are.
struct Entry {
  std::string address;
  block::AddressType address_type = block::AddressType::kRelative;
  std::int64_t size_bytes = 0;
  std::string etag;
  WallTime last_modified;
  Metadata metadata;
  std::string content_type;
};

/// An entry as trees and staging areas hold it. Two values are equal if their identities are.
struct Value {
  /// 32 raw bytes over size, ETag, metadata and content type; neither path, address nor time take
  /// part.
  Bytes identity;
  /// The serialized entry.
  Bytes data;
};

Bytes identity_of(const Entry& entry);
Value to_value(const Entry& entry);
/// Errors kCorruption.
Result<Entry> decode_entry(ByteView data);

}  // namespace tarn::graveler
