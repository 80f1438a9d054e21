"""Writes cpython.json: expressions, and what CPython makes of them.

    python3 generate.py > cpython.json

A row is {"expression", "scope"?, "result"} or {"expression", "scope"?, "error"}, the latter an exception's name.
Results are encoded as they leave an evaluation: a tuple as a list, an int beyond 2**53 - 1 as the nearest float,
-0.0 as 0; NaN is a ValueError there, and so is a complex number; an infinity is an OverflowError. JSON does not tell
2 from 2.0, so rows that need it ask for str(...).
"""

import json
import math
import sys
import warnings
from itertools import product

FUNCTIONS = {f.__name__: f for f in (int, float, str, round, abs, min, max, len)}


class Pool(dict):
    """An unknown name reads as 0; an integral number is an int."""

    def __missing__(self, name):
        return FUNCTIONS.get(name, 0)


def enter(value):
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return [enter(item) for item in value] if isinstance(value, list) else value


def leave(value):
    if isinstance(value, (list, tuple)):
        return [leave(item) for item in value]
    if isinstance(value, complex):
        raise ValueError("a complex number")
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**53 - 1:
        value = float(value)
    if isinstance(value, float):
        if math.isnan(value):
            raise ValueError("not a number")
        if math.isinf(value):
            raise OverflowError("infinite")
        return int(value) if value == int(value) and abs(value) <= 2**53 - 1 else value
    return value


def row(expression, scope=None):
    found = {"expression": expression}
    if scope is not None:
        found["scope"] = scope
    try:
        pool = Pool({name: enter(value) for name, value in (scope or {}).items()})
        found["result"] = leave(eval(expression, {"__builtins__": {}}, pool))
    except (SyntaxError, TypeError, ZeroDivisionError, ValueError, IndexError, OverflowError) as error:
        found["error"] = "SyntaxError" if isinstance(error, SyntaxError) else type(error).__name__
    return found


def every_operator_on_every_pair_of_types():
    values = ["7", "-2", "0", "2.5", "-0.5", "True", "None", "'ab'", "''", "[1, 2]", "[]", "(1,)"]
    arithmetic = ["+", "-", "*", "/", "//", "%", "**"]
    comparisons = ["<", ">", "<=", ">=", "==", "!=", "in", "not in"]
    for left, operator, right in product(values, arithmetic + comparisons, values):
        if operator == "%" and left.startswith("'"):
            continue  # formatting, which is refused
        yield f"str({left} {operator} {right})"
    for left, right in product(["None", "True", "False", "1", "1.0", "'a'", "''", "[]"], repeat=2):
        yield f"{left} is {right}"
        yield f"{left} is not {right}"
    for left, operator, right in product(["0", "3", "''", "'a'", "[]", "None", "0.0"], ["and", "or"], ["5", "[]"]):
        yield f"{left} {operator} {right}"
    for operator, value in product(["-", "+", "not "], values):
        yield f"str({operator}{value})"


