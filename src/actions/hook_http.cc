#include "actions/hook_http.h"

#include "actions/errors.h"
#include "base/encoding.h"
#include "runtime/byte_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace tarn::actions {
namespace {

constexpr int kRedirectsMax = 10;

/// Where a Location field points, seen from `from`.
std::optional<Url> resolve_location(const Url& from, std::string_view location) {
  if (location.starts_with("//")) {
    return split_url(from.base.substr(0, from.base.find(':') + 1).append(location));
  }
  if (location.starts_with('/')) {
    return Url{from.base, std::string(location.substr(0, location.find('#')))};
  }
  return split_url(location);
}

/// One part of a query in the encoding of forms.
std::string form_encode(std::string_view text) {
  std::string out = percent_encode(text, " ");
  std::ranges::replace(out, ' ', '+');
  return out;
}

http::Request make_request(const OutgoingRequest& request, const Url& to, bool as_get) {
  constexpr std::string_view kType = "Content-Type";
  http::Request out;
  out.method = as_get && request.method != "HEAD" ? "GET" : request.method;
  out.target = to.target;
  // To another host goes nothing that was meant for the first one.
  if (to.base == request.url.base) {
    out.headers = request.headers;
    if (!request.url.user_info.empty() && !out.headers.contains("Authorization")) {
      out.headers.set("Authorization", "Basic " + base64_encode(request.url.user_info));
    }
  } else if (request.headers.contains(kType)) {
    out.headers.set(kType, std::string(request.headers.get(kType)));
  }
  if (request.body && !as_get) {
    out.body = memory_source(*request.body);
    out.content_length = request.body->size();
  } else {
    out.headers.erase(kType);
  }
  return out;
}

}  // namespace

void Url::add_query(std::string_view name, std::string_view value) {
  target.push_back(target.find('?') == std::string::npos ? '?' : '&');
  target.append(form_encode(name)).append("=").append(form_encode(value));
}

std::optional<Url> split_url(std::string_view text) {
  text = text.substr(0, text.find('#'));
  const std::size_t scheme = text.find("://");
  if (scheme == std::string_view::npos ||
      (text.substr(0, scheme) != "http" && text.substr(0, scheme) != "https")) {
    return std::nullopt;
  }
  const std::size_t end = std::min(text.find_first_of("/?", scheme + 3), text.size());
  const std::size_t at = text.substr(0, end).rfind('@');
  Url url{std::string(text.substr(0, end)), std::string(text.substr(end))};
  if (at != std::string_view::npos) {
    Result<std::string> user = percent_decode(text.substr(scheme + 3, at - scheme - 3));
    if (!user) {
      return std::nullopt;
    }
    url.user_info = *std::move(user);
    url.base = std::string(text.substr(0, scheme + 3)).append(text.substr(at + 1, end - at - 1));
  }
  if (!url.target.starts_with('/')) {
    url.target.insert(0, 1, '/');
  }
  return url;
}

bool is_header_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}
bool is_header_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

Task<Result<http::ClientResponse>> send_following(Context ctx, http::Client& client,
                                                  OutgoingRequest request) {
  Url to = request.url;
  bool as_get = false;
  for (int hops = 0; hops <= kRedirectsMax; ++hops) {
    http::Request sent = make_request(request, to, as_get);
    TARN_CO_TRY(http::ClientResponse answer, co_await client.send(ctx, to.base, std::move(sent)));
    const bool loses_body = answer.status == 301 || answer.status == 302 || answer.status == 303;
    if (!loses_body && answer.status != 307 && answer.status != 308) {
      co_return answer;
    }
    std::optional<Url> next = resolve_location(to, answer.headers.get("Location"));
    if (!next) {
      co_return answer;
    }
    to = *std::move(next);
    as_get = as_get || loses_body;
  }
  co_return Error::with_message(kHookFailed,
                                fmt::format("stopped after {} redirects", kRedirectsMax));
}

Task<Result<Bytes>> read_start(Context ctx, ByteSource& source, std::size_t bytes_max) {
  Bytes all;
  while (all.size() < bytes_max) {
    TARN_CO_TRY(const Bytes chunk,
                co_await source.read(ctx, std::min(kStreamChunkBytes, bytes_max - all.size())));
    if (chunk.empty()) {
      break;
    }
    all.append(chunk);
  }
  co_return all;
}

std::string transport_error(std::string_view method, const Url& url, const Error& error) {
  std::string verb(method);
  for (std::size_t i = 1; i < verb.size(); ++i) {
    verb[i] = static_cast<char>(std::tolower(static_cast<unsigned char>(verb[i])));
  }
  const std::string what =
      error.kind() == ErrorKind::kTimeout
          ? "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
          : error.message();
  return fmt::format("{} \"{}\": {}", verb, url.text(), what);
}

void log_answer(std::string& log, const http::ClientResponse& answer, std::string_view body) {
  log.append(fmt::format("\nResponse:\nHTTP/1.1 {} {}\r\n", answer.status,
                         http::reason_phrase(answer.status)));
  for (const http::Headers::Field& field : answer.headers) {
    log.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  log.append("\r\n").append(body);
  if (!log.ends_with('\n')) {
    log.push_back('\n');
  }
}

}  // namespace tarn::actions
