#include "endpoints/s3/response.h"

#include "base/encoding.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "endpoints/s3/error_table.h"

#include <fmt/format.h>

namespace tarn::endpoints::s3 {
namespace {

constexpr std::string_view kXmlTypes[] = {"application/xml", "text/xml"};
/// What lakeFS's HTTP layer guesses.
constexpr std::string_view kGuessedType = "text/xml; charset=utf-8";

/// Whether any Accept field lists exactly this type.
bool accepts(const http::Headers& headers, std::string_view type) {
  for (const http::Headers::Field& field : headers) {
    if (!http::equals_ignore_case(field.name, "Accept")) {
      continue;
    }
    std::string_view rest = field.value;
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      if (trim(rest.substr(0, comma), " ") == type) {
        return true;
      }
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
  }
  return false;
}

bool is_empty(const http::Response& response) {
  const auto* bytes = std::get_if<Bytes>(&response.body);
  return bytes != nullptr && bytes->empty();
}

}  // namespace

http::Response XmlBody::response() {
  http::Response response;
  response.body = std::move(text_);
  return response;
}

http::Response error_response(const Call& call, const Error& error) {
  const ErrorAnswer answer = answer_for(error);
  if (answer.status >= 500 && answer.status != 501) {
    log::error("a gateway request failed", {{"request_id", call.state().request_id},
                                            {"operation", to_string(call.state().operation)},
                                            {"status", answer.status},
                                            {"error", error.message()}});
  }
  const Stage stage = call.state().stage;
  const Address& address = call.address();
  XmlBody body;
  aws::XmlWriter& xml = body.xml();
  xml.open("Error").element("Code", answer.code).element("Message", answer.message);
  if (stage == Stage::kObject) {
    xml.element("Key", address.path);
  }
  if (stage >= Stage::kBucket) {
    xml.element("BucketName", address.repository);
  }
  xml.element("Resource", stage == Stage::kObject   ? address.ref + "@" + address.repository
                          : stage == Stage::kBucket ? address.repository
                                                    : std::string());
  if (!call.config().region.empty()) {
    xml.element("Region", call.config().region);
  }
  xml.element("RequestId", call.state().request_id);
  // Means nothing; clients print it beside the request id.
  xml.element("HostId", fmt::format("{:016X}", fnv1a_64(call.state().request_id)));
  xml.close("Error");
  http::Response response = body.response();
  response.status = answer.status;
  if (stage == Stage::kAuthenticating) {
    response.headers.add("Content-Type", std::string(kGuessedType));
  }
  return response;
}

void complete_content_type(const Call& call, http::Response& response) {
  // A 304 with a type would change that of the copy which the client holds.
  if (response.headers.contains("Content-Type") || response.status == 304) {
    return;
  }
  const http::Headers& headers = call.request().headers;
  if (!headers.contains("Accept")) {
    response.headers.add("Content-Type", std::string(kXmlTypes[0]));
    return;
  }
  for (const std::string_view type : kXmlTypes) {
    if (accepts(headers, type)) {
      response.headers.add("Content-Type", std::string(type));
      return;
    }
  }
  if (!is_empty(response)) {
    response.headers.add("Content-Type", std::string(kGuessedType));
  }
}

std::string quoted(std::string_view etag) {
  if (etag.starts_with('"')) {
    return std::string(etag);
  }
  return std::string("\"").append(etag).append("\"");
}

std::string_view unquoted(std::string_view etag) {
  if (etag.starts_with('"')) {
    etag.remove_prefix(1);
  }
  if (etag.ends_with('"')) {
    etag.remove_suffix(1);
  }
  return etag;
}

}  // namespace tarn::endpoints::s3
