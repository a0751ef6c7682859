#pragma once

#include "base/error.h"

#include <string>
#include <string_view>

namespace tarn {

/// Lower-case hexadecimal.
std::string hex_encode(std::string_view bytes);
/// Accepts both cases; errors kInvalid for odd length or other characters.
Result<std::string> hex_decode(std::string_view text);

/// RFC 4648 section 4, padded.
std::string base64_encode(std::string_view bytes);
/// RFC 4648 section 5, without padding.
std::string base64url_encode(std::string_view bytes);
/// Padded standard alphabet, strict; errors kInvalid.
Result<std::string> base64_decode(std::string_view text);
/// URL alphabet, padding optional; errors kInvalid.
Result<std::string> base64url_decode(std::string_view text);

/// RFC 4648 section 7 (extended hex), lower case, no padding: the alphabet of xids.
std::string base32hex_encode(std::string_view bytes);

/// Percent-encodes every byte but the unreserved ones of RFC 3986 (`A-Za-z0-9-._~`) and those in
/// `keep`. Upper-case hex.
std::string percent_encode(std::string_view text, std::string_view keep = "");
/// Decodes `%XX` once, and `+` as a space where `plus_is_space`; errors kInvalid for a cut or
/// non-hex escape.
Result<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

/// True when `text` is well-formed UTF-8 (no surrogates, no overlong forms).
bool is_valid_utf8(std::string_view text);

}  // namespace tarn
