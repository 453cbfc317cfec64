// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "secure_tunneling/secret.hpp"

/// A part of a table: a title, column headings and rows, each of which may be missing. A section
/// that is nested stands within more vertical lines.
class Section {
 public:
  Section(std::string_view title, std::size_t nesting) : title_(title), nesting_(nesting) {}

  void addHeadings(std::vector<secure_tunneling::Secret> headings);
  /// Rows may have different numbers of cells.
  void addRow(std::vector<secure_tunneling::Secret> cells);
  /// A section of one row becomes one of a row for each heading, with its cell beside it.
  void standUpright();

  /// The columns it takes at least.
  [[nodiscard]] std::size_t width() const;

 private:
  friend class TableWriter;
  using Row = std::vector<secure_tunneling::Secret>;

  void widen(const Row& row);

  std::string title_;
  std::size_t nesting_;
  Row headings_;
  std::vector<Row> rows_;
  /// Of the widest cell of each column.
  std::vector<std::size_t> widths_;
};

/// Draws sections as the AWS CLI does, each as wide as the widest. Where that is wider than
/// `terminalWidth`, those of one row stand upright.
secure_tunneling::Secret drawTable(std::vector<Section> sections, std::size_t terminalWidth,
                                   bool colors);
