#include "endpoints/s3/metadata.h"

#include "base/encoding.h"
#include "base/text.h"
#include "endpoints/s3/errors.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace tarn::endpoints::s3 {
namespace {

constexpr std::string_view kFieldPrefix = "x-amz-meta-";
constexpr std::string_view kKeyPrefix = "X-Amz-Meta-";
constexpr std::string_view kTokenPunctuation = "!#$%&'*+-.^_`|~";
constexpr std::string_view kWordStart = "=?utf-8?q?";
constexpr std::string_view kWordEnd = "?=";
/// More than any value within the limit takes when it is encoded; looking for words in longer ones
/// would cost time.
constexpr std::size_t kEncodedBytesMax = 8 * kMetadataBytesMax;
constexpr std::size_t kWordContentMax = 75 - kWordStart.size() - kWordEnd.size();

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c < 0x80 && std::isalnum(c) != 0) ||
           kTokenPunctuation.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

bool is_printable(unsigned char c) { return (c >= ' ' && c <= '~') || c == '\t'; }

/// Bytes of the UTF-8 character that starts the text; 1 where none does.
std::size_t character_size(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t size = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return size <= text.size() && is_valid_utf8(text.substr(0, size)) ? size : 1;
}

std::string quote_byte(unsigned char c) {
  if (c == ' ') {
    return "_";
  }
  if (c >= '!' && c <= '~' && c != '=' && c != '?' && c != '_') {
    return std::string(1, static_cast<char>(c));
  }
  constexpr std::string_view digits = "0123456789ABCDEF";
  return {'=', digits[c >> 4], digits[c & 15]};
}

std::optional<std::string> unquote(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '=') {
      out.push_back(text[at] == '_' ? ' ' : text[at]);
      continue;
    }
    const Result<std::string> byte =
        at + 2 < text.size() ? hex_decode(text.substr(at + 1, 2)) : Error(kInvalid);
    if (!byte) {
      return std::nullopt;
    }
    out.append(*byte);
    at += 2;
  }
  return out;
}

/// One encoded word taken apart; its content still in its charset.
struct Word {
  std::string charset;
  std::string content;
  std::size_t size = 0;
};

/// The encoded word that starts the text, if one does.
std::optional<Word> word_at(std::string_view text) {
  const std::size_t charset_end = text.find('?', 2);
  if (!text.starts_with("=?") || charset_end == std::string_view::npos ||
      text.size() < charset_end + 3 || text[charset_end + 2] != '?') {
    return std::nullopt;
  }
  const std::size_t content = charset_end + 3;
  const std::size_t end = text.find(kWordEnd, content);
  if (end == std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view coded = text.substr(content, end - content);
  const char encoding = text[charset_end + 1];
  std::optional<std::string> decoded;
  if (encoding == 'q' || encoding == 'Q') {
    decoded = unquote(coded);
  } else if (encoding == 'b' || encoding == 'B') {
    const Result<std::string> bytes = base64_decode(coded);
    if (bytes) {
      decoded = *bytes;
    }
  }
  if (!decoded) {
    return std::nullopt;
  }
  return Word{ascii_lower(text.substr(2, charset_end - 2)), *std::move(decoded),
              end + kWordEnd.size()};
}

std::string latin1_to_utf8(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out.push_back(c);
    } else {
      out.push_back(static_cast<char>(0xc0 | (byte >> 6)));
      out.push_back(static_cast<char>(0x80 | (byte & 0x3f)));
    }
  }
  return out;
}

}  // namespace

std::string encode_words(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), is_printable)) {
    return std::string(text);
  }
  std::string out(kWordStart);
  std::size_t content_size = 0;
  while (!text.empty()) {
    const std::size_t size = character_size(text);
    std::string quoted;
    for (const char c : text.substr(0, size)) {
      quoted += quote_byte(static_cast<unsigned char>(c));
    }
    // A character is never split over two words.
    if (content_size + quoted.size() > kWordContentMax) {
      out.append(kWordEnd).append(" ").append(kWordStart);
      content_size = 0;
    }
    out += quoted;
    content_size += quoted.size();
    text.remove_prefix(size);
  }
  return out.append(kWordEnd);
}

Result<std::string> decode_words(std::string_view text) {
  std::string out;
  std::string blanks;  // between two encoded words they are no part of the text
  bool after_word = false;
  while (!text.empty()) {
    const std::optional<Word> word = word_at(text);
    if (!word) {
      const bool blank = text.front() == ' ' || text.front() == '\t';
      blanks.push_back(text.front());
      if (!after_word || !blank) {
        out.append(blanks);
        blanks.clear();
        after_word = false;
      }
      text.remove_prefix(1);
      continue;
    }
    blanks.clear();
    after_word = true;
    if (word->charset == "iso-8859-1") {
      out.append(latin1_to_utf8(word->content));
    } else if (word->charset == "utf-8" || word->charset == "us-ascii") {
      out.append(word->content);
    } else {
      return Error(kInvalidHeaderValue);
    }
    text.remove_prefix(word->size);
  }
  return out.append(blanks);
}

Result<graveler::Metadata> metadata_of(const http::Headers& headers) {
  graveler::Metadata out;
  std::size_t size = 0;
  for (const http::Headers::Field& field : headers) {
    const std::string name = ascii_lower(field.name);
    if (!name.starts_with(kFieldPrefix) || !is_token(name.substr(kFieldPrefix.size()))) {
      continue;
    }
    std::string key = std::string(kKeyPrefix) + name.substr(kFieldPrefix.size());
    if (out.contains(key)) {
      continue;
    }
    if (field.value.size() > kEncodedBytesMax) {
      return Error(kMetadataTooLarge);
    }
    TARN_TRY(std::string value, decode_words(field.value));
    size += key.size() - kKeyPrefix.size() + value.size();
    if (size > kMetadataBytesMax) {
      return Error(kMetadataTooLarge);
    }
    out.emplace(std::move(key), std::move(value));
  }
  return out;
}

void add_metadata(const graveler::Metadata& metadata, http::Headers& headers) {
  std::size_t missing = 0;
  for (const auto& [key, value] : metadata) {
    if (!key.starts_with(kKeyPrefix)) {
      continue;
    }
    if (!is_token(key.substr(kKeyPrefix.size()))) {
      ++missing;
      continue;
    }
    headers.add(key, encode_words(value));
  }
  if (missing > 0) {
    headers.add("X-Amz-Missing-Meta", std::to_string(missing));
  }
}

}  // namespace tarn::endpoints::s3
