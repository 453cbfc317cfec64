// SPDX-License-Identifier: BSL-1.0
#include "table.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "jmespath/utf8.hpp"
#include "jmespath/width.hpp"

using secure_tunneling::Secret;

namespace {

/// Two spaces on each side of a cell.
constexpr std::size_t padding = 4;

/// What is ambiguous takes two columns, as the AWS CLI has it.
std::size_t widthOf(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const bool isNarrow =
        jmespath::eastAsianWidth(jmespath::takeCharacter(text)) == jmespath::EastAsianWidth::Narrow;
    width += isNarrow ? 1U : 2U;
  }
  return width;
}

/// The columns' widths, made to fill `width` in all.
std::vector<std::size_t> scaled(const std::vector<std::size_t>& cells, std::size_t width) {
  std::vector<std::size_t> widths;
  std::size_t sum = 0;
  for (const std::size_t cell : cells)
    sum += cell + padding;
  const double factor = static_cast<double>(width) / static_cast<double>(sum);
  std::size_t total = 0;
  for (const std::size_t cell : cells) {
    // Half to even, as Python rounds.
    widths.push_back(
        static_cast<std::size_t>(std::nearbyint(factor * static_cast<double>(cell + padding))));
    total += widths.back();
  }
  // What rounding left over is taken from the first columns and given to the last ones.
  for (std::size_t i = 0; total > width; i = (i + 1) % widths.size(), --total)
    --widths[i];
  for (std::size_t i = 0; total < width; i = (i + 1) % widths.size(), ++total)
    ++widths[widths.size() - 1 - i];
  return widths;
}

}  // namespace

void Section::widen(const Row& row) {
  widths_.resize(std::max(widths_.size(), row.size()));
  for (std::size_t i = 0; i != row.size(); ++i)
    widths_[i] = std::max(widths_[i], widthOf(row[i].expose()));
}

void Section::addHeadings(Row headings) {
  widen(headings);
  headings_ = std::move(headings);
}

void Section::addRow(Row cells) {
  widen(cells);
  rows_.push_back(std::move(cells));
}

void Section::standUpright() {
  if (rows_.size() != 1 || headings_.empty()) return;
  Section upright(title_, nesting_);
  for (std::size_t i = 0; i != std::min(headings_.size(), rows_.front().size()); ++i) {
    Row row;
    row.push_back(std::move(headings_[i]));
    row.push_back(std::move(rows_.front()[i]));
    upright.addRow(std::move(row));
  }
  *this = std::move(upright);
}

std::size_t Section::width() const {
  const std::size_t columns =
      std::accumulate(widths_.begin(), widths_.end(), padding * widths_.size());
  return std::max(widthOf(title_), columns) + 2 + 2 * nesting_;
}

/// Writes one table.
class TableWriter {
 public:
  TableWriter(std::size_t width, bool colors) : width_(width), colors_(colors) {}

  Secret write(const std::vector<Section>& sections) {
    out_.append(std::string(width_, '-'));
    out_.append("\n");
    endOfWrite();
    for (const Section& section : sections)
      this->section(section);
    return std::move(out_);
  }

 private:
  void section(const Section& section) {
    nesting_ = section.nesting_;
    const std::size_t width = width_ - 2 * nesting_;
    if (!section.title_.empty()) {
      beginLine();
      centred(section.title_, width, true);
      endLine();
      if (section.headings_.empty() && section.rows_.empty()) rule({width});
    }
    if (section.widths_.empty()) return;
    const std::vector<std::size_t> widths = scaled(section.widths_, width);
    if (!section.headings_.empty()) {
      rule(widths);
      beginLine();
      for (std::size_t i = 0; i != section.headings_.size(); ++i)
        centred(section.headings_[i].expose(), widths[i], i == 0);
      endLine();
    }
    if (section.rows_.empty()) return;
    rule(widths);
    for (const Section::Row& row : section.rows_)
      this->row(row, widths);
    rule(widths);
  }

  /// `+-----+---+`
  void rule(const std::vector<std::size_t>& widths) {
    beginLine();
    for (std::size_t i = 0; i != widths.size(); ++i) {
      if (i == 0) out_.append("+");
      out_.append(std::string(widths[i] - (i == 0 ? 2 : 1), '-'));
      out_.append("+");
    }
    endLine();
  }

  void row(const Section::Row& row, const std::vector<std::size_t>& widths) {
    beginLine();
    for (std::size_t i = 0; i != widths.size(); ++i) {
      const std::string_view text = i < row.size() ? row[i].expose() : std::string_view();
      const std::size_t edges = i == 0 ? 2 : 1;
      const std::size_t textWidth = widthOf(text);
      const std::size_t margin = textWidth + 2 + edges <= widths[i] ? 2 : 0;
      if (i == 0) out_.append("|");
      spaces(margin);
      styled("\x1b[1m\x1b[34m", text);
      spaces(widths[i] - std::min(widths[i], textWidth + margin + edges));
      out_.append("|");
    }
    endLine();
  }

  void centred(std::string_view text, std::size_t width, bool isFirst) {
    const std::size_t textWidth = widthOf(text);
    const std::size_t half = textWidth / 2 + 1;
    const std::size_t left = width / 2 - std::min(width / 2, half);
    const std::size_t used = textWidth + left + (isFirst ? 2 : 1);
    if (isFirst) out_.append("|");
    spaces(left);
    out_.append(text);
    spaces(width - std::min(width, used));
    out_.append("|");
  }

  void spaces(std::size_t count) { out_.append(std::string(count, ' ')); }

  void styled(std::string_view style, std::string_view text) {
    if (!colors_) return out_.append(text);
    out_.append(style);
    out_.append(text);
    out_.append(resetStyle);
  }

  void beginLine() { nestingBars(); }
  void endLine() {
    endOfWrite();
    nestingBars();
    out_.append("\n");
    endOfWrite();
  }
  void nestingBars() {
    for (std::size_t i = 0; i != nesting_; ++i)
      styled("\x1b[2m\x1b[33m", "|");
    endOfWrite();
  }
  /// In colours the AWS CLI resets them behind each piece that it writes.
  void endOfWrite() {
    if (colors_) out_.append(resetStyle);
  }

  static constexpr std::string_view resetStyle = "\x1b[0m";

  std::size_t width_;
  bool colors_;
  std::size_t nesting_ = 0;
  Secret out_;
};

Secret drawTable(std::vector<Section> sections, std::size_t terminalWidth, bool colors) {
  const auto widest = [&] {
    std::size_t width = 0;
    for (const Section& section : sections)
      width = std::max(width, section.width());
    return width;
  };
  if (widest() > terminalWidth) {
    for (Section& section : sections)
      section.standUpright();
  }
  return TableWriter(widest(), colors).write(sections);
}
