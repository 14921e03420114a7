"""Small wrong changes to a file: in Python those of cosmic-ray, in SQL, YAML and seeds our own list."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator


class Mutant(NamedTuple):
    """One wrong change to a file, which `change` makes in its text; a change that changes nothing is no mutant."""

    file: str
    line: int
    column: int
    rule: str
    change: Callable[[str], str]

    def describe(self, original: str) -> str:
        """The first line that differs, before and after, each of at most 100 characters."""
        lines = list(difflib.ndiff(original.splitlines(), self.change(original).splitlines()))
        before, after = (
            next((f"`{line[2:].strip()[:100]}`" for line in lines if line.startswith(mark)), "nothing") for mark in "-+"
        )
        return f"{before} → {after if after != '``' else 'nothing'}"


SWAPS = {
    "BinaryOperator": (
        "Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Div", "Mod_Mul", "Pow_Mul", "RShift_LShift", "LShift_RShift",
        "BitOr_BitAnd", "BitAnd_BitOr", "BitXor_BitOr",
    ),
    "ComparisonOperator": (
        "Eq_NotEq", "NotEq_Eq", "Lt_LtE", "Lt_Gt", "LtE_Lt", "LtE_Gt", "Gt_GtE", "Gt_Lt", "GtE_Gt", "GtE_Lt", "Is_IsNot",
        "IsNot_Is",
    ),
    "UnaryOperator": ("USub_UAdd", "Delete_USub", "Delete_Not"),
}  # fmt: skip
OPERATORS = (
    *(f"Replace{kind}_{swap}" for kind, swaps in SWAPS.items() for swap in swaps),
    "AddNot", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd",
    "ReplaceBreakWithContinue", "ReplaceContinueWithBreak", "NumberReplacer", "RemoveDecorator",
    "ZeroIterationForLoop",
)  # fmt: skip
# (rule, pattern, replacement) for SQL; a pattern never spans lines.
SQL = (
    ("bound", r"(?<![<>=])>=", ">"),
    ("bound", r"<=(?!>)", "<"),
    ("bound", r"(?<=[\w)\"'] )<(?= )", "<="),
    ("bound", r"(?<=[\w)\"'] )>(?= )", ">="),
    ("join", r"\bleft join\b", "inner join"),
    ("join", r"\binner join\b", "left join"),
    ("sort", r"(?<= )desc\b", "asc"),
    ("sort", r"\bnulls last\b", "nulls first"),
    ("filter", r"^\s+and .*$", ""),
    ("filter", r"^(\s*)where .*$", r"\1where true"),
    ("logic", r" and (?=[\w(])", " or "),
    ("logic", r" or (?=[\w(])", " and "),
    ("logic", r"\bis not null\b", "is null"),
    ("aggregate", r"\bsum\(", "max("),
    ("aggregate", r"\bmin\(", "max("),
    ("aggregate", r"\bmax\(", "min("),
    ("aggregate", r"\bcount\(distinct ", "count("),
    ("constant", r"(?<![\w.'])(\d+)(?![\w.'])", lambda m: str(int(m[1]) + 1)),
)
YAML = (
    ("severity", r"\bcritical\b", "warning"),
    ("bound", r"(?<=_value: )(\d+)", lambda m: str(int(m[1]) + 1)),
)
SEED = (("value", r"(?<=,)(\d+(?:\.\d+)?)(?=,)", lambda m: f"{float(m[1]) + 1:g}"),)
TEXTUAL = {".sql": SQL, ".yml": YAML, ".csv": SEED}


def mutants_of(file: str, text: str) -> Iterator[Mutant]:
    """Every wrong change to a file."""
    yield from _python(file, text) if file.endswith(".py") else _textual(file, text)


def _python(file: str, text: str) -> Iterator[Mutant]:
    tree, notes = get_ast(text), set(_places_in_annotations(text))
    for name in OPERATORS:
        operator = get_operator(f"core/{name}")()
        positions = [start for node in ast_nodes(tree) for start, _ in operator.mutation_positions(node)]
        for occurrence, (line, column) in enumerate(positions):
            if (line, column) not in notes:
                change = partial(mutate_code, operator=operator, occurrence=occurrence)
                yield Mutant(file, line, column, name, change)


def _places_in_annotations(text: str) -> Iterator[tuple[int, int]]:
    """(line, column) inside annotations, which no test can notice."""
    for node in ast.walk(ast.parse(text)):
        result = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        for note in filter(None, result):
            for part in ast.walk(note):
                if isinstance(part, ast.BinOp):
                    yield from ((part.lineno, column) for column in range(part.col_offset, part.end_col_offset or 0))


def _textual(file: str, text: str) -> Iterator[Mutant]:
    kind = Path(file).suffix
    for number, line in enumerate(text.splitlines(), 1):
        code = line.partition("--")[0] if kind == ".sql" else line
        if kind == ".csv" and number == 1:
            continue
        for rule, pattern, replacement in TEXTUAL[kind]:
            for match in re.finditer(pattern, code):
                new = match.expand(replacement) if isinstance(replacement, str) else replacement(match)
                yield Mutant(
                    file, number, match.start(), rule,
                    partial(_replaced, number=number, start=match.start(), end=match.end(), new=new),
                )  # fmt: skip


def _replaced(text: str, number: int, start: int, end: int, new: str) -> str:
    lines = text.splitlines(keepends=True)
    line = lines[number - 1]
    return "".join([*lines[: number - 1], line[:start] + new + line[end:], *lines[number:]])
