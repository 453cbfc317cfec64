#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""jmespath_by_python.py PROGRAM [SEED [COUNT]]: has PROGRAM and Python's jmespath, which the AWS
CLI uses, apply the same generated expressions to the same generated documents, and compares what
they give, or whether they refuse. Exit status 77 where there is no jmespath.

Python is made to follow the specification where it does not: true and 1, false and 0 are never
equal (in Python they are inside arrays and objects), there is no order between a number and a
string (in Python a TypeError), and all arguments of merge() are objects (in Python the first is).
Left to differ: two numbers side by side in a slice are refused (in Python the last one counts), as
are half characters. And what can be seen without a document is refused before the call, in
branches that are not taken as well: functions, arities, types of arguments."""

import json
import operator
import random
import subprocess
import sys

try:
    import jmespath
    from jmespath import functions, visitor
except ImportError:
    print("skipped: this Python has no jmespath")
    sys.exit(77)

NAMES = ["a", "b", "c", "d", "\u00e9", "x y"]
WORDS = ["", "a", "b", "ab", "abc", "\u00e9t\u00e9", "\U0001f511k", "10", " 7 ", "1e2", "-3.5"]
WORDS += ["1_0", "x\ny", 'q"\\', "\u65e5\u672c"]
BIG = 123456789012345678901234567890
NUMBERS = [0, 1, 2, -1, 3, 10, 1.0, 0.5, -2.5, 1e3, 1e16, 1.5e-7]
NUMBERS += [BIG, 2**63 - 1, -(2**63)]
FUNCTIONS = {name: spec["signature"] for name, spec in functions.Functions.FUNCTION_TABLE.items()}


def same_value(left, right):
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same_value, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same_value(left[k], right[k]) for k in left)
    return left == right


def ordered(compare):
    def order(left, right):
        return compare(left, right) if isinstance(left, str) == isinstance(right, str) else None

    return order


class Functions(functions.Functions):
    @functions.signature({"types": ["array", "string"]}, {"types": []})
    def _func_contains(self, subject, search):
        if isinstance(subject, str):
            return search in subject
        return any(same_value(item, search) for item in subject)

    @functions.signature({"types": ["object"], "variadic": True})
    def _func_merge(self, *arguments):
        for argument in arguments:
            self._type_check_single(argument, ["object"], "merge")
        return super()._func_merge(*arguments)


visitor._equals = same_value
visitor.TreeInterpreter.COMPARATOR_FUNC = {
    "eq": same_value,
    "ne": lambda left, right: not same_value(left, right),
    "lt": ordered(operator.lt),
    "lte": ordered(operator.le),
    "gt": ordered(operator.gt),
    "gte": ordered(operator.ge),
}
OPTIONS = jmespath.Options(custom_functions=Functions())


class Generator:
    def __init__(self, rng):
        self.rng = rng

    def value(self, depth):
        kind = self.rng.randrange(10 if depth > 0 else 5)
        if kind < 2:
            return self.rng.choice(WORDS)
        if kind < 4:
            return self.rng.choice(NUMBERS)
        if kind == 4:
            return self.rng.choice([None, True, False])
        if kind < 8:
            size = self.rng.randrange(5)
            if self.rng.random() < 0.5:  # all of a kind, as most functions want them
                pool = self.rng.choice([WORDS, NUMBERS])
                return [self.rng.choice(pool) for _ in range(size)]
            return [self.value(depth - 1) for _ in range(size)]
        names = self.rng.sample(NAMES, self.rng.randrange(len(NAMES)))
        return {name: self.value(depth - 1) for name in names}

    def document(self):
        # RapidJSON has no larger integers.
        text = json.dumps({name: self.value(3) for name in NAMES})
        return json.loads(text.replace(str(BIG), str(2**64 - 1)))

    def name(self):
        name = self.rng.choice(NAMES)
        if not name.isascii() or " " in name or self.rng.random() < 0.1:
            return json.dumps(name, ensure_ascii=self.rng.random() < 0.5)
        return name

    def literal(self):
        kind = self.rng.random()
        if kind < 0.3:
            return "'" + self.rng.choice(WORDS).replace("'", "\\'") + "'"
        if kind < 0.4:  # without quotes, as before JEP-12
            words = [" foo", "a b", "1.", "01", "Inf", "\\u00e9", "+1"]
            return "`" + self.rng.choice(words) + "`"
        return "`" + json.dumps(self.value(2)).replace("`", "\\`") + "`"

    def brackets(self):
        kind = self.rng.randrange(4)

        def number():
            return str(self.rng.choice([0, 1, 2, 3, -1, -2, 10**20, -(10**20), "01"]))

        def maybe():
            return number() if self.rng.random() < 0.5 else ""

        if kind == 0:
            return f"[{number()}]"
        if kind == 1:
            return f"[{maybe()}:{maybe()}]"
        if kind == 2:
            return f"[{maybe()}:{maybe()}:{maybe()}]"
        return self.rng.choice(["[*]", "[]"])

    def call(self, depth):
        name = self.rng.choice(sorted(FUNCTIONS))
        signature = FUNCTIONS[name]
        count = len(signature) + (self.rng.randrange(3) if signature[-1].get("variadic") else 0)
        if self.rng.random() < 0.02:
            count = self.rng.randrange(4)
        if self.rng.random() < 0.02:
            name += self.rng.choice("sx_")
        arguments = []
        for i in range(count):
            types = signature[min(i, len(signature) - 1)]["types"]
            wants = "expref" in types and self.rng.random() < 0.97
            arguments.append(("&" if wants else "") + self.expression(depth - 1))
        return f"{name}({', '.join(arguments)})"

    def primary(self, depth):
        kind = self.rng.randrange(14 if depth > 0 else 6)
        if kind < 4:
            return self.name()
        if kind == 4:
            return "@"
        if kind == 5:
            return self.literal()
        if kind < 9:
            return self.call(depth)
        if kind == 9:
            return f"({self.expression(depth - 1)})"
        if kind == 10:
            items = (self.expression(depth - 1) for _ in range(self.rng.randint(1, 3)))
            return "[" + ", ".join(items) + "]"
        if kind == 11:
            size = self.rng.randint(1, 3)
            pairs = (f"{self.name()}: {self.expression(depth - 1)}" for _ in range(size))
            return "{" + ", ".join(pairs) + "}"
        if kind == 12:
            return "!" + self.expression(depth - 1)
        condition = self.expression(depth - 1)
        return self.rng.choice(["*", "[*]", "[]", self.brackets(), f"[?{condition}]"])

    def expression(self, depth):
        text = self.primary(depth)
        for _ in range(self.rng.choice([0, 0, 1, 1, 2, 3])):
            kind = self.rng.randrange(10)
            if kind < 4:
                call = self.call(depth) if depth > 0 else "a"
                text += "." + self.rng.choice([self.name(), self.name(), "*", call])
            elif kind < 7:
                text += self.brackets()
            elif depth > 0 and kind == 7:
                text += f"[?{self.expression(depth - 1)}]"
            elif depth > 0:
                operators = ["|", "||", "&&", "==", "!=", "<", "<=", ">", ">="]
                text += f" {self.rng.choice(operators)} {self.expression(depth - 1)}"
        return text

    def spoilt(self, text):
        at = self.rng.randrange(len(text) + 1)
        other = self.rng.choice(["", *"[](){}.,:|&!<>=*@?'`\"\\-#a0 "])
        return text[:at] + other + text[at + self.rng.randrange(2):]


ANY = {"null", "boolean", "number", "string", "array", "object"}
RESULTS = {
    "abs": {"number"},
    "avg": {"number", "null"},
    "ceil": {"number"},
    "contains": {"boolean"},
    "ends_with": {"boolean"},
    "floor": {"number"},
    "join": {"string"},
    "keys": {"array"},
    "length": {"number"},
    "map": {"array"},
    "max": {"number", "string", "null"},
    "merge": {"object"},
    "min": {"number", "string", "null"},
    "reverse": {"array", "string"},
    "sort": {"array"},
    "sort_by": {"array"},
    "starts_with": {"boolean"},
    "sum": {"number"},
    "to_array": {"array"},
    "to_number": {"number", "null"},
    "to_string": {"string"},
    "type": {"string"},
    "values": {"array"},
}
ARRAYS = {"projection", "value_projection", "filter_projection", "flatten", "multi_select_list"}


class NeverApplies(Exception):
    """What can be seen to fail for every document."""


def is_constant(node):
    if node["type"] == "function_expression":
        return all(map(is_constant, node["children"]))
    return node["type"] in ("literal", "expref")


def types_of(node, may_be_expref=False):
    """The types that an expression may give, by what JMESPath says of its parts."""
    kind = node["type"]
    if kind == "expref":
        if not may_be_expref:
            raise NeverApplies
        types_of(node["children"][0])
        return {"expref"}
    if kind == "function_expression":
        return types_of_call(node)
    if kind == "slice":
        if node["children"][2] == 0:
            raise NeverApplies
        return {"array", "null"}
    children = [types_of(child) for child in node.get("children", [])]
    if kind == "literal" or kind == "field":
        if any("\ud800" <= c <= "\udfff" for c in json.dumps(node["value"], ensure_ascii=False)):
            raise NeverApplies  # half a character, which cannot be printed
    if kind == "literal":
        return {Functions()._func_type(node["value"])}
    if kind in ARRAYS:
        return {"array", "null"}
    if kind == "multi_select_dict":
        return {"object", "null"}
    if kind == "not_expression" or kind == "comparator" and node["value"] in ("eq", "ne"):
        return {"boolean"}
    if kind == "comparator":
        return {"boolean", "null"}
    if kind in ("or_expression", "and_expression"):
        return children[0] | children[1]
    if kind in ("subexpression", "pipe", "index_expression"):
        return children[-1]
    return ANY


def types_of_call(node):
    name, arguments = node["value"], node["children"]
    signature = FUNCTIONS.get(name)
    if signature is None or len(arguments) < len(signature):
        raise NeverApplies
    if len(arguments) > len(signature) and not signature[-1].get("variadic"):
        raise NeverApplies
    for i, argument in enumerate(arguments):
        allowed = signature[min(i, len(signature) - 1)]["types"]
        types = types_of(argument, may_be_expref=True)
        if not types & ({allow.split("-")[0] for allow in allowed} or ANY):
            raise NeverApplies
        if argument["type"] == "literal" and not accepts(allowed, argument["value"]):
            raise NeverApplies
    if is_constant(node):
        try:
            visitor.TreeInterpreter(OPTIONS).visit(node, None)
        except (ValueError, TypeError, OverflowError):
            raise NeverApplies from None
    return RESULTS.get(name, ANY)


def accepts(allowed, value):
    try:
        if allowed:
            OPTIONS.custom_functions._type_check_single(value, allowed, "")
        return True
    except ValueError:
        return False


def seen_before_the_call(node):
    try:
        types_of(node)
        return False
    except NeverApplies:
        return True


def by_python(expression, document):
    """What it gives, or None and whether it is refused before the call."""
    try:
        compiled = jmespath.compile(expression)
    except jmespath.exceptions.JMESPathError:
        return None, True
    before = seen_before_the_call(compiled.parsed)
    try:
        result = compiled.search(document, OPTIONS)
        return [json.loads(json.dumps(result))], before
    except (ValueError, TypeError, OverflowError, KeyError):
        return None, before


def exactly(value):
    """With the order of members, and 1 and 1.0 apart."""
    return json.dumps(value)


def main():
    program = sys.argv[1]
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 10000
    rng = random.Random(seed)
    generator = Generator(rng)
    pairs = []
    while len(pairs) < count:
        expression = generator.expression(3)
        if len(pairs) % 5 == 4:
            expression = generator.spoilt(expression)
        if expression.strip():
            pairs.append((expression, generator.document()))
    lines = "".join(json.dumps(pair) + "\n" for pair in pairs)
    done = subprocess.run([program], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    answers = done.stdout.decode().split("\n")[:-1]
    assert len(answers) == count, len(answers)
    wrong = refused = 0
    for (expression, document), answer in zip(pairs, answers):
        expected, before = by_python(expression, document)
        refused += expected is None
        if answer.startswith("="):
            right = expected is not None and exactly(json.loads(answer[1:])) == exactly(expected[0])
        else:
            right = expected is None or (before and answer.startswith("compile:"))
            right = right or answer.startswith('compile:expected "]" at the end of the slice')
        if before and not answer.startswith("compile:"):
            right = False
        if not right:
            wrong += 1
            if wrong <= 20:
                print(f"{expression}\n  {json.dumps(document)}")
                print(f"  here   {answer}\n  Python {expected}")
    print(f"{count} expressions, of which {refused} are refused: {wrong} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
