#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/secret.h"

#include <string>
#include <string_view>

namespace tarn::block {

inline constexpr ErrorId kLinkNotSigned{ErrorKind::kInvalid,
                                        "address is not signed: link address invalid"};
inline constexpr ErrorId kLinkInvalid{ErrorKind::kInvalid,
                                      "malformed address signature: link address invalid"};
inline constexpr ErrorId kLinkSignatureWrong{ErrorKind::kInvalid,
                                             "invalid address signature: invalid address"};
inline constexpr ErrorId kLinkExpired{ErrorKind::kInvalid, "link address expired"};

/// For whom an address is handed out.
struct LinkTarget {
  std::string_view repository;
  std::string_view branch;
  std::string_view path;
};

/// `<relative>,<signature>`: HMAC-SHA256 over a JSON of target and address, base64url without
/// padding. `relative` is `data/<partition>/<xid>…`; an extension stays at the end, where engines
/// look for it: `data/<partition>/<xid>,<signature>.csv.gz`.
std::string sign_link(const Secret& key, const LinkTarget& target, std::string_view relative);

/// Checks an address that sign_link made for the same target, at most a day ago by the xid's time.
/// `signed_relative` keeps its signature. Errors: kLinkNotSigned, kLinkInvalid,
/// kLinkSignatureWrong, kLinkExpired.
Result<void> verify_link(const Secret& key, const LinkTarget& target,
                         std::string_view signed_relative, WallTime now);

}  // namespace tarn::block