def integers():
    for a, b in product([7, -7, 6, -6, 1, 0], [2, -2, 3, -3, 7]):
        yield f"str({a} // {b}) + ' ' + str({a} % {b}) + ' ' + str({a} / {b})"
    for a, b in product(["7.5", "-7.5", "1e17", "-0.0", "0.1", "3"], ["2.0", "-2.0", "0.1", "-0.1", "1e-3"]):
        yield f"str({a} // {b}) + ' ' + str({a} % {b})"
    yield from """
        2 ** 10|2 ** -1|2 ** 0|0 ** 0|0 ** 5|0 ** -1|0.0 ** -1|(-2) ** 3|-2 ** 2|-2 ** -2|2 ** 3 ** 2|(2 ** 3) ** 2
        2 ** -1 ** 2|(-8) ** 0.5|(-8) ** (1 / 3)|4 ** 0.5|2.0 ** 3|str(2.0 ** 3)|10 ** -2|1.1 ** 10|1e200 ** 2
        str(10 ** 30)|2 ** 53 + 1|str(2 ** 53 + 1)|str(2 ** 64 - 1)|2 ** 1023|2 ** 1024|str(2 ** 1024 // 2 ** 1020)
        9007199254740993 - 9007199254740992|9007199254740993 == 9007199254740992.0|2 ** 53 + 1 > 2.0 ** 53
        10 ** 400 / 10 ** 399|10 ** 400 / 3|1 / 10 ** 400|10 ** 400 * 1.0|10 ** 400 > 1e308|10 ** 400 < float('inf')
        (2 ** 53 + 1) / 2|(2 ** 54 + 3) / 7|3 / (2 ** 60 + 1)|12345678901234567890 / 7|-12345678901234567890 / 7
        12345678901234567890 // 7|-12345678901234567890 // 7|12345678901234567890 % 7|-12345678901234567890 % -7
        (2 ** 1074 + 1) / 2 ** 2148|3 / 2 ** 1075|1 / 2 ** 1075|5 / 2 ** 1076|(2 ** 60 + 1) / 2 ** 1130
        1 / 2|4 / 2|str(4 / 2)|7 / 2|1 / 3|2 / 3|1 // 0|1 % 0|1 / 0|1.0 // 0|1.0 % 0|1 / 0.0|0 / 5|str(0 / -5)
        (-1) ** 10 ** 30|1 ** 10 ** 30|0 ** 10 ** 30|str((-1) ** (10 ** 30 + 1))|True ** 2|2 ** True|(-2) ** 0.0
        float('inf') ** 0|1 ** float('nan')|(-1) ** float('inf')|float('inf') ** -1|0 ** float('inf')|str(2 ** float('-inf'))
        str(float('inf') // 2)|str(5 % float('inf'))|str(-5 % float('inf'))|str(-5 // float('inf'))|str(float('inf') % 2)
        0.1 + 0.2|str(0.1 + 0.2)|0.1 * 3|1e308 * 10|-1e308 * 10|1e308 * 10 - 1e308 * 10|1e308 * 10 > 1|1 - 0.9
        True + 1|True + True|str(True + True)|True * 2.5|True / 2|-True|+True|str(+True)|False - True|True // 2|True % 2
        1 + 2 * 3|(1 + 2) * 3|10 - 4 - 3|100 / 10 / 2|100 // 7 % 3|2 * 3 ** 2|-3 % 5|-(3 % 5)|- -3|+-+3|--3|1 - -1|1--1
        7 // 2 * 2 + 7 % 2|1 + 1 if 0 else 2 + 2|not 1 + 1|not 0 == 0|not (1 == 2)|not not 3|-2 * -3|2 - 3 * -1|8 // 3 / 2
    """.strip().replace("\n", "|").split("|")


def comparisons():
    yield from """
        1 < 2 < 3|1 < 3 < 2|3 > 2 > 1|1 < 2 > 1|1 == 1 == 1|1 == 2 == 0|(1 == 2) == 0|1 < 2 == True|(1 < 2) == True
        1 < 2 in [2]|1 in [1] == True|(1 in [1]) == True|1 != 2 != 1|1 < 0 < 1 / 0|5 > 3 is not None|1 <= 1 >= 1
        1 == 1.0|1 == True|True == 1.0|0 == False|0 == ''|None == 0|None == None|'' == []|[] == ()|(1, 2) == [1, 2]
        0.1 + 0.2 == 0.3|0.1 + 0.2 > 0.3|1 < 1.5|2 > 1.5|True < 2|False < 0.5|True > False|-0.0 == 0.0|-0.0 < 0
        'a' < 'b'|'a' < 'B'|'Z' < 'a'|'' < 'a'|'ab' < 'abc'|'10' < '9'|'é' > 'z'|'\\ue000' < '\\U0001F600'|'\\uffff' > '😀'
        'a' == 'a'|'a' != 'A'|'a' < 1|1 < 'a'|None < 1|None < None|[] < 1|'a' >= None|[1] < (1,)|1.5 <= 'x'
        [1, 2] < [1, 3]|[1, 2] < [1]|[1] < [1, 0]|[] < [0]|[1, 'a'] < [1, 'b']|[1, 'a'] < [2, 3]|[1, 'a'] < [1, 3]
        [1, 2] == [1.0, 2]|[1, 2] != [2, 1]|(1, 2) >= (1, 2)|(1, (2, 3)) < (1, (2, 4))|[[1], [2]] == [[1], [2]]
        [1, 'a'] == [1, 2]|[None] == [None]|[None] < [None]|[None] <= [None]|[1, None] < [2, None]|(0,) > ()
        1 in [1, 2]|1.0 in [1, 2]|True in [1]|3 not in [1, 2]|'a' in 'cat'|'' in 'cat'|'' in ''|'ct' in 'cat'|'cat' in 'at'
        1 in 'a1'|'a' in 1|1 in None|'a' in ['a']|'a' in ['ab']|[1] in [[1]]|None in [None, 0]|(1,) in [(1,)]|'x' not in 'y'
        not 1 in [1]|not 'a' in 'b'|x in [0]|1 in (1,)|1 in ()|'😀' in 'a😀'|'é' in 'café'
        None is None|None is not None|0 is None|x is None|True is True|1 is True|'' is None|() is ()|[] is []|not None
        float('nan') == float('nan')|float('nan') != float('nan')|float('nan') < 1|float('inf') > 10 ** 300|1 < float('nan') < 3
        float('inf') == float('inf')|float('-inf') < -10 ** 300|2 ** 63 == 2.0 ** 63|2 ** 63 + 1 > 2.0 ** 63|1e16 == 10 ** 16
    """.strip().replace("\n", "|").split("|")


