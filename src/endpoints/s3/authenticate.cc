#include "endpoints/s3/authenticate.h"

#include "auth/errors.h"
#include "auth/request_login.h"
#include "endpoints/s3/errors.h"

namespace tarn::endpoints::s3 {

namespace action = auth::action;
namespace arn = auth::arn;

Task<Result<void>> authenticate(Context ctx, Call call) {
  Call::State& state = call.state();
  Result<auth::UserPtr> login =
      co_await auth::authenticate_header(ctx, call.auth(), call.request().headers);
  if (!login) {
    co_return login.error().is(auth::kUnauthenticated) ? Error(kLoginFailed)
                                                       : std::move(login).error();
  }
  if (*login) {
    state.user = (*login)->name;
    co_return Result<void>();
  }
  TARN_CO_TRY(const aws::Authorization authorization, aws::parse_authorization(call.request()));
  TARN_CO_TRY(const auth::CredentialsPtr credentials,
              co_await call.auth().credentials(ctx, authorization.access_key_id));
  const std::string_view host_bucket =
      state.address.virtual_host ? std::string_view(state.address.repository) : std::string_view();
  TARN_CO_TRY(state.signature,
              aws::verify(authorization, call.request(), credentials->secret_access_key,
                          state.services.clock.now(), host_bucket));
  TARN_CO_TRY(const auth::UserPtr user, co_await call.auth().user(ctx, credentials->user));
  state.user = user->name;
  co_return Result<void>();
}

Task<Result<void>> authorise(Context ctx, Call call) {
  const Address& address = call.address();
  std::vector<auth::Permission> needed;
  const auto need_object = [&needed, &address](std::string_view what) {
    needed.push_back({what, arn::object(address.repository, address.path)});
  };
  const auto need_repository = [&needed, &address](std::string_view what) {
    needed.push_back({what, arn::repository(address.repository)});
  };
  switch (call.state().operation) {
    case Operation::kListObjects: {
      const std::string prefix = call.parameter("prefix");
      const bool branches =
          call.parameter("delimiter") == "/" && prefix.find('/') == std::string::npos;
      need_repository(branches ? action::kListBranches : action::kListObjects);
      break;
    }
    case Operation::kHeadBucket:
      need_repository(action::kReadRepository);
      break;
    case Operation::kPutBucket:
      need_repository(action::kCreateRepository);
      break;
    case Operation::kGetObject:
    case Operation::kHeadObject:
      need_object(action::kReadObject);
      break;
    case Operation::kPutObject: {
      need_object(action::kWriteObject);
      const std::string_view source = call.header("x-amz-copy-source");
      if (!source.empty()) {
        TARN_CO_TRY(call.state().copy_source, parse_copy_source(source));
        needed.push_back({action::kReadObject, arn::object(call.state().copy_source->repository,
                                                           call.state().copy_source->path)});
      }
      break;
    }
    case Operation::kPostObject:
      need_object(action::kWriteObject);
      break;
    case Operation::kDeleteObject:
      need_object(action::kDeleteObject);
      break;
    case Operation::kListBuckets:    // filters what it lists
    case Operation::kDeleteObjects:  // asks for each key
    case Operation::kDeleteBucket:
    case Operation::kNotFound:
      co_return Result<void>();
  }
  co_return co_await call.require(std::move(ctx), std::move(needed));
}

}  // namespace tarn::endpoints::s3
