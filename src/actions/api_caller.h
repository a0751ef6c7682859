#pragma once

#include "base/bytes.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <cstddef>
#include <string>

namespace tarn::actions {

/// One request to the REST API from inside the server, on behalf of a user.
struct ApiRequest {
  /// Upper-case token.
  std::string method;
  /// Path from `/api/v1` on and query, encoded.
  std::string target;
  /// JSON; empty = none.
  Bytes body;
  /// Name of the user whose rights apply; status 401 when there is no such user any more.
  std::string user;
  /// Field `Range`, `bytes=0-99`; empty = none.
  std::string range = {};
  /// A longer answer ends the call with kInvalid.
  std::size_t response_bytes_max = 64 * kMiB;
};

struct ApiResponse {
  unsigned status = 0;
  std::string content_type;
  Bytes body;
};

/// The REST API without a network, with authentication replaced by a name and everything else,
/// authorisation above all, as for anyone. Implemented by `endpoints/rest`. Thread-safe; to be
/// awaited on a loop.
class ApiCaller {
 public:
  virtual ~ApiCaller() = default;
  /// A status is never an error. The request id of `ctx` is the answer's X-Request-Id. Errors:
  /// kCancelled, kTimeout, kInvalid (answer too large), and those of a stream that breaks.
  virtual Task<Result<ApiResponse>> call(Context ctx, ApiRequest request) = 0;
};

}  // namespace tarn::actions
