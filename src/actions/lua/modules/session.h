#pragma once

#include "actions/lua/call.h"
#include "actions/lua/server_modules.h"
#include "aws/credentials.h"
#include "base/log.h"
#include "runtime/cancel.h"
#include "runtime/task_group.h"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tarn::actions::lua {

/// What the server modules of one State share: the host's session, and the operations that their
/// functions have under way. Used on the script's thread; destroyed with the State, and then waits
/// for operations that a limit made the script abandon (they are cancelled by then).
class Session {
 public:
  explicit Session(HookSession host) : host_(std::move(host)) {}
  ~Session() {
    operations_.close();
    operations_.join_blocking();
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Runs what `start` gives on the session's loop and blocks the script until it is done; a limit
  /// or a cancellation of the script cancels it. `start` lives as long as the operation, so what it
  /// captures by value does, too.
  template <class T>
  Result<T> await(Call& call, std::function<Task<Result<T>>(Context)> start) {
    CancelSource cancel;
    const CancelToken::Registration forward = host_.ctx.cancel().on_cancel(
        [cancel]() mutable { cancel.cancel(CancelReason::kRequested); });
    Context ctx = host_.ctx.with_cancel(cancel.token());
    if (const std::optional<SteadyTime> deadline = call.engine().limits().deadline) {
      ctx = ctx.with_deadline(*deadline);
    }
    return call.block_on<Result<T>>(
        [&](const Pending<Result<T>>& done) {
          (void)operations_.spawn(host_.executor, run<T>(std::move(start), std::move(ctx), done));
        },
        [&cancel] { cancel.cancel(CancelReason::kRequested); });
  }

  /// A request to the REST API with the rights of the hook's user. Raises what is no answer.
  ApiResponse request(Call& call, std::string method, std::string target, Bytes body = {});
  /// Bytes that the script has room for, at most those of an API answer.
  static std::size_t room(Call& call);

  /// Folders of the manifests that exporters wrote in this script, by where they wrote them.
  std::map<std::string, std::vector<std::string>>& exported_folders() { return exported_folders_; }

  const HookSession& host() const { return host_; }
  /// The keys in arguments 1 and 2 of `call`, or the server's own when both are absent; with a
  /// `role_arn` in the table of argument 5, those of the role.
  std::shared_ptr<aws::CredentialsProvider> credentials(Call& call);

 private:
  std::shared_ptr<aws::CredentialsProvider> keys(Call& call);
  template <class T>
  static Task<void> run(std::function<Task<Result<T>>(Context)> start, Context ctx,
                        Pending<Result<T>> done) {
    try {
      Result<T> outcome = co_await start(std::move(ctx));
      done(std::move(outcome));
      co_return;
    } catch (const std::exception& error) {
      log::error("an operation of a Lua hook threw", {{"what", error.what()}});
    }
    done(Error(kInternal));
  }

  const HookSession host_;
  std::shared_ptr<aws::CredentialsProvider> own_credentials_;
  std::map<std::string, std::vector<std::string>> exported_folders_;
  TaskGroup operations_;
};
using SessionPtr = std::shared_ptr<Session>;

}  // namespace tarn::actions::lua