def logic():
    yield from """
        1 and 2|0 and 2|1 or 2|0 or 2|'' or 'x'|'a' and 'b'|[] or 0|None and 1|None or None|0 or '' or []|1 and 2 and 3
        1 and 0 and 1 / 0|1 or 1 / 0|0 and 1 / 0|0 or 1 / 0|1 or 0 and 0|(1 or 0) and 0|0 and 0 or 1|not 0 and 1|not (0 and 1)
        not ''|not 'a'|not []|not [0]|not ()|not (0,)|not None|not 0.0|not 0.1|not -0.0|not True|not float('nan')|not 'False'
        1 if 1 else 2|1 if 0 else 2|1 if [] else 2|1 / 0 if 0 else 2|1 if 1 else 1 / 0|1 if 0 else 2 if 0 else 3
        (1 if 1 else 0) + 1|1 if 1 else 0 + 1|'a' if 'x' in 'xyz' else 'b'|1 if not 0 else 2|1 or 2 if 0 else 3
        1 if (0 if 1 else 1) else 2|[1 if 1 else 2, 3]|1 if 0 or 1 else 2|-1 if 1 else 1|1 if 1 else lambda_
        0 if 0.0 else 1|1 if 'False' else 0|1 if None else 0|1 if (0,) else 0|1 if ' ' else 0|0 or False|0.0 or 0|True and 3
        not 0 and 1|not 0 and 0|not 1 or 1|not 1 or 0|not 0 and 1 or 2|not not 0 or 3|not 1 == 2 and 0|5 and not 0 and 7|not 1 in [1] or 4
        not 0 or 1 and 0|not 0 and not 0 and 6|0 or not 0 or 1 / 0|not 1 and 1 / 0|not (0) and 8|1 < 2 and not 3 < 2 or 9|not 0 if 0 else 5
        1 if not 0 and 0 else 2|not 1 if 1 else 2|not not not 1 or 5|0 and not 1 or 7|not '' and 'x' or 'y'|not 0 and [1, 2][0]|(not 0) + 1
    """.strip().replace("\n", "|").split("|")


def rounding():
    for value in ["0.5", "1.5", "2.5", "3.5", "-0.5", "-1.5", "-2.5", "2.4999", "2.5001", "7", "-7", "True", "1e20"]:
        yield f"str(round({value}))"
    for value, digits in product(
        ["2.675", "2.685", "0.125", "0.375", "-0.125", "1.005", "1234.5678", "-1234.5678", "0.1", "5e-324", "1e22"],
        ["0", "1", "2", "3", "-1", "-2", "-4", "None", "20", "400", "-400"],
    ):
        yield f"str(round({value}, {digits}))"
    for value, digits in product(["1234", "1250", "1350", "-1250", "-1350", "50", "150", "5", "15", "25"], ["2", "-1", "-2", "-3"]):
        yield f"str(round({value}, {digits}))"
    yield from """
        round('a')|round(None)|round([])|round(1.5, 'a')|round(1.5, 1.0)|round(1.5, True)|round(True, 1)|round(5, None)
        round(float('inf'))|round(float('nan'))|round(float('inf'), 2)|round(float('-inf'))|round(1.7e308, -308)
        round(12345678901234567890, -3)|round(5, -1000)|round(0, -5)|str(round(-0.4))|str(round(-0.4, 0))|round(0.5 + 0.5)
        round(1.45, 1)|round(1.55, 1)|round(8.5, -1)|round(15.0, -1)|round(25.0, -1)|round(2.5) + round(3.5)|round(1e16 + 0.5)
    """.strip().replace("\n", "|").split("|")


