#pragma once

#include "base/error.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tarn::auth {

/// `*` any run of characters (also `/` and `:`), `?` exactly one UTF-8 character; no escapes, whole
/// text, case-sensitive.
bool matches_wildcard(std::string_view pattern, std::string_view text);

/// True when the ARN pattern of a policy covers the requested ARN (docs/security.md): `*` covers
/// all; else service, partition and account are equal, the region is ignored, and the resource part
/// matches by wildcard. `${user}` in the pattern stands for `user`, whose own `*` and `?` are
/// literal.
bool matches_resource(std::string_view pattern, std::string_view requested, std::string_view user);

using Condition = std::map<std::string, std::map<std::string, std::vector<std::string>>>;

struct Statement {
  bool allow = true;
  std::vector<std::string> actions;
  /// One ARN, `*`, or the text of a JSON array of ARNs.
  std::string resource;
  Condition condition;
};

struct Policy {
  std::string name;
  std::vector<Statement> statements;
};

/// What one request needs: every action on its resource.
struct Permission {
  std::string_view action;
  std::string resource;
};

/// What the evaluation may know of the request.
struct RequestFacts {
  std::string user;
  /// For IpAddress conditions; empty = unknown.
  std::string source_ip;
};

/// Deny wins, then allow, else refused. A malformed statement or condition refuses everything to
/// its holder (fails closed). Errors kInsufficientPermissions, with what was refused after it.
Result<void> evaluate(const std::vector<Policy>& policies, const std::vector<Permission>& all_of,
                      const RequestFacts& facts);

/// List filtering: whether any statement allows `action` on some resource at all.
bool allows_action_somewhere(const std::vector<Policy>& policies, std::string_view action);

}  // namespace tarn::auth
