// SPDX-License-Identifier: BSL-1.0
#include "jmespath.hpp"

#include <string>
#include <utility>

#include "ast.hpp"
#include "check.hpp"
#include "conversion.hpp"
#include "evaluator.hpp"
#include "excerpt.hpp"
#include "parser.hpp"
#include "utf8.hpp"

using secure_tunneling::ErrorKind;
using secure_tunneling::makeError;
using secure_tunneling::Result;

namespace jmespath {

Expression::Expression(std::unique_ptr<const Program> program) noexcept
    : program_(std::move(program)) {}
Expression::Expression(Expression&&) noexcept = default;
Expression& Expression::operator=(Expression&&) noexcept = default;
Expression::~Expression() = default;

Result<Expression> Expression::compile(std::string_view text) {
  if (!isUtf8(text)) return makeError(ErrorKind::InvalidArgument, "it is not valid UTF-8");
  auto program = std::make_unique<Program>();
  program->text = text;
  Problem problem;
  if (!parse(*program, problem) || !check(*program, problem)) {
    return makeError(ErrorKind::InvalidArgument,
                     problem.message + ", at column " +
                         std::to_string(countCharacters(text.substr(0, problem.position)) + 1) +
                         ":\n" + excerpt(text, problem.position));
  }
  return Expression(std::move(program));
}

Result<void> Expression::search(const Value& document, Document& result) const {
  Store store;
  const Item* const root = toItem(document, store);
  if (root == nullptr) {
    return makeError(ErrorKind::InvalidResponse, "the document is nested deeper than " +
                                                     std::to_string(maxNesting) + " levels");
  }
  Evaluator evaluator(*program_, store);
  const Item* const selected = evaluator.evaluate(program_->root, *root);
  if (selected == nullptr) return makeError(ErrorKind::InvalidResponse, evaluator.problem());
  result.SetNull();
  static_cast<Value&>(result) = toValue(*selected, result.GetAllocator());
  return {};
}

}  // namespace jmespath
