#pragma once

#include "aws/xml.h"
#include "endpoints/s3/call.h"
#include "http/message.h"

#include <string>
#include <string_view>

/// How answers look on the wire.
namespace tarn::endpoints::s3 {

/// The few roots that carry a namespace carry this.
inline constexpr std::string_view kNamespace = "http://s3.amazonaws.com/doc/2006-03-01/";

/// A document under construction: `XmlBody body; body.xml().open("X")…`.
class XmlBody {
 public:
  XmlBody() { writer_.declaration(); }
  aws::XmlWriter& xml() { return writer_; }
  /// 200 with the document; the endpoint adds the Content-Type.
  http::Response response();

 private:
  std::string text_;
  aws::XmlWriter writer_{text_};
};

/// The error document of a request as far as it has come, with its status.
http::Response error_response(const Call& call, const Error& error);

/// Sets Content-Type where an operation has not: XML of the kind that the request accepts.
void complete_content_type(const Call& call, http::Response& response);

/// In double quotes, unless it has them.
std::string quoted(std::string_view etag);
/// Without the quotes around it.
std::string_view unquoted(std::string_view etag);

}  // namespace tarn::endpoints::s3
