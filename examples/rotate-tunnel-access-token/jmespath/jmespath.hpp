// SPDX-License-Identifier: BSL-1.0
// JMESPath (https://jmespath.org), the query language of the AWS CLI's --query. By hand: Debian has
// no package of it for C++.
#pragma once

#include <memory>
#include <string_view>

#include "json.hpp"
#include "secure_tunneling/result.hpp"

namespace jmespath {

/// The deepest nesting of an expression, of a document and of a result. All are read by recursion.
inline constexpr unsigned maxNesting = 500;

struct Program;

/// A query, ready to be applied to any number of documents. Immutable: threads may share one.
class Expression {
 public:
  Expression(Expression&&) noexcept;
  Expression& operator=(Expression&&) noexcept;
  ~Expression();

  /// Reads `text` (UTF-8) and checks all that does not need a document: syntax, the names of
  /// functions, how many arguments they get, and the types of arguments that the expression alone
  /// decides (`length(`5`)`). The error, an `ErrorKind::InvalidArgument`, says what is wrong and
  /// shows the place, its last two lines being the line of the expression (cut, when it is long)
  /// and a caret:
  ///
  ///     unknown function "lenght()", did you mean "length()"?, at column 7:
  ///     foo | lenght(@)
  ///           ^
  static secure_tunneling::Result<Expression> compile(std::string_view text);

  /// Puts what the expression selects in `document` into `result`, which holds no reference to
  /// either. `null` where there is nothing. Of several members of one name the last counts.
  ///
  /// The error, an `ErrorKind::InvalidResponse`, names a function that got an argument of a type
  /// that it does not take, or says that something is nested too deeply; never a value.
  ///
  /// Takes time in proportion to the document's size, but for sorting and for `[?...]`, `map` and
  /// the like within each other. What is built on the way is wiped.
  [[nodiscard]] secure_tunneling::Result<void> search(const Value& document,
                                                      Document& result) const;

 private:
  explicit Expression(std::unique_ptr<const Program> program) noexcept;

  std::unique_ptr<const Program> program_;
};

}  // namespace jmespath
