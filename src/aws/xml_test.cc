#include "aws/xml.h"

#include <gtest/gtest.h>

namespace tarn::aws {
namespace {

std::string refusal(std::string_view text, const XmlLimits& limits = {}) {
  const Result<XmlDocument> parsed = parse_xml(text, limits);
  return parsed ? "accepted" : parsed.error().message();
}

std::string escaped(std::string_view text) {
  std::string out;
  append_xml_text(out, text);
  return out;
}

TEST(Xml, FindsElementsWithAndWithoutNamespaces) {
  const auto document = parse_xml(
      "<?xml version=\"1.0\"?>\n<s3:List xmlns:s3=\"x\"><s3:Key>a</s3:Key><!-- no --><Other/>"
      "<Key>b</Key></s3:List>");
  ASSERT_TRUE(document) << document.error().message();
  const XmlElement root = document->root();
  EXPECT_EQ(root.name(), "List");
  const XmlElement first = root.child("Key");
  EXPECT_EQ(first.text(), "a");
  EXPECT_EQ(first.next().name(), "Other");
  EXPECT_EQ(first.next("Key").text(), "b");
  EXPECT_FALSE(first.next("Key").next());
  EXPECT_EQ(root.child("absent").child("deeper").text(), "");
  EXPECT_FALSE(XmlDocument().root());
}

TEST(Xml, KeepsTextAsItIs) {
  const auto document =
      parse_xml("<r><a> </a><b>&lt;&amp;&#x41;&#10;</b><c><![CDATA[<&>]]></c><d>x y </d>\n</r>");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root().child_text("a"), " ");
  EXPECT_EQ(document->root().child_text("b"), "<&A\n");
  EXPECT_EQ(document->root().child_text("c"), "<&>");
  EXPECT_EQ(document->root().child_text("d"), "x y ");
}

TEST(Xml, AcceptsBlanksBeforeTheDeclaration) {
  EXPECT_TRUE(parse_xml("  \r\n\t<?xml version=\"1.0\"?><r/>"));
}

TEST(Xml, RefusesDocumentTypesAndWhatIsMalformed) {
  EXPECT_EQ(refusal("<!DOCTYPE r [<!ENTITY a \"b\">]><r>&a;</r>"),
            "XML with a document type definition");
  EXPECT_EQ(refusal("<r>&#0;</r>"), "XML with a NUL character");
  EXPECT_EQ(refusal("<r>&#x000;</r>"), "XML with a NUL character");
  EXPECT_EQ(refusal(std::string_view("<r>\0</r>", 8)), "XML with a NUL character");
  EXPECT_EQ(refusal("<r>\xff</r>"), "XML that is not UTF-8");
  EXPECT_EQ(refusal("<a/><b/>"), "malformed XML: not one root element");
  for (const std::string_view bad : {"", "  ", "text", "<r>", "<r></s>", "<r", "<r a=></r>"}) {
    EXPECT_NE(refusal(bad), "accepted") << bad;
  }
  EXPECT_NE(refusal("<r></s>").find("at byte"), std::string::npos);
}

// An entity that nobody declared stays text: nothing is ever expanded.
TEST(Xml, ExpandsNoOtherEntities) {
  const auto document = parse_xml("<r>&bomb;&#65;</r>");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root().text(), "&bomb;A");
}

TEST(Xml, HasLimits) {
  XmlLimits limits;
  limits.depth_max = 3;
  EXPECT_TRUE(parse_xml("<a><b><c>text</c></b><b><c/></b></a>", limits));
  EXPECT_EQ(refusal("<a><b><c><d/></c></b></a>", limits), "XML nested deeper than 3");
  limits.size_bytes_max = 10;
  EXPECT_TRUE(parse_xml("<r>123</r>", limits));
  EXPECT_EQ(refusal("<r>1234</r>", limits), "XML larger than 10 bytes");
  std::string deep;
  for (int i = 0; i < 200'000; ++i) {
    deep += "<a>";
  }
  for (int i = 0; i < 200'000; ++i) {
    deep += "</a>";
  }
  EXPECT_EQ(refusal(deep), "XML nested deeper than 32");
}

TEST(Xml, EscapesAsS3Does) {
  EXPECT_EQ(escaped("a&b<c>d\"e'f\tg\nh\ri"), "a&amp;b&lt;c&gt;d&#34;e&#39;f&#x9;g&#xA;h&#xD;i");
  EXPECT_EQ(escaped("\xd0\xba\xf0\x9f\x98\x80"), "\xd0\xba\xf0\x9f\x98\x80");
  EXPECT_EQ(escaped("a\x01"), "a\xEF\xBF\xBD");
  EXPECT_EQ(escaped("\xff\xc3"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(escaped("\xEF\xBF\xBE"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Xml, WritesWhatItReads) {
  std::string out;
  const std::string odd = " <&>\"'\t\n\r\xd0\xba ";
  XmlWriter(out).declaration().open("R", "http://x/").element("K", odd).text("t").close("R");
  EXPECT_TRUE(
      out.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<R xmlns=\"http://x/\">"));
  const auto document = parse_xml(out);
  ASSERT_TRUE(document) << document.error().message();
  EXPECT_EQ(document->root().child_text("K"), odd);
}

}  // namespace
}  // namespace tarn::aws
