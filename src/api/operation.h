#pragma once

#include "api/operation_id.h"  // generated
#include "base/error.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tarn::api {

enum class Method : std::uint8_t { kGet, kHead, kPut, kPost, kDelete, kPatch };
std::string_view to_string(Method method);

enum class Security : std::uint8_t {
  /// Credentials are not even looked at.
  kOpen,
  /// A caller without credentials is answered, too; wrong ones are refused.
  kAnonymous,
  /// The caller must be authenticated; on what it may act is the handler's question.
  kAuthenticated,
};

enum class BodyKind : std::uint8_t {
  kNone,
  /// Bound to the `body` member of the request struct by bind_body().
  kJson,
  /// Left to the handler as a stream (multipart/form-data or raw bytes); never read or checked
  /// here.
  kStream,
};

enum class ResponseKind : std::uint8_t { kNone, kJson, kText, kStream };

/// Response of an operation that answers with a status only.
struct NoContent {};
/// Response of an operation whose handler writes bytes and headers itself.
struct StreamContent {};

/// One operation of the interface description.
struct Operation {
  OperationId id;
  /// operationId as written there: the label of metrics and statistics.
  std::string_view name;
  /// The handler's name, e.g. `create_branch`.
  std::string_view handler;
  std::string_view tag;
  Method method;
  /// Template without kBasePath, e.g. `/repositories/{repository}/branches`.
  std::string_view path;
  std::span<const std::string_view> path_params;
  Security security;
  /// What the caller must be allowed, e.g. `fs:CreateBranch`. Each handler says on which resource,
  /// and some ask for more by their parameters; empty when it is enough to be a user.
  std::span<const std::string_view> actions;
  /// The name under which usage statistics count it; empty if they do not.
  std::string_view event;
  BodyKind body;
  bool body_required;
  /// A longer body is refused before it is parsed; for streams 0, which means no limit here.
  std::size_t body_size_bytes_max;
  /// Media types that the body may have.
  std::span<const std::string_view> body_content_types;
  ResponseKind response;
  /// Status and media type of success.
  unsigned status;
  std::string_view content_type;
  bool deprecated;
};

/// All operations, indexed by OperationId.
std::span<const Operation> operations();
const Operation& operation(OperationId id);
/// The interface description as JSON.
std::string_view openapi_json();

/// Decoded path parameters in the order of the template.
using PathValues = std::vector<std::string>;

struct Match {
  const Operation* operation = nullptr;
  PathValues path;
  /// A path that reaches the operation, yet cannot be bound: kBadRequest for an empty segment,
  /// kBadArgument for an undecodable one. Otherwise empty.
  std::optional<Error> error;
};

/// Finds the operation of `method` (an upper-case token) and `raw_path`, the path as on the wire
/// from after kBasePath and without query. Each parameter segment is percent-decoded once. Nothing
/// when no operation has that method and path; there is no separate answer for a wrong method.
std::optional<Match> match(std::string_view method, std::string_view raw_path);

/// Decoded `name=value` pairs of the query in order of arrival.
using QueryPairs = std::vector<std::pair<std::string, std::string>>;

/// What a header lookup finds: the first field of that name and how many there are.
struct HeaderValue {
  std::string_view value;
  std::size_t count = 0;
};

/// A non-owning reference to any `HeaderValue(std::string_view name)`; the callable must outlive
/// it.
class HeaderLookup {
 public:
  template <class F>
  explicit HeaderLookup(const F& find)
      : object_(&find), call_([](const void* object, std::string_view name) -> HeaderValue {
          return (*static_cast<const F*>(object))(name);
        }) {}
  HeaderValue operator()(std::string_view name) const { return call_(object_, name); }

 private:
  const void* object_;
  HeaderValue (*call_)(const void*, std::string_view);
};

/// Where the parameters of one request come from; views, used during bind() only.
struct ParameterInput {
  const PathValues& path;
  const QueryPairs& query;
  HeaderLookup headers;
};

/// The body of one request; views, used during bind_body() only.
struct BodyInput {
  /// Value of the Content-Type header, empty if there is none.
  std::string_view content_type;
  std::string_view bytes;
};

/// A request ready to be sent by a client.
struct ClientCall {
  const Operation* operation = nullptr;
  /// kBasePath, path and query, encoded.
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  /// JSON, with `content_type` set; empty otherwise. Stream bodies are the caller's to add.
  std::string body;
  std::string_view content_type;
};

}  // namespace tarn::api
