#pragma once

#include "auth/policy.h"
#include "auth/service.h"
#include "base/bytes.h"

#include <string>

namespace tarn::auth {

/// Codecs of the KV rows (records.proto). Decoding errors: kCorruption.
struct CredentialsRow {
  std::string access_key_id;
  Bytes sealed_secret;
  WallTime issued_at;
  std::string user;
};

Bytes encode(const User& user, std::string_view source);
Bytes encode(const CredentialsRow& row);
Bytes encode(const Policy& policy, WallTime created_at);
Bytes encode_group(std::string_view name, WallTime created_at);
/// A row that stands for another row of the same partition.
Bytes encode_link(std::string_view primary_key);
Result<User> decode_user(ByteView bytes);
Result<CredentialsRow> decode_credentials(ByteView bytes);
Result<Policy> decode_policy(ByteView bytes);
Result<std::string> decode_link(ByteView bytes);

}  // namespace tarn::auth
