"""The mutants of a module: its source with one small change, made by the operators of Cosmic Ray.

Of an arithmetic operator only its opposite is tried and of a comparison its neighbour, for most others fail at once.
Changes of annotations, of docstrings and of arguments on which no result depends are no mutants.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

__all__ = ["Mutant", "chosen", "mutants"]

REPLACED = {
    "BinaryOperator": "Add_Sub Sub_Add Mul_Div Div_Mul FloorDiv_Mul Mod_FloorDiv Pow_Mul RShift_LShift LShift_RShift "
    "BitOr_BitAnd BitAnd_BitOr BitXor_BitOr",
    "ComparisonOperator": "Lt_LtE LtE_Lt Gt_GtE GtE_Gt Eq_NotEq NotEq_Eq Is_IsNot IsNot_Is",
    "UnaryOperator": "Delete_USub Delete_Invert Delete_Not",
}
OPERATORS = [
    *(f"Replace{kind}_{pair}" for kind, pairs in REPLACED.items() for pair in pairs.split()),
    *["AddNot", "ReplaceTrueWithFalse", "ReplaceFalseWithTrue", "ReplaceAndWithOr", "ReplaceOrWithAnd"],
    *["ReplaceBreakWithContinue", "ReplaceContinueWithBreak", "NumberReplacer", "ZeroIterationForLoop"],
]

NO_RESULT = {"stacklevel", "strict", "cost", "cost_around"}
"""Arguments on which no result depends; costs are measured by `tests/planes/test_needs.py`."""
NEEDS = "_BYTES", "_ROWS", "cost"
"""How names of what is needed begin."""


class Mutant(NamedTuple):
    """One change of a module."""

    source: str
    """The whole module, changed."""
    line: int
    """Where, from 1."""
    was: str
    """The line that was changed, without indentation."""
    now: str
    """What it is instead."""

    @property
    def change(self) -> tuple[str, str]:
        """What tells it from others of its module, wherever lines above it move."""
        return self.was, self.now


class _Meaning(ast.NodeTransformer):
    """A module without annotations and docstrings, of which a change is none."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        self.generic_visit(node)
        node.annotation = ast.Constant(None)
        return node

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns = None
        return node

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        """Which may be given by name only is of style."""
        self.generic_visit(node)
        defaults = [*node.defaults, *(value for value in node.kw_defaults if value is not None)]
        every = [*node.posonlyargs, *node.args, *node.kwonlyargs]
        return ast.arguments([], every, node.vararg, [], [], node.kwarg, defaults)

    def visit_keyword(self, node: ast.keyword) -> ast.AST:
        self.generic_visit(node)
        return ast.keyword(node.arg, ast.Constant(None)) if node.arg in NO_RESULT else node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        self.generic_visit(node)
        return None if isinstance(node.value, ast.Constant) else node

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        self.generic_visit(node)
        return None if ast.unparse(node.targets[0]).startswith(NEEDS) else node


def _meaning(source: str) -> str | None:
    """What results depend on, as text; None of what is no Python, as a loop that a changed star would unpack."""
    try:
        return ast.dump(_Meaning().visit(ast.parse(source)))
    except SyntaxError:
        return None


def _mutant(source: str, changed: str) -> Mutant:
    pairs = enumerate(zip(source.splitlines(), changed.splitlines(), strict=False), start=1)
    line, was, now = next((number, was, now) for number, (was, now) in pairs if was != now)
    return Mutant(changed, line, was.strip(), now.strip())


def mutants(path: Path) -> Iterator[Mutant]:
    """Every mutant of the module at `path`, operator by operator."""
    source = path.read_text()
    meaning, seen = _meaning(source), set()
    for name in OPERATORS:
        operator, occurrence = get_operator(f"core/{name}")(), 0
        while (changed := mutate_code(source, operator, occurrence)) is not None:
            occurrence += 1
            if changed not in seen and _meaning(changed) not in (meaning, None):
                seen.add(changed)
                yield _mutant(source, changed)


def chosen(path: Path, most: int, seed: int) -> list[Mutant]:
    """Up to `most` mutants of the module at `path`, by chance where it has more, in the order of its lines."""
    every = list(mutants(path))
    if len(every) > most:
        every = random.Random(f"{seed} {path.stem}").sample(every, most)
    return sorted(every, key=lambda mutant: mutant.line)
