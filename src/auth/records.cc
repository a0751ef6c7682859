#include "auth/records.h"

#include "auth/records.pb.h"
#include "kv/row_codec.h"

namespace tarn::auth {

Bytes encode(const User& user, std::string_view source) {
  pb::UserData data;
  kv::set_time(*data.mutable_created_at(), user.created_at);
  data.set_username(user.name);
  data.set_friendly_name(user.friendly_name);
  data.set_email(user.email);
  data.set_source(std::string(source));
  return data.SerializeAsString();
}

Bytes encode(const CredentialsRow& row) {
  pb::CredentialData data;
  data.set_access_key_id(row.access_key_id);
  data.set_secret_access_key_encrypted_bytes(row.sealed_secret);
  kv::set_time(*data.mutable_issued_date(), row.issued_at);
  data.set_user_id(row.user);
  return data.SerializeAsString();
}

Bytes encode(const Policy& policy, WallTime created_at) {
  pb::PolicyData data;
  kv::set_time(*data.mutable_created_at(), created_at);
  data.set_display_name(policy.name);
  for (const Statement& statement : policy.statements) {
    pb::StatementData& out = *data.add_statements();
    out.set_effect(statement.allow ? "allow" : "deny");
    for (const std::string& action : statement.actions) {
      out.add_action(action);
    }
    out.set_resource(statement.resource);
    for (const auto& [name, fields] : statement.condition) {
      pb::ConditionOperator& condition = (*out.mutable_condition())[name];
      for (const auto& [field, values] : fields) {
        pb::StringList& list = (*condition.mutable_fields())[field];
        list.mutable_values()->Assign(values.begin(), values.end());
      }
    }
  }
  return data.SerializeAsString();
}

Bytes encode_group(std::string_view name, WallTime created_at) {
  pb::GroupData data;
  kv::set_time(*data.mutable_created_at(), created_at);
  data.set_display_name(std::string(name));
  return data.SerializeAsString();
}

Bytes encode_link(std::string_view primary_key) {
  pb::SecondaryIndex data;
  data.set_primary_key(std::string(primary_key));
  return data.SerializeAsString();
}

Result<User> decode_user(ByteView bytes) {
  TARN_TRY(const pb::UserData data, kv::parse_row<pb::UserData>(bytes, "user record"));
  User user;
  user.name = data.username();
  user.friendly_name = data.friendly_name();
  user.email = data.email();
  user.created_at = kv::get_time(data.created_at());
  return user;
}

Result<CredentialsRow> decode_credentials(ByteView bytes) {
  TARN_TRY(const pb::CredentialData data,
           kv::parse_row<pb::CredentialData>(bytes, "credentials record"));
  CredentialsRow row;
  row.access_key_id = data.access_key_id();
  row.sealed_secret = data.secret_access_key_encrypted_bytes();
  row.issued_at = kv::get_time(data.issued_date());
  row.user = data.user_id();
  return row;
}

Result<Policy> decode_policy(ByteView bytes) {
  TARN_TRY(const pb::PolicyData data, kv::parse_row<pb::PolicyData>(bytes, "policy record"));
  Policy policy;
  policy.name = data.display_name();
  for (const pb::StatementData& in : data.statements()) {
    Statement statement;
    // Anything but `allow` must not widen rights.
    statement.allow = in.effect() == "allow";
    statement.actions.assign(in.action().begin(), in.action().end());
    statement.resource = in.resource();
    for (const auto& [name, fields] : in.condition()) {
      auto& condition = statement.condition[name];
      for (const auto& [field, list] : fields.fields()) {
        condition[field].assign(list.values().begin(), list.values().end());
      }
    }
    policy.statements.push_back(std::move(statement));
  }
  return policy;
}

Result<std::string> decode_link(ByteView bytes) {
  TARN_TRY(const pb::SecondaryIndex data, kv::parse_row<pb::SecondaryIndex>(bytes, "index record"));
  return data.primary_key();
}

}  // namespace tarn::auth
