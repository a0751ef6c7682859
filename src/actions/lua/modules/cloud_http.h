#pragma once

#include "base/bytes.h"
#include "base/rng.h"
#include "http/client.h"
#include "runtime/retry.h"
#include "runtime/task.h"

#include <string>
#include <string_view>

namespace tarn::actions::lua {

struct CloudRequest {
  std::string method;
  /// Below the path of the service's URL; starts with `/`.
  std::string target;
  http::Headers headers;
  Bytes body;
  /// Doing it twice is doing it once: it is repeated, too, when its answer was lost.
  bool repeatable = true;
};

struct CloudAnswer {
  unsigned status = 0;
  http::Headers headers;
  Bytes body;
};

/// Requests to one service, repeated while the service is busy. Thread-safe.
class CloudHttp {
 public:
  /// `url` is `http(s)://host[:port][/path]`; `client` and `rng` outlive it.
  CloudHttp(http::Client& client, Rng& rng, std::string_view url, RetryPolicy retry = kRetry);

  /// The answer whatever its status, the last one when all tries were in vain. Errors: those of the
  /// HTTP client; kInvalid for an answer beyond `answer_bytes_max`.
  Task<Result<CloudAnswer>> send(Context ctx, CloudRequest request, std::size_t answer_bytes_max);

  /// Of the URL, without a slash at its end; mostly empty.
  const std::string& path() const { return path_; }

  static constexpr RetryPolicy kRetry{.tries_max = 6,
                                      .first_delay = std::chrono::milliseconds(300),
                                      .delay_max = std::chrono::seconds(10)};

 private:
  Task<Result<CloudAnswer>> attempt(Context ctx, CloudRequest request,
                                    std::size_t answer_bytes_max);

  http::Client& client_;
  Rng& rng_;
  std::string base_url_;
  std::string path_;
  RetryPolicy retry_;
};

/// The start of a body, for messages.
std::string excerpt(std::string_view body);

}  // namespace tarn::actions::lua
