#pragma once

#include "base/bytes.h"
#include "http/client.h"
#include "http/message.h"
#include "runtime/context.h"
#include "runtime/task.h"

#include <optional>
#include <string>
#include <string_view>

namespace tarn::actions {

// What the kinds of hook and the module `net/http` share when they ask another server.

/// `http(s)://host[:port]` and what follows.
struct Url {
  std::string base;
  /// Path and query; starts with `/`.
  std::string target;
  /// `name:password` from before the host, decoded; mostly empty.
  std::string user_info = {};

  /// Without the user.
  std::string text() const { return base + target; }
  /// Adds `name=value` to the query, in the encoding of forms.
  void add_query(std::string_view name, std::string_view value);
};

/// Drops the fragment; nothing for what is no http or https URL.
std::optional<Url> split_url(std::string_view text);

/// What a header may hold; anything else could start a header of its own.
bool is_header_value(std::string_view text);
bool is_header_name(std::string_view text);

struct OutgoingRequest {
  Url url;
  std::string method = "GET";
  /// Not sent to another host that the first one redirects to, and neither is the URL's user, who
  /// goes into `Authorization` where there is none.
  http::Headers headers;
  std::optional<Bytes> body;
};

/// Sends the request and follows redirects as browsers and Go do: 301, 302 and 303 become a GET.
/// Errors: those of the client; kHookFailed after too many redirects.
Task<Result<http::ClientResponse>> send_following(Context ctx, http::Client& client,
                                                  OutgoingRequest request);

/// The body up to `bytes_max`; the rest is left to the connection's end.
Task<Result<Bytes>> read_start(Context ctx, ByteSource& source, std::size_t bytes_max);

/// The error of a request in the words of Go's client.
std::string transport_error(std::string_view method, const Url& url, const Error& error);

/// Status line, headers and body, for a log.
void log_answer(std::string& log, const http::ClientResponse& answer, std::string_view body);

}  // namespace tarn::actions
