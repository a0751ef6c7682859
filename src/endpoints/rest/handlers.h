#pragma once

#include "api/requests.h"
#include "endpoints/rest/call.h"
#include "http/message.h"
#include "runtime/context.h"
#include "runtime/task.h"

/// A handler for every operation of the interface, named as the operation. Each is thin: authorise,
/// call, encode. Those that do not exist yet stand in handlers/pending.cc. Handlers of streams
/// answer with a whole http::Response.
namespace tarn::endpoints::rest {

template <class Op>
struct HandlerResult {
  using Type = std::conditional_t<Op::response == api::ResponseKind::kStream, http::Response,
                                  typename Op::Response>;
};

namespace handlers {
#define TARN_OPERATION(handler, Name, tag, BODY, RESPONSE)                          \
  Task<Result<HandlerResult<api::ops::Name>::Type>> handler(Context ctx, Call call, \
                                                            api::ops::Name::Request request);
#include "api/operations.inc"
#undef TARN_OPERATION
}  // namespace handlers

}  // namespace tarn::endpoints::rest
