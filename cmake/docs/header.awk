# SPDX-License-Identifier: BSL-1.0
# awk -f header.awk HEADER: the header as doxygen takes it, line by line.

# Names as programs write them, without the version's inline namespace.
/^inline namespace v[0-9_]+ {$/ || /^}  \/\/ namespace v[0-9_]+$/ { print ""; next }

# Names are in backticks in comments. A word of prose that is written like one is no link.
/^ *\/\/\// {
  count = split($0, parts, "`")
  $0 = ""
  for (i = 1; i <= count; ++i) {
    if (i % 2) gsub(/ (Credentials|Request|Secret|Settings|Signature)[ ,.:]/, " %&", parts[i])
    gsub(/ % /, " %", parts[i])
    $0 = $0 (i == 1 ? "" : "`") parts[i]
  }
}
# Parentheses that keep macros away from a function would make a variable of it.
/^ *(virtual|void)/ { sub(/\(send\)/, " send"); sub(/\(write\)/, " write") }
{ print }
