#include "aws/xml.h"

#include "base/encoding.h"

#include <fmt/format.h>
#include <pugixml.hpp>

#include <algorithm>
#include <cstdint>

namespace tarn::aws {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

std::string_view local_name(std::string_view name) {
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

XmlElement element_of(pugi::xml_node node) { return XmlElement(node.internal_object()); }

/// The first of `node` and its later siblings that is an element, named `name` if that is not
/// empty.
pugi::xml_node element_from(pugi::xml_node node, std::string_view name) {
  while (node && (node.type() != pugi::node_element ||
                  (!name.empty() && local_name(node.name()) != name))) {
    node = node.next_sibling();
  }
  return node;
}

/// `&#0;` would end the text that it is in.
bool refers_to_nul(std::string_view text) {
  for (std::size_t at = text.find("&#"); at != std::string_view::npos; at = text.find("&#", at)) {
    at += 2;
    std::size_t digit = at + (at < text.size() && (text[at] == 'x' || text[at] == 'X') ? 1 : 0);
    const std::size_t first = digit;
    while (digit < text.size() && text[digit] == '0') {
      ++digit;
    }
    if (digit > first && digit < text.size() && text[digit] == ';') {
      return true;
    }
  }
  return false;
}

/// Checks what the parser lets through: declarations other than `<?xml`, and depth. Without
/// recursion, so that depth costs no stack.
Result<void> check_tree(pugi::xml_node top, std::size_t depth_max) {
  std::size_t depth = 0;
  pugi::xml_node node = top.first_child();
  while (node) {
    if (node.type() == pugi::node_doctype) {
      return Error::with_message(kInvalid, "XML with a document type definition");
    }
    if (node.type() == pugi::node_element && depth + 1 > depth_max) {
      return Error::with_message(kInvalid, fmt::format("XML nested deeper than {}", depth_max));
    }
    if (node.first_child()) {
      node = node.first_child();
      ++depth;
      continue;
    }
    while (node && node != top && !node.next_sibling()) {
      node = node.parent();
      --depth;
    }
    node = node == top ? pugi::xml_node() : node.next_sibling();
  }
  return {};
}

/// Bytes of the UTF-8 character at the front that XML 1.0 can hold; 0 = none.
std::size_t legal_character(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char first = byte(0);
  if (first < 0x80) {
    return first >= 0x20 || first == '\t' || first == '\n' || first == '\r' ? 1 : 0;
  }
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (size > text.size() || !is_valid_utf8(text.substr(0, size))) {
    return 0;
  }
  const bool noncharacter = size == 3 && first == 0xEF && byte(1) == 0xBF && byte(2) >= 0xBE;
  return noncharacter ? 0 : size;
}

}  // namespace

std::string_view XmlElement::name() const { return local_name(pugi::xml_node(node_).name()); }

std::string_view XmlElement::text() const { return pugi::xml_node(node_).child_value(); }

XmlElement XmlElement::child() const { return child(std::string_view()); }

XmlElement XmlElement::child(std::string_view name) const {
  return element_of(element_from(pugi::xml_node(node_).first_child(), name));
}

XmlElement XmlElement::next() const { return next(std::string_view()); }

XmlElement XmlElement::next(std::string_view name) const {
  return element_of(element_from(pugi::xml_node(node_).next_sibling(), name));
}

std::string XmlElement::child_text(std::string_view name) const {
  return std::string(child(name).text());
}

XmlDocument::XmlDocument() = default;
XmlDocument::XmlDocument(std::unique_ptr<pugi::xml_document> document)
    : document_(std::move(document)) {}
XmlDocument::~XmlDocument() = default;
XmlDocument::XmlDocument(XmlDocument&&) noexcept = default;
XmlDocument& XmlDocument::operator=(XmlDocument&&) noexcept = default;

XmlElement XmlDocument::root() const {
  return document_ ? element_of(document_->document_element()) : XmlElement();
}

Result<XmlDocument> parse_xml(std::string_view text, const XmlLimits& limits) {
  if (text.size() > limits.size_bytes_max) {
    return Error::with_message(kInvalid,
                               fmt::format("XML larger than {} bytes", limits.size_bytes_max));
  }
  const std::size_t start = std::min(text.find_first_not_of(" \t\r\n"), text.size());
  text.remove_prefix(start);
  if (!is_valid_utf8(text)) {
    return Error::with_message(kInvalid, "XML that is not UTF-8");
  }
  if (text.find('\0') != std::string_view::npos || refers_to_nul(text)) {
    return Error::with_message(kInvalid, "XML with a NUL character");
  }
  auto document = std::make_unique<pugi::xml_document>();
  constexpr unsigned kOptions = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol |
                                pugi::parse_ws_pcdata_single | pugi::parse_doctype;
  const pugi::xml_parse_result parsed =
      document->load_buffer(text.data(), text.size(), kOptions, pugi::encoding_utf8);
  if (!parsed) {
    return Error::with_message(
        kInvalid,
        fmt::format("malformed XML at byte {}: {}",
                    start + static_cast<std::size_t>(std::max<std::ptrdiff_t>(parsed.offset, 0)),
                    parsed.description()));
  }
  TARN_CHECK_OK(check_tree(document->root(), limits.depth_max));
  const pugi::xml_node root = document->document_element();
  if (!root || element_from(root.next_sibling(), "")) {
    return Error::with_message(kInvalid, "malformed XML: not one root element");
  }
  return XmlDocument(std::move(document));
}

void append_xml_text(std::string& out, std::string_view text) {
  out.reserve(out.size() + text.size());
  while (!text.empty()) {
    std::size_t size = 1;
    switch (text[0]) {
      case '&':
        out.append("&amp;");
        break;
      case '<':
        out.append("&lt;");
        break;
      case '>':
        out.append("&gt;");
        break;
      case '"':
        out.append("&#34;");
        break;
      case '\'':
        out.append("&#39;");
        break;
      case '\t':
        out.append("&#x9;");
        break;
      case '\n':
        out.append("&#xA;");
        break;
      case '\r':
        out.append("&#xD;");
        break;
      default:
        size = legal_character(text);
        out.append(size == 0 ? kReplacement : text.substr(0, size));
        size = std::max<std::size_t>(size, 1);
    }
    text.remove_prefix(size);
  }
}

XmlWriter& XmlWriter::declaration() {
  out_.append("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
  return *this;
}

XmlWriter& XmlWriter::open(std::string_view name) {
  out_.append("<").append(name).append(">");
  return *this;
}

XmlWriter& XmlWriter::open(std::string_view name, std::string_view xmlns) {
  out_.append("<").append(name).append(" xmlns=\"");
  append_xml_text(out_, xmlns);
  out_.append("\">");
  return *this;
}

XmlWriter& XmlWriter::close(std::string_view name) {
  out_.append("</").append(name).append(">");
  return *this;
}

XmlWriter& XmlWriter::element(std::string_view name, std::string_view text) {
  open(name);
  append_xml_text(out_, text);
  return close(name);
}

XmlWriter& XmlWriter::text(std::string_view text) {
  append_xml_text(out_, text);
  return *this;
}

XmlWriter& XmlWriter::raw(std::string_view xml) {
  out_.append(xml);
  return *this;
}

}  // namespace tarn::aws
