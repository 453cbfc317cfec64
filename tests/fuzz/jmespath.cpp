// SPDX-License-Identifier: BSL-1.0
// Any expression is refused with its place or gives the same of a document each time, in
// parentheses and behind a pipe too; and nothing takes long.
#include "jmespath/jmespath.hpp"

#include <string>
#include <string_view>

#include "fuzz/support/fuzz.hpp"
#include "json_output.hpp"
#include "text.hpp"

using jmespath::Document;
using jmespath::Expression;
using secure_tunneling::ErrorKind;
using secure_tunneling::Result;

namespace {

/// What a search gives, as text.
std::string resultOf(const Expression& expression, const Document& document) {
  Document result;
  const Result<void> searched = expression.search(document, result);
  if (searched) return std::string(printJson(result).expose());
  require(searched.error().kind == ErrorKind::InvalidResponse, "a search fails by the document");
  return "error: " + searched.error().message;
}

/// The last line points into the one before, where nothing steers a terminal.
void requirePlace(const std::string& message) {
  if (message == "it is not valid UTF-8") return;
  const std::string shown = visibleLines(message);
  const std::size_t last = shown.rfind('\n');
  require(last != std::string::npos, "the place is shown", message);
  const std::size_t before = shown.rfind('\n', last - 1);
  require(before != std::string::npos, "the line is shown", message);
  const std::string_view caret = std::string_view(shown).substr(last + 1);
  require(!caret.empty() && caret.find('^') == caret.size() - 1, "a caret ends a message", message);
  require(caret.size() - 1 <= 2 * (last - before), "the caret is below the line", message);
}

}  // namespace

void fuzz(std::string_view input) {
  const std::string_view text = takeText(input);
  Result<Expression> expression = Expression::compile(text);
  if (!expression) {
    require(expression.error().kind == ErrorKind::InvalidArgument, "an expression is an argument");
    return requirePlace(expression.error().message);
  }
  Document document;
  const std::string json = padForRapidJson(std::string(input));
  document.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseNanAndInfFlag |
                 rapidjson::kParseValidateEncodingFlag>(json.c_str());
  if (document.HasParseError()) return;
  const std::string result = resultOf(*expression, document);
  const Expression moved = *std::move(expression);
  require(resultOf(moved, document) == result, "a second search gives the same", result);
  for (const std::string& same : {"(" + std::string(text) + ")", std::string(text) + " | @"}) {
    const Result<Expression> other = Expression::compile(same);
    if (!other) {
      const bool isTooDeep = other.error().message.find("nested") != std::string::npos;
      require(isTooDeep, "what can be compiled can be in parentheses and in front of a pipe", same);
      continue;
    }
    require(resultOf(*other, document) == result, "a longer form gives the same", same);
  }
}