def conversions():
    texts = [
        "12", " -3 ", "+4", "1_000", "_1", "1_", "1__0", "", " ", "12.0", "1e3", "0x1F", "012", "-0", "- 1", "--1", "1 2",
        "٣٤", "１２", "\\u00a07\\n", "\\t8", "\\ufeff1", "\\x1c9\\x1f", "\\x859", "nan", "NaN", "-inf", "+Infinity", "infinit", "1.", ".5", ".", "-.5e-3",
        "1_0.0_1", "1_.0", "1._0", "1e1_0", "1e", "e5", "1E5", "1e400", "1e-400", "0.1", "½", "²", "1,5", "True", "1j", "9" * 30,
    ]
    for text in texts:
        yield f"str(int('{text}'))"
        yield f"str(float('{text}'))"
    values = ["3.9", "-3.9", "1e20", "True", "None", "[]", "()", "0.0", "-0.0", "2 ** 70", "1e308 * 10", "float('nan')", "''"]
    for name, value in product(["int", "float", "str", "abs", "len", "min", "max"], values):
        yield f"str({name}({value}))"
    yield from """
        int()|float()|str()|str(float())|len('')|len('abc')|len('😀é')|len([1, [2, 3]])|len((1,))|len(())|len(1)
        abs(-3)|abs(3)|abs(-2.5)|abs(-0.0)|abs(True)|str(abs(True))|abs('a')|abs(-10 ** 20)|int('1') + 1|int(' 7\\n')
        min(1, 2)|min(2, 1, 3)|max(1, 2.5)|max([1, 5, 3])|min((4, 2))|max('abc')|min('hello')|max([])|min(())|max('')|min(3)
        max(1, 'a')|min([1, 'a'])|max([1], [2])|max('a', 'b')|max(1, 1.0)|str(max(1, 1.0))|str(max(1.0, 1))|str(min(True, 1))
        max([[1, 2], [1, 3]])|max((1, 2), (0, 9))|min(None, 1)|max(None)|max(True, False)|min(-0.0, 0.0)|max(x, y)|min([0.5])
        int(3.9) + int(-3.9)|int(1e18)|str(int(1e18))|int('0' * 50 + '7')|float('1e3')|float(' 2.5 ')|str(float(3))|float(10 ** 400)
        int(max('3', '12'))|len(str(12345))|str(1) + '2'|int(str(7) * 2)|float(str(0.1))|int(float('7.9'))|round(float('2.5'))
        str(min(float('nan'), 1))|str(max(1, float('nan')))|str(max([0.5, 2, True]))
    """.strip().replace("\n", "|").split("|")


def representations():
    for value in [
        "1.0", "100.0", "0.1", "1e16", "1e15", "123456789012345680.0", "1e22", "1e-5", "0.0001", "0.00012345", "1.5e-7", "1e100",
        "1e-100", "5e-324", "1.7976931348623157e308", "-0.0", "-1.5", "123456.789", "9999999999999998.0", "1 / 3", "2 / 3 * 1e20",
        "1e21", "1.2345e17", "-1e-05", "1e400", "-1e400", "float('nan')", "3.14159", "0.5e-4", "9.5e15", "100000000000000000000.0",
        "True", "None", "[]", "()", "(1,)", "(1, 2)", "[1, 'a']", "[1.0, None, True]", "[[1], (2,), []]", "['it\\'s']", "['\"']",
        "['\\'\"']", "['a\\n\\t\\\\\\r']", "['\\x07\\x7f\\xa0\\xad']", "['é', '😀', '\\u200b', '\\u2028', '\\U000e0001', '\\u3000', ' ']",
        "'plain'", "[2 ** 70]", "[-0.0]", "['']", "([],)", "[x]", "10 ** 25", "'\\ufeff'", "['\\ufeff', '\\x85', '\\u0378']",
    ]:
        yield f"str({value})"


