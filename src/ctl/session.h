#pragma once

#include "api/codec.h"
#include "api/models.h"
#include "api/operation.h"
#include "api/requests.h"
#include "base/clock.h"
#include "base/rng.h"
#include "ctl/config.h"
#include "ctl/endpoint.h"
#include "ctl/errors.h"
#include "http/client.h"
#include "runtime/byte_source.h"
#include "runtime/loops.h"
#include "runtime/retry.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace tarn::ctl {

/// An answer with its body; of streamed successes the body stays empty.
struct Answer {
  unsigned status = 0;
  /// `404 Not Found`, as received.
  std::string status_line;
  http::Headers headers;
  std::string body;
};

/// Opens the body of a request, once for each try; null when it cannot be read again, which ends
/// the tries.
using BodyOpener = std::function<std::unique_ptr<ByteSource>()>;
/// Takes a piece of a streamed answer, on a loop of the session. An error ends the call.
using Sink = std::function<Result<void>(ByteView)>;

/// A request in full.
struct Call {
  std::string method;
  Url url;
  http::Headers headers;
  /// Absent = no body.
  BodyOpener body;
  /// Absent = the answer's body is read into memory. Gets the bodies of successes only.
  Sink sink;
  /// Sends the credentials, as long as redirects stay on the host.
  bool authorized = true;
  bool retries = true;
};

/// Speaks to the server: credentials, retries, redirects. Calls block the calling thread.
/// Thread-safe.
class Session {
 public:
  Session(const Config& config, const Clock& clock);
  ~Session();

  /// One operation. Errors: kApi… for what the server refuses, kTransport, kNotJson, and kFailed
  /// for an unexpected success.
  template <class Op>
  Result<typename Op::Response> call(const typename Op::Request& request) {
    TARN_TRY(const Answer answer, exchange(prepare(api::encode_call(request))));
    return read_answer<Op>(answer);
  }
  /// The operation whose body is a stream, or whose answer is.
  Call prepare(const api::ClientCall& call) const;

  /// Follows redirects and tries again as configured; every status is an answer.
  /// Errors: kTransport, kCutShort (with a sink), kFailed with the words of the sink or the body.
  Result<Answer> exchange(const Call& call);

  void wait(std::chrono::nanoseconds duration);
  /// Waits as the policy says after that many tries.
  void pause(std::size_t tries, const RetryPolicy& policy);

  /// What `Op` answers, or why not.
  template <class Op>
  static Result<typename Op::Response> read_answer(const Answer& answer) {
    TARN_CHECK_OK(check_status(answer, Op::status));
    using Response = typename Op::Response;
    if constexpr (Op::response == api::ResponseKind::kJson) {
      Result<Response> value = api::decode_response<Response>(answer.body);
      if (!value) {
        return Error(kNotJson);
      }
      return value;
    } else if constexpr (std::is_same_v<Response, std::string>) {
      return answer.body;
    } else {
      return Response{};
    }
  }
  /// Errors: kApi…, or kFailed when it is another success than `expected`.
  static Result<void> check_status(const Answer& answer, unsigned expected);
  /// `message` of a JSON body; empty if it is none.
  static std::string server_message(const Answer& answer);

  const Url& endpoint() const { return endpoint_; }
  const Clock& clock() const { return clock_; }

 private:
  Task<void> attempt(const Call* call, std::optional<Result<Answer>>* out);
  Task<Result<Answer>> follow(const Call* call);
  Task<Result<Answer>> read(http::ClientResponse response, const Call* call);
  http::Request request_for(const Call& call, const Url& url, bool same_host) const;

  const Config config_;
  const Clock& clock_;
  const Url endpoint_;
  const std::string authorization_;
  std::unique_ptr<http::Client> client_;
  Loops loops_;
};

}  // namespace tarn::ctl
