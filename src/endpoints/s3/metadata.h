#pragma once

#include "base/error.h"
#include "graveler/entry.h"
#include "http/message.h"

#include <string>
#include <string_view>

/// User metadata: `x-amz-meta-<name>` on the wire, `X-Amz-Meta-<name in lower case>` in entries.
/// Values beyond printable ASCII travel as encoded words (RFC 2047).
namespace tarn::endpoints::s3 {

/// Sum of the bytes of names without their prefix and of decoded values.
inline constexpr std::size_t kMetadataBytesMax = 2048;

/// Errors: kInvalidHeaderValue (an encoded word in a charset that is not known),
/// kMetadataTooLarge.
Result<graveler::Metadata> metadata_of(const http::Headers& headers);

/// Adds the fields of an entry's metadata, and X-Amz-Missing-Meta with the number of those that
/// cannot be one.
void add_metadata(const graveler::Metadata& metadata, http::Headers& headers);

/// RFC 2047 Q-encoding in UTF-8, in words of at most 75 characters; text that needs none stays.
std::string encode_words(std::string_view text);
/// Undoes encoded words, Q and B, in UTF-8, ISO-8859-1 and US-ASCII. What only looks like one
/// stays. Errors kInvalidHeaderValue for another charset.
Result<std::string> decode_words(std::string_view text);

}  // namespace tarn::endpoints::s3
