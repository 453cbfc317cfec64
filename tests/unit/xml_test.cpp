// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/protocol/detail/xml.hpp"

#include <string>

#include "support/catch.hpp"

using namespace secure_tunneling;
using detail::XmlElement;
using detail::XmlScanner;

namespace {

/// The texts of A/X and B/Y, or "no XML".
std::string scanned(std::string_view document) {
  XmlElement elements[] = {{"A", "X"}, {"B", "Y"}};
  if (!XmlScanner(document).collect(elements, 2)) return "no XML";
  return std::string(elements[0].text) + "|" + std::string(elements[1].text);
}

std::string decoded(std::string_view text) {
  Secret out("old");
  detail::decodeXmlText(text, out);
  return std::string(out.expose());
}

std::string nestedElements(int depth) {
  std::string open;
  std::string close;
  for (int i = 0; i != depth; ++i) {
    open += "<n>";
    close += "</n>";
  }
  return open + close;
}

}  // namespace

TEST_CASE("elements of an XML document are found by parent and name") {
  const struct {
    const char* document;
    const char* found;
  } cases[] = {
      {"<A><X>x</X></A>", "x|"},
      {"<A/>", "|"},
      {"<r><A><X>x</X></A><B><Y>y</Y></B></r>", "x|y"},
      {"<r><B><X>no</X><Y>y</Y></B><X>no</X><A><Y>no</Y></A></r>", "|y"},
      {"<r><A><n><X>no</X></n></A></r>", "|"},
      {"<A><X>first</X><X>last</X></A>", "last|"},
      {"<A><X></X></A>", "|"},
      {"junk<A/>", "no XML"},
      {"junk<!-- c --><A/>", "no XML"},
      {"<A><X/></A>", "|"},
      {"<A><X> a b </X></A>", " a b |"},
      {"<A><X>&lt;a&gt;</X></A>", "&lt;a&gt;|"},
      {"<A><X>no<n/>either</X></A>", "|"},
      {"<?xml version=\"1.0\"?>\n<!-- <A><X>no</X></A> -->\n<A xmlns='a>b' b = \"/\"><X c=''>x</X "
       "></A>\n",
       "x|"},
      {"<A>\r\n\t<X>x</X>\r\n</A>\r\n<!-- end -->", "x|"},
      {"<a><X>no</X></a>", "|"},
      {"<A><X>a<!-- > <Y> -->b<?c d?>e<![CDATA[<n>]]></X></A>",
       "a<!-- > <Y> -->b<?c d?>e<![CDATA[<n>]]>|"},
      {"<A><!-- <X>no</X> --><X>x</X><![CDATA[<X>no</X>]]></A>", "x|"},
      {"<p:r xmlns:p='u'><p:A><p:X>x</p:X></p:A><q:B><Y>y</Y></q:B></p:r>", "x|y"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.document);
    CHECK(scanned(row.document) == row.found);
  }
  CHECK(scanned(nestedElements(16)) == "|");
}

TEST_CASE("a document that is not XML is refused") {
  const char* const cases[] = {
      "",
      " ",
      "text",
      "{\"A\":{\"X\":\"x\"}}",
      "<",
      "<A",
      "<A>",
      "<A><X>x</X>",
      "</A>",
      "<A></B>",
      "<A><X></A></X>",
      "<A></A>x",
      "x<A></A>",
      "<A></A><A></A>",
      "<A></A></A>",
      "<>x</>",
      "< A></ A>",
      "<A b='></A>",
      "<!-- <A></A>",
      "<!DOCTYPE A><A></A>",
      "<A><![CDATA[x</A>",
      "<A><!-- x</A>",
      "<A><? x></A>",
      "<![CDATA[x]]>",
      "<A:></A:>",
      "<html><p>502 Bad Gateway<br></html>",
  };
  for (const char* const text : cases) {
    CAPTURE(text);
    CHECK(scanned(text) == "no XML");
  }
  CHECK(scanned(nestedElements(17)) == "no XML");
  CHECK(scanned(nestedElements(100'000)) == "no XML");
  CHECK(scanned(std::string("<A>\0</A>", 8)) == "|");
}

TEST_CASE("every beginning of an XML document is read without a fault") {
  const std::string document =
      "<?xml version=\"1.0\"?><r a='b'><!-- c --><A><X>x</X></A><B/><Y>&amp;</Y></r>";
  for (std::size_t size = 0; size != document.size(); ++size) {
    const std::string part = document.substr(0, size);  // its own memory, for a sanitizer
    CHECK(scanned(part) == "no XML");
  }
  CHECK(scanned(document) == "x|");
}

TEST_CASE("entities of XML are decoded, and text with an unknown one is dropped") {
  CHECK(decoded("") == "");
  CHECK(decoded("plain+/=") == "plain+/=");
  CHECK(decoded("&lt;&gt;&amp;&quot;&apos;") == "<>&\"'");
  CHECK(decoded("a&amp;lt;b") == "a&lt;b");
  CHECK(decoded("&#43;&#x2F;&#x3d;") == "+/=");
  CHECK(decoded("&#0043;&#x0000000000002b;&#127;") == "++\x7f");
  CHECK(decoded("&#233;&#x20AC;&#128512;") == "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  for (const char* const unknown :
       {"a&", "a&amp", "&;", "&nbsp;", "&#;", "&#x;", "&#xg;", "&#1114112;", "&#xD800;", "&#0;",
        "&#99999999999;", "&AMP;", "& ;", "<n>", "&#X2B;", "&#4294967339;", "a<!-- b", "<!b>"}) {
    CAPTURE(unknown);
    CHECK(decoded(unknown) == "");
  }
}

TEST_CASE("a text of XML is what stands between comments and the like") {
  CHECK(decoded("a<!-- &amp; -->b<?c d?>e") == "abe");
  CHECK(decoded("<!---->a<!-- b -->") == "a");
  CHECK(decoded("a<![CDATA[<b>&amp;</b>]]>c&amp;") == "a<b>&amp;</b>c&");
  CHECK(decoded("<![CDATA[]]>") == "");
  CHECK(decoded("<![CDATA[a]]]]><![CDATA[>]]>") == "a]]>");
}
