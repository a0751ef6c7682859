#include "auth/policy.h"

#include "auth/errors.h"
#include "base/json.h"
#include "base/text.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <algorithm>
#include <array>

namespace tarn::auth {
namespace {

enum class Outcome : std::uint8_t { kNeutral, kAllow, kDeny };

/// Placeholders for a user's own `*` and `?`, which must not become wildcards. No valid UTF-8
/// contains these bytes.
constexpr char kLiteralStar = '\xfe';
constexpr char kLiteralQuestion = '\xff';

char literal(char c) { return c == kLiteralStar ? '*' : c == kLiteralQuestion ? '?' : c; }

std::size_t utf8_size(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
  return std::min(size, text.size());
}

std::string substitute_user(std::string_view pattern, std::string_view user) {
  constexpr std::string_view variable = "${user}";
  std::string out;
  for (std::size_t at = 0; at < pattern.size();) {
    if (pattern.substr(at).starts_with(variable)) {
      for (const char c : user) {
        out.push_back(c == '*' ? kLiteralStar : c == '?' ? kLiteralQuestion : c);
      }
      at += variable.size();
    } else {
      out.push_back(pattern[at++]);
    }
  }
  return out;
}

/// `arn:<partition>:<service>:<region>:<account>:<resource>`
std::optional<std::array<std::string_view, 6>> split_arn(std::string_view arn) {
  std::array<std::string_view, 6> parts;
  for (std::size_t i = 0; i < 5; ++i) {
    const std::size_t colon = arn.find(':');
    if (colon == std::string_view::npos) {
      return std::nullopt;
    }
    parts[i] = arn.substr(0, colon);
    arn.remove_prefix(colon + 1);
  }
  parts[5] = arn;
  if (parts[0] != "arn" || parts[1] != "lakefs" || parts[2].empty() || parts[5].empty()) {
    return std::nullopt;
  }
  return parts;
}

/// Absent: malformed.
std::optional<std::vector<std::string>> parse_resources(const std::string& text) {
  if (text.empty()) {
    return std::nullopt;
  }
  if (!text.starts_with('[') || !text.ends_with(']')) {
    return std::vector<std::string>{text};
  }
  const Result<Json> parsed = parse_json(text);
  if (!parsed || !parsed->is_array()) {
    return std::nullopt;
  }
  std::vector<std::string> out;
  for (const Json& item : *parsed->as_array()) {
    if (!item.is_string()) {
      return std::nullopt;
    }
    out.push_back(*item.as_string());
  }
  return out;
}

/// Absent: one of the texts is no address.
std::optional<bool> in_network(std::string_view address_text, std::string_view network_text) {
  namespace ip = boost::asio::ip;
  boost::system::error_code error;
  const ip::address address = ip::make_address(std::string(trim(address_text, " ")), error);
  if (error) {
    return std::nullopt;
  }
  const std::string network(trim(network_text, " "));
  if (network.find('/') == std::string::npos) {
    const ip::address single = ip::make_address(network, error);
    return error ? std::nullopt : std::optional(single == address);
  }
  if (network.find(':') == std::string::npos) {
    const ip::network_v4 range = ip::make_network_v4(network, error);
    if (error) {
      return std::nullopt;
    }
    return address.is_v4() &&
           ip::network_v4(address.to_v4(), range.prefix_length()).canonical() == range.canonical();
  }
  const ip::network_v6 range = ip::make_network_v6(network, error);
  if (error) {
    return std::nullopt;
  }
  return address.is_v6() &&
         ip::network_v6(address.to_v6(), range.prefix_length()).canonical() == range.canonical();
}

/// Absent: malformed condition.
std::optional<bool> holds(const Condition& condition, const RequestFacts& facts) {
  for (const auto& [name, fields] : condition) {
    const bool by_ip = name == "IpAddress" || name == "NotIpAddress";
    const bool by_text = name == "StringLike" || name == "StringNotLike";
    if (!by_ip && !by_text) {
      return std::nullopt;
    }
    const bool negated = name == "NotIpAddress" || name == "StringNotLike";
    for (const auto& [field, values] : fields) {
      // A fact that is not known makes the operator false, negated or not.
      if (field != "SourceIp" || facts.source_ip.empty()) {
        return false;
      }
      bool any = false;
      for (const std::string& value : values) {
        const std::optional<bool> matched =
            by_ip ? in_network(facts.source_ip, value)
                  : std::optional(matches_wildcard(value, facts.source_ip));
        if (!matched) {
          return std::nullopt;
        }
        any = any || *matched;
      }
      if (any == negated) {
        return false;
      }
    }
  }
  return true;
}

Outcome evaluate_one(const std::vector<Policy>& policies, const Permission& permission,
                     const RequestFacts& facts) {
  Outcome outcome = Outcome::kNeutral;
  for (const Policy& policy : policies) {
    for (const Statement& statement : policy.statements) {
      if (!statement.condition.empty()) {
        const std::optional<bool> applies = holds(statement.condition, facts);
        if (!applies) {
          return Outcome::kDeny;
        }
        if (!*applies) {
          continue;
        }
      }
      const std::optional<std::vector<std::string>> resources = parse_resources(statement.resource);
      if (!resources) {
        return Outcome::kDeny;
      }
      const bool on_resource =
          std::any_of(resources->begin(), resources->end(), [&](const std::string& resource) {
            return matches_resource(resource, permission.resource, facts.user);
          });
      const bool on_action =
          on_resource && std::any_of(statement.actions.begin(), statement.actions.end(),
                                     [&permission](const std::string& action) {
                                       return matches_wildcard(action, permission.action);
                                     });
      if (on_action && !statement.allow) {
        return Outcome::kDeny;
      }
      if (on_action) {
        outcome = Outcome::kAllow;
      }
    }
  }
  return outcome;
}

}  // namespace

bool matches_wildcard(std::string_view pattern, std::string_view text) {
  // Greedy with one point of return: linear in practice, quadratic at worst, never exponential.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      t += utf8_size(text.substr(t));
    } else if (p < pattern.size() && literal(pattern[p]) == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      resume += utf8_size(text.substr(resume));
      t = resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') {
    ++p;
  }
  return p == pattern.size();
}