def literals():
    yield from [
        "1_000", "1__000", "_1", "1_", "0x1F", "0X1f", "0x_1f", "0x", "0xg", "0o17", "0O7", "0o8", "0b101", "0B1", "0b2", "0b_1", "0_0",
        "00", "000", "012", "0_7", "09.5", "012.5", "09e1", "1.", ".5", "1.e3", "1.5e3", "1e3", "1E-3", "1e+3", "1e", "1e_3", "1_0e1_0", "1._5",
        "1_.5", "._5", "0.0", "0e5", "1.5.5", "1..5", "1if 1else 2", "1or 2", "1and 2", "1in[1]", "0x1for x", "0b1and 1", "1. if 1 else 2",
        "1.if 1 else 2", "1.+1", "1.*2.", "-1.", "[1.,2.]", "12abc", "1e5or 2", "0xfor 3", "1__1", "1 000", "1e400", "1e-400", "1 .5",
        "'a'", '"a"', "''", '""', "'''a'''", '"""a"""', "'a' 'b'", "'a' \"b\" '''c'''", "'a''b'", "('a'\n'b')", "'a'\n'b'", "'a' + 'b' 'c'",
        r"'\n\t\r\\'", r"'\''", r'"\""', r"'\a\b\f\v'", r"'\x41\u0041\U00000041'", r"'\101\60'", r"'\q\ \.'", r"'\x4'", r"'\u004'",
        r"'\U00110000'", r"'\xzz'", r"r'\n'", r"R'\x'", r"r'\''", r"u'a'", r"U'\n'", r"ur'a'", r"r'a' 'b\n'", r"'\8'", r"len('\400')",
        "'a\\\nb'", "'''a\nb'''", "'''a\\\nb'''", "'''a'b''c'''", "'a\nb'", "'a", "'''a''", "'''a'", "'a\"b'", "'\\'", "r'\\'", "'''a\r\nb\rc'''", "'\t'",
        "'😀'", "len('😀')", r"len('\U0001F600')", "'a' if 1 else 'b' 'c'", "'a' * 3", "3 * 'a'", "'a' * -1", "'a' * True", "'a' * 1.5", "'ab'[0] 'c'",
        "True", "False", "None", "true", "none", "(1)", "(1,)", "(1,2)", "(1,2,)", "()", "(,)", "(1,,2)", "1,", "1,2", "1,2,", ",", "[]", "[1]", "[1,]",
        "[,]", "[1,,2]", "[1 2]", "((1))", "(((1,)))", "[[], [[]]]", "(1, 'a', None, [2.5])", "x,", "x, y if 1 else 2", "1, 2 + 3",
    ]


def layout():
    yield from [
        "", " ", "\n", " 1", "\t1", "1 ", "1\n", "1\n\n", "\n1", "1\n2", "1\n+2", "(1\n+2)", "(\n1\n)", "[1,\n2]", "1 \\\n+ 2", "1 + \\\n2", "1 \\ + 2", "1\\",
        "# c", "1 # c", "1 # c\n", "(1 # c\n)", "# c\n1", "(1, # one\n 2)", "max(1, # one\n 2)", "1;", "1; 2", ";", "1 2", "a b", "a +", "+ a", "a + * b",
        "a == not b", "- not a", "2 ** not a", "a + not b", "a in not b", "not a == b", "a = 1", "a == = b", "a != b", "a ! b", "a & ", "a ? b : c",
        "a if b", "a if b else", "if a else b", "a if else b", "a if b if c else d else e", "a if b else c if d else e", "a or", "or a", "a and and b", "a not b",
        "a is in b", "a not is b", "a is not not b", "not", "in", "is", "a in", "(a", "a)", "[a", "a]", "(a]", "[a)", "a[", "a[]", "f(", "max(1", "max(1,,2)", "max(,1)",
        "max(1,)", "a\tif\tb\telse\t1", "1\f+ 1", "a\u00a0+ 1", "1 + 1\u3000", "$", "a$", "a?", "`a`", "é + 1", "a€", "__x + 1", "_", "x1", "1x", "match + 1",
        "type + 1", "case", "match[0]", "print", "print + 1", "print 1", "(print)", "exec", "pass", "if", "else", "for", "class", "return 1", "import os", "async", "await",
        "nonlocal", "global x", "None1", "True + ", "not_", "notx", "isx", "inx", "orx", "x or y", "andx", "ªb", "ﬁ + 1", "'a' 'b", "1 if\n 1 else 2", "(1 if\n 1 else 2)",
    ]


