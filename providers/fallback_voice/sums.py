"""Small sums, worked out exactly or not at all."""

import ast
import operator
import re
from collections.abc import Callable
from fractions import Fraction

_LONGEST = 60
_LARGEST = 10**15
_QUESTION = re.compile(
    r"(?:hey |please |and )*(?:what'?s|what is|how much (?:is|are)|calculate|compute|work out)?"
    r" *(?P<sum>[-+(]?[\d(][\d\s.,+\-*/x×·÷^()%−]*?) *=? *\?*[.!]*",
    re.IGNORECASE,
)
# A date, a telephone number or a hexadecimal number is no sum.
_NO_SUM = re.compile(r"\d{1,4}([/-])\d{1,2}\1\d{1,4}|\d{2,}-[\d-]+|.*\b0x.*")
_IN_WORDS = (
    (r"(\d)\s*% of (?=\d)", r"\1/100*"),
    (r"(\d) percent of (?=\d)", r"\1/100*"),
    (r"\bplus\b", "+"),
    (r"\bminus\b", "-"),
    (r"\btimes\b|\bmultiplied by\b", "*"),
    (r"\bdivided by\b|\bover\b", "/"),
    (r"\bsquared\b", "^2"),
)
_SIGNS = str.maketrans({"x": "*", "X": "*", "×": "*", "·": "*", "÷": "/", "−": "-", ",": ""})
_OPERATIONS: dict[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def worked_out(question: str) -> str:
    """“12 × 7 = 84” for a question that is a sum; empty for anything else."""
    text = question[: 2 * _LONGEST].lower().strip()
    if _NO_SUM.fullmatch(text):
        return ""
    for words, sign in _IN_WORDS:
        text = re.sub(words, sign, text)
    match = _QUESTION.fullmatch(text)
    if match is None or len(written := match["sum"].strip()) > _LONGEST:
        return ""
    formula = written.translate(_SIGNS).replace("^", "**")
    if not re.search(r"\d\s*\)*\s*[-+*/]", formula):
        return ""
    try:
        value = _value(ast.parse(formula, mode="eval").body)
    except ZeroDivisionError:
        return f"{_readable(written)} has no answer: nothing can be divided by zero"
    except (SyntaxError, ValueError, OverflowError, RecursionError):
        return ""
    return f"{_readable(written)} {'=' if _is_exact(value) else '≈'} {_number(value)}"


def _value(node: ast.expr) -> Fraction:
    match node:
        case ast.Constant(value=int() | float() as number):
            value = Fraction(str(number))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            value = -_value(operand)
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int() as power)):
            if power > len(str(_LARGEST)):
                raise OverflowError
            value = _value(left) ** power
        case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _OPERATIONS:
            value = _OPERATIONS[type(operation)](_value(left), _value(right))
        case _:
            raise ValueError("not a sum")
    if abs(value) > _LARGEST:
        raise OverflowError
    return value


def _is_exact(value: Fraction) -> bool:
    return (value * 10**6).denominator == 1


def _number(value: Fraction) -> str:
    whole = value.denominator == 1
    digits = f"{value.numerator:,}" if whole else f"{float(value):,.6f}".rstrip("0").rstrip(".")
    return digits.replace("-", "−")


def _readable(written: str) -> str:
    """With proper signs, and spaces around those that stand between two numbers."""
    signs = {"-": "−", "*": "×", "x": "×", "·": "×", "/": "÷"}
    signed = "".join(signs.get(character, character) for character in "".join(written.split()))
    return re.sub(r"(?<=[\d)])([−+×÷])", r" \1 ", signed)