bool matches_resource(std::string_view pattern, std::string_view requested, std::string_view user) {
  if (pattern == "*") {
    return true;
  }
  const bool has_variable = pattern.find("${user}") != std::string_view::npos;
  const std::string substituted = has_variable ? substitute_user(pattern, user) : std::string();
  const auto mine = split_arn(has_variable ? std::string_view(substituted) : pattern);
  const auto theirs = split_arn(requested);
  return mine && theirs && (*mine)[1] == (*theirs)[1] && (*mine)[2] == (*theirs)[2] &&
         (*mine)[4] == (*theirs)[4] && matches_wildcard((*mine)[5], (*theirs)[5]);
}

Result<void> evaluate(const std::vector<Policy>& policies, const std::vector<Permission>& all_of,
                      const RequestFacts& facts) {
  for (const Permission& permission : all_of) {
    const Outcome outcome = evaluate_one(policies, permission, facts);
    if (outcome != Outcome::kAllow) {
      const char* how = outcome == Outcome::kDeny ? ": denied permission to " : ": not allowed to ";
      return Error(kInsufficientPermissions).append(how).append(permission.action);
    }
  }
  if (all_of.empty()) {
    return Error(kInsufficientPermissions).append(": not allowed");
  }
  return {};
}

bool allows_action_somewhere(const std::vector<Policy>& policies, std::string_view action) {
  for (const Policy& policy : policies) {
    for (const Statement& statement : policy.statements) {
      const bool matched = std::any_of(
          statement.actions.begin(), statement.actions.end(),
          [action](const std::string& pattern) { return matches_wildcard(pattern, action); });
      if (statement.allow && matched) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace tarn::auth
