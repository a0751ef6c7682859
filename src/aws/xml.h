#pragma once

#include "base/error.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace pugi {
class xml_document;      // NOLINT(readability-identifier-naming): named by its library
struct xml_node_struct;  // NOLINT(readability-identifier-naming)
}  // namespace pugi

namespace tarn::aws {

/// What parse_xml accepts before it gives up; foreign text is always parsed with limits.
struct XmlLimits {
  std::size_t size_bytes_max = std::size_t{16} << 20;
  /// Levels of elements; `<a><b/></a>` has two.
  std::size_t depth_max = 32;
};

/// An element of a document, or none: then every question has an empty answer, so that paths need
/// no checks. Names compare without namespace prefix. Lives as long as its document.
class XmlElement {
 public:
  XmlElement() = default;
  explicit XmlElement(pugi::xml_node_struct* node) : node_(node) {}

  explicit operator bool() const { return node_ != nullptr; }
  /// Without prefix.
  std::string_view name() const;
  /// Its text; that of child elements is not part of it.
  std::string_view text() const;
  /// The first child element, and the next element after this one; with a name only those count.
  XmlElement child() const;
  XmlElement child(std::string_view name) const;
  XmlElement next() const;
  XmlElement next(std::string_view name) const;
  /// `child(name).text()` as a string.
  std::string child_text(std::string_view name) const;

 private:
  pugi::xml_node_struct* node_ = nullptr;
};

/// A parsed document. Movable.
class XmlDocument {
 public:
  explicit XmlDocument(std::unique_ptr<pugi::xml_document> document);
  XmlDocument();
  ~XmlDocument();
  XmlDocument(XmlDocument&&) noexcept;
  XmlDocument& operator=(XmlDocument&&) noexcept;

  /// None for a default document.
  XmlElement root() const;

 private:
  std::unique_ptr<pugi::xml_document> document_;
};

/// Parses UTF-8 XML 1.0 (https://www.w3.org/TR/xml/) without document type definitions: the only
/// entities are the five predefined ones and characters by number. Blanks before the declaration
/// are allowed, as S3 sends them to keep a connection open. Errors kInvalid: what is wrong at which
/// byte, or the limit that was passed.
Result<XmlDocument> parse_xml(std::string_view text, const XmlLimits& limits = {});

/// Appends `text` with `& < > " '`, tab, LF and CR escaped the way S3 does it; what XML 1.0 cannot
/// hold (control characters, bytes that are not UTF-8) becomes U+FFFD.
void append_xml_text(std::string& out, std::string_view text);

/// Writes XML by steps: `w.open("Delete").element("Key", key).close("Delete")`. The caller keeps
/// the nesting right; names are not checked; `out` outlives the writer.
class XmlWriter {
 public:
  explicit XmlWriter(std::string& out) : out_(out) {}

  /// `<?xml version="1.0" encoding="UTF-8"?>` and a line break.
  XmlWriter& declaration();
  XmlWriter& open(std::string_view name);
  /// With `xmlns="…"`.
  XmlWriter& open(std::string_view name, std::string_view xmlns);
  XmlWriter& close(std::string_view name);
  XmlWriter& element(std::string_view name, std::string_view text);
  XmlWriter& text(std::string_view text);
  /// What is XML already.
  XmlWriter& raw(std::string_view xml);

 private:
  std::string& out_;
};

}  // namespace tarn::aws
