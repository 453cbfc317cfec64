# SPDX-License-Identifier: BSL-1.0
# awk -f page.awk PAGE: the page as doxygen takes it, with names for its headings, and links by such names. What a link
# leads to that is neither a page nor a header of the reference is named instead.
BEGIN { "pwd" | getline root; root = root "/" }

# The name of a page, by its path from the root.
function name_of(page) {
  if (page == "README.md") return "mainpage"
  sub(/\/README\.md$|\.md$/, "", page)
  gsub(/[^A-Za-z0-9]+/, "_", page)
  return "page_" tolower(page)
}

# The name of a heading, as GitHub makes it of the text.
function anchor_of(text) {
  gsub(/\[|\]\([^)]*\)/, "", text)
  text = tolower(text)
  gsub(/[^a-z0-9 _-]/, "", text)
  gsub(/ /, "-", text)
  return text
}

# "folder/" and a path from there, as a path from the root.
function resolved(folder, path) {
  path = folder path
  while (sub(/(^|\/)\.\//, "/", path)) continue
  while (sub(/[^\/]+\/\.\.\//, "", path)) continue
  return path
}

function link(text, target,    anchor, path) {
  gsub(/\n/, " ", text)
  if (target ~ /^https:/) return "[" text "](" target ")"
  anchor = ""
  if (match(target, /#.*/)) {
    anchor = "_" substr(target, RSTART + 1)
    target = substr(target, 1, RSTART - 1)
  }
  path = target == "" ? page : resolved(folder, target)
  if (path ~ /\.md$/) return "[" text "](@ref " name_of(path) anchor ")"
  if (path ~ /^include\/.*\.hpp$/) return "[" text "](@ref " substr(path, 9) ")"
  if (substr("/" path, length(path) + 1 - length(text)) == "/" text) return "`" path "`"
  return text " (`" path "`)"
}

function flush(    rest, out, at, begin, length_of_link, target) {
  rest = prose
  out = ""
  while (match(rest, /\]\([^)]*\)/)) {
    at = RSTART
    length_of_link = RLENGTH
    target = substr(rest, at + 2, length_of_link - 3)
    gsub(/\n/, "", target)
    for (begin = at; begin > 0 && substr(rest, begin, 1) != "["; --begin) continue
    if (begin == 0 || target ~ / / || target == "") {
      out = out substr(rest, 1, at + length_of_link - 1)
    } else {
      out = out substr(rest, 1, begin - 1) link(substr(rest, begin + 1, at - begin - 1), target)
    }
    rest = substr(rest, at + length_of_link)
  }
  printf "%s%s", out, rest
  prose = ""
}

FNR == 1 {
  page = substr(FILENAME, length(root) + 1)
  folder = page
  sub(/[^\/]*$/, "", folder)
}
/^```/ {
  code = !code
  if (code) flush()
  # Plain, for by code that it knows doxygen 1.9.8 takes every word in the headers for the name of a class.
  print "```"
  next
}
code { print; next }
/^# / { prose = prose $0 " {#" name_of(page) "}\n" (page == "README.md" ? "" : "\n[TOC]\n"); next }
/^#+ / { text = $0; sub(/^#+ /, "", text); prose = prose $0 " {#" name_of(page) "_" anchor_of(text) "}\n"; next }
{ prose = prose $0 "\n" }
END { flush() }
