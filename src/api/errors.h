#pragma once

#include "base/error.h"

namespace tarn::api {

/// The request contradicts the interface description: 400 with a JSON body, before authentication.
inline constexpr ErrorId kBadRequest{ErrorKind::kInvalid, "invalid request"};
/// A parameter cannot be bound to its one value (repeated, empty number, undecodable path segment):
/// 400 with the message as text/plain, after authentication.
inline constexpr ErrorId kBadArgument{ErrorKind::kInvalid, "invalid argument"};
/// A server's answer is not what the interface description says.
inline constexpr ErrorId kBadResponse{ErrorKind::kInternal, "unexpected response"};

}  // namespace tarn::api