def subscripts():
    for index in ["0", "1", "-1", "2", "3", "-3", "-4", "True", "None", "1.0", "'a'", "[0]"]:
        yield f"[10, 20, 30][{index}]"
        yield f"'a😀c'[{index}]"
        yield f"(10, 20, 30)[{index}]"
    bounds = ["", "0", "2", "-1", "-2", "9", "-9"]
    for start, stop, step in product(bounds, bounds, ["", "2", "-1", "-2"]):
        yield f"'a😀cde'[{start}:{stop}:{step}]"
    yield from """
        [1, 2, 3][1:]|[1, 2, 3][:1]|[1, 2, 3][:]|[1, 2, 3][::]|(1, 2, 3)[::2]|str((1, 2, 3)[1:])|str([1, 2][5:])|'abc'[::0]|'abc'['a':]
        'abc'[1.0:]|'abc'[None:None:None]|'abc'[True:]|[1, 2, 3][1:2][0]|[[1, 2], [3]][0][1]|[1][0][0]|5[0]|None[0]|'abc'[0][0][0]
        []['a']|[][0]|''[0]|()[-1]|[1, 2, 3][-2:]|'abc'[10 ** 30:]|'abc'[-10 ** 30:]|'abc'[10 ** 30]|'abc'[::10 ** 30]|'abc'[::-10 ** 30]
        -[1, 2][0]|[1, 2][0] + 1|2 ** [1, 2][1]|[1, 2][-1] ** 2|not [0][0]|[1, 2][1 if 1 else 0]|'abc'[1:2] + 'x'|'abc'[-1] in 'c'
        [3, 1, 2][max(0, 1)]|str([1, 2, 3])[0]|'a,b'[1] == ','|[1, 2][0:1] == [1]|x[0]|x[:]|[1, 2, 3][0, 1]|[1, 2][1:2, 0]|[1,2,3] [1]
    """.strip().replace("\n", "|").split("|")


def sequences():
    yield from """
        [1] + [2]|[] + []|(1,) + (2,)|str((1,) + ())|[1] + (2,)|[1] * 2|2 * [1, 2]|(1,) * 3|[1] * 0|[1] * -1|[] * 10 ** 30|'' * 10 ** 30
        [1] - [1]|[1] + 1|1 + [1]|'a' + 1|1 + 'a'|'a' - 'b'|'a' * 'b'|[1] * [1]|[1] * None|None + 1|-'a'|+'a'|-[]|+None|-None|'1' + '2'|'1' * 2 + '3'
        [1] * 2 == [1, 1]|'a' 'b' * 2|'ab' * 2 + 'c'|[[]] * 3|[1, [2]] + [[3]]|len('ab' * 10)|len([0] * 100)|('a',) * True|[1.5, 2.0, -0.0]|(1, (2, 3))|[None, True]
    """.strip().replace("\n", "|").split("|")


def pools():
    scope = {
        "score": 7, "ratio": 0.5, "name": "Ana", "empty": "", "yes": True, "no": False, "nothing": None, "picks": [1, "b", [2.5]],
        "big": 9007199254740991, "half": -2.5, "whole": 4.0, "print": 3, "match": 4, "é": 5, "fi": 6, "text": " 12 ",
    }
    for expression in """
        score + 1|score / 2|str(score)|str(score / 1)|str(ratio)|str(whole)|whole / 2|name + '!'|name * 2|name[0]|name[-1]|empty or 'x'|yes + 1|not no|nothing is None
        nothing or 1|picks[0]|picks[-1][0]|picks[1] * 2|picks + [3]|len(picks)|picks == [1, 'b', [2.5]]|str(picks)|1 in picks|'b' in picks|big + 1|str(big + 2)|big * big
        half // 1|half % 1|round(half)|int(half)|unknown|unknown + 1|unknown == 0|unknown or score|str(unknown)|print + 1|match * 2|é + 1|ﬁ + 1|max(score, 8)|int(text)
        float(text)|5 <= score <= 10|score > 5 and name == 'Ana'|'A' in name|score if yes else 0|-score|score ** 2|score % 2 == 1|score // 2|-score // 2|name < 'B'
        name == nothing|nothing == 0|yes == 1|[score, ratio]|(name,)|score - score|ratio * score|score + ratio + yes|name[1:]|name[::-1]|1 if 'z' in name else 2
        constructor|__proto__|toString + 1|hasOwnProperty|valueOf == 0|nothing + 1|name + score|score[0]|picks < [1, 'c']|picks > 1|score in picks|picks is picks|picks is not picks|abs(half) + max(picks[0], 3)
    """.strip().replace("\n", "|").split("|"):
        yield expression.strip(), scope


def main():
    sys.set_int_max_str_digits(0)
    warnings.simplefilter("ignore")
    sources = [
        every_operator_on_every_pair_of_types, integers, comparisons, logic, rounding, conversions, representations, literals, layout,
        subscripts, sequences,
    ]
    keep = (literals, layout)
    rows = [row(text if source in keep else text.strip()) for source in sources for text in source()]
    rows += [row(*pair) for pair in pools()]
    lines = [json.dumps(found, ensure_ascii=False) for found in rows]
    print("[\n" + ",\n".join(lines) + "\n]")


main()
