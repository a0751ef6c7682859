#pragma once

#include "actions/lua/modules/session.h"
#include "aws/glue_client.h"
#include "aws/s3_client.h"
#include "tables/object_reader.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tarn::actions::lua {

// The library modules that need a server; what their functions do is in docs/lua.md. Functions that
// the exporters recognise (Call::native) are types of their own.

/// `lakefs.list_objects`.
struct ListObjects {
  SessionPtr session;
  int operator()(Call& call) const;
};

/// A script's S3 client. Clients are small, but a script can make many.
struct S3Handle {
  SessionPtr session;
  std::shared_ptr<aws::S3Client> client;
};
/// `put_object` of a client.
struct S3PutObject {
  S3Handle handle;
  int operator()(Call& call) const;
};

/// A script's Glue client.
struct GlueHandle {
  SessionPtr session;
  std::shared_ptr<aws::GlueClient> client;
  Result<Json> invoke(Call& call, std::string operation, Json input) const;
};
/// `create_table` of a client.
struct GlueCreateTable {
  GlueHandle handle;
  int operator()(Call& call) const;
};

/// Where exporters write with a script's S3 client.
class S3ManifestWriter final : public tables::ManifestWriter {
 public:
  explicit S3ManifestWriter(std::shared_ptr<aws::S3Client> client) : client_(std::move(client)) {}
  Task<Result<void>> put(Context ctx, std::string bucket, std::string key, Bytes content) override;

 private:
  std::shared_ptr<aws::S3Client> client_;
};

/// Writes a whole object, with the words of AWS's SDKs before an error.
Task<Result<void>> put_s3_object(Context ctx, std::shared_ptr<aws::S3Client> client,
                                 std::string bucket, std::string key, Bytes data);

Module lakefs_module(const SessionPtr& session);  // lakefs
Module aws_module(const SessionPtr& session);     // aws
Module export_module(const SessionPtr& session);  // lakefs/catalogexport/core
/// Those of its functions that have to do with Glue, and with Iceberg tables.
std::vector<NamedFunction> export_glue_functions();
std::vector<NamedFunction> export_iceberg_functions();

/// `aws.s3_client` and `aws.glue_client`; each pushes a table of functions.
int make_s3_client(Call& call, const SessionPtr& session);
int make_glue_client(Call& call, const SessionPtr& session);
/// What `get_object` of a client answers: `body, true`, or `"", false` where the error is that
/// there is no such object. Raises other errors.
int push_object(Call& call, Result<Bytes> body, bool (*is_missing)(const Error&));
/// What a client of either kind keeps outside Lua.
inline constexpr std::size_t kClientBytes = 16 * kKiB;
/// Pushes the table of a client's functions, the first of which accounts for kClientBytes.
void push_client(Call& call, std::vector<NamedFunction> functions);

/// The Lua sources of lakefs/catalogexport: name and text.
const std::vector<std::pair<std::string_view, std::string_view>>& export_sources();

/// An API target: segments and parameters encoded.
class ApiTarget {
 public:
  ApiTarget() = default;
  ApiTarget& literal(std::string_view path);
  ApiTarget& segment(std::string_view text);
  ApiTarget& parameter(std::string_view name, std::string_view value);
  std::string str() && { return std::move(text_); }

 private:
  std::string text_ = "/api/v1/repositories";
  bool has_query_ = false;
};

}  // namespace tarn::actions::lua
