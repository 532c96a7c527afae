"""Every test can fail: none passes because a collection is empty.

A test that asserts only inside a loop passes where the loop has nothing to go through. Two rules:

- Each test has an assertion of its own that always runs: not in a loop over what may be empty, not in one branch only,
  not after an early return. A test without assertions of its own leaves them to a helper, and is not judged.
- Whatever `all`, `not any`, a subset or a comprehension of offenders goes through is named in another assertion of the
  same function, also where the comprehension is bound to a name first.

Literals, and names in the same file that are bound to literals, are never empty.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

TESTS = Path(__file__).parent
FILES = sorted(TESTS.rglob("test_*.py"))
KEEPS_LENGTH = {"enumerate", "sorted", "reversed", "list", "tuple", "set", "zip", "product", "items", "values", "keys"}
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
SCOPES = (ast.FunctionDef, ast.Lambda, ast.ClassDef, *COMPREHENSIONS)
EMPTY = {"[]", "set()", "{}"}
EXITS = (ast.Return, ast.Continue)

# Tests that may pass on an empty collection, and why.
EXCEPTIONS = {
    "test_there_are_no_signals": "asked of each file; some import nothing",
    "test_what_catches_every_exception_raises_it_again_or_logs_it": "asked of each file; most catch nothing",
    "test_a_link_that_runs_something_is_dropped": "no link at all is what it asks for",
    "test_no_cookie_is_set_before_anything_is_begun_but_the_one_for_forms": "no cookie at all is fine",
}


class Function:
    """A function of a test file, with the names that are known not to be empty."""

    def __init__(self, node: ast.FunctionDef | ast.Module, known: set[str]) -> None:
        self.node, self.known = node, set(known)
        for each in parts(node):
            if isinstance(each, ast.Assign | ast.AnnAssign) and each.value and self.never_empty(each.value):
                targets = each.targets if isinstance(each, ast.Assign) else [each.target]
                self.known |= {target.id for target in targets if isinstance(target, ast.Name)}
        stored = [each.id for each in parts(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)]
        self.bound = {
            name: each.value
            for each in parts(node)
            if isinstance(each, ast.Assign) and isinstance(each.value, (*COMPREHENSIONS, ast.Call, ast.UnaryOp))
            for name in [ast.unparse(each.targets[0])]
            if stored.count(name) == 1
        }

    def never_empty(self, node: ast.expr) -> bool:
        """Return whether an expression is known not to be empty."""
        match node:
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                return any(self.never_empty(each.value) if isinstance(each, ast.Starred) else True for each in parts)
            case ast.Dict(keys=parts) | ast.JoinedStr(values=parts):
                return bool(parts)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                loops = node.generators
                return all(self.never_empty(each.iter) and not each.ifs for each in loops)
            case ast.Constant(value=value):
                return bool(value)
            case ast.Name(id=name):
                return name in self.known
            case ast.BinOp(left=left, right=right):
                return self.never_empty(left) or self.never_empty(right)
            case ast.Call(func=ast.Name(id="range"), args=[*_, last]):
                return self.never_empty(last)
            case ast.Call(func=ast.Name(id=name), args=given) if name in KEEPS_LENGTH and given:
                return all(map(self.never_empty, given))
            case ast.Call(func=ast.Attribute(value=owner, attr=name)) if name in KEEPS_LENGTH:
                return self.never_empty(owner)
        return False

    def possibly_empty(self, test: ast.expr) -> list[ast.expr]:
        """Return what a condition iterates over that may be empty, if the condition would then hold."""
        match self.resolved(test):
            case ast.Call(func=ast.Name(id="all"), args=[iterated]):
                pass
            case ast.UnaryOp(op=ast.Not(), operand=ast.Call(func=ast.Name(id="any"), args=[iterated])):
                pass
            case ast.UnaryOp(op=ast.Not(), operand=left) if filters(iterated := self.resolved(left)):
                pass
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]) if (
                filters(iterated := self.resolved(left)) and ast.unparse(right) in EMPTY
            ):
                pass
            case ast.Compare(left=left, ops=[ast.LtE()]) if isinstance(iterated := self.resolved(left), ast.SetComp):
                if iterated is not left and not filters(iterated):
                    return [] if self.never_empty(left) else [left]
            case _:
                return []
        loops = iterated.generators if isinstance(iterated, COMPREHENSIONS) else []
        return [
            each
            for source in ([loop.iter for loop in loops] or [iterated])
            for each in unwrapped(source)
            if not self.never_empty(each)
        ]

    def resolved(self, node: ast.expr) -> ast.expr:
        """Return what a name is bound to, if it is bound once; otherwise the node itself."""
        return self.bound.get(node.id, node) if isinstance(node, ast.Name) else node

    def always_asserts(self, statement: ast.stmt) -> bool:
        """Return whether an assertion runs whenever the statement does."""
        match statement:
            case ast.Assert(test=test):
                return not self.possibly_empty(test)
            case ast.Raise():
                return True
            case ast.For(iter=iterated, body=body):
                return self.never_empty(iterated) and self.block_asserts(body)
            case ast.While(test=ast.Constant(), body=body):
                return self.block_asserts(body)
            case ast.If(body=body, orelse=otherwise):
                return self.block_asserts(body) and self.block_asserts(otherwise)
            case ast.With(items=items, body=body):
                return any(asserts(item.context_expr) for item in items) or self.block_asserts(body)
            case ast.Try(body=body, handlers=handlers, orelse=otherwise, finalbody=last):
                caught = all(self.block_asserts(each.body) for each in handlers)
                return self.block_asserts(last) or (caught and self.block_asserts([*body, *otherwise]))
            case ast.Expr(value=value) | ast.Assign(value=value):
                return asserts(value)
        return False

    def block_asserts(self, statements: list[ast.stmt]) -> bool:
        """Return whether an assertion runs whenever the block does, before anything may leave it."""
        for statement in statements:
            if self.always_asserts(statement):
                return True
            if not isinstance(statement, SCOPES) and any(isinstance(each, EXITS) for each in parts(statement)):
                return False
        return False

    def faults(self) -> Iterator[str]:
        """Yield each reason why the function may pass on an empty collection."""
        conditions = [each.test for each in parts(self.node) if isinstance(each, ast.Assert)]
        judged = self.node.name.startswith("test_") and (conditions or asserts(self.node))
        if judged and not self.block_asserts(self.node.body):
            loops = [each for each in parts(self.node) if isinstance(each, ast.For) and not self.never_empty(each.iter)]
            loops = [
                each for each in loops if any(isinstance(part, ast.Assert) or asserts(part) for part in parts(each))
            ]
            for loop in loops[:1]:
                yield f"line {loop.lineno}: the loop may be empty: assert first, outside of it, that there is something"
            if not loops:
                yield f"line {self.node.lineno}: {self.node.name} has no assertion that always runs"
        others = [each for each in conditions if not self.possibly_empty(each) and not says_nothing(each)]
        named = {ast.dump(part) for each in others for part in ast.walk(each)}
        for condition in conditions:
            for iterated in self.possibly_empty(condition):
                if ast.dump(iterated) not in named:
                    yield f"line {condition.lineno}: {ast.unparse(iterated)} may be empty: assert first that it is not"


def filters(node: ast.expr) -> bool:
    """Return whether a node is a comprehension that may leave everything out."""
    return isinstance(node, COMPREHENSIONS) and any(each.ifs for each in node.generators)


def unwrapped(node: ast.expr) -> list[ast.expr]:
    """Return what a collection is as long as: `rows` for `sorted(rows)`, both for `zip(rows, names)`."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=given) if name in KEEPS_LENGTH and given:
            return [part for each in given for part in unwrapped(each)]
        case ast.Call(func=ast.Attribute(value=owner, attr=name), args=[]) if name in KEEPS_LENGTH:
            return unwrapped(owner)
    return [node]


def says_nothing(test: ast.expr) -> bool:
    """Return whether a condition holds of an empty collection too: `is not None`, `>= 0`."""
    match test:
        case (
            ast.Compare(ops=[ast.IsNot()], comparators=[ast.Constant(value=None)])
            | ast.Compare(ops=[ast.GtE()], comparators=[ast.Constant(value=0)])
        ):
            return True
    return False


def parts(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a node and its descendants, except those in nested functions and comprehensions."""
    yield node
    for each in ast.iter_child_nodes(node):
        if not isinstance(each, SCOPES):
            yield from parts(each)


def asserts(node: ast.AST) -> bool:
    """Return whether a node contains a call that asserts."""
    called = [each.func for each in parts(node) if isinstance(each, ast.Call)]
    names = [each.id if isinstance(each, ast.Name) else getattr(each, "attr", "") for each in called]
    return any(
        name in {"raises", "warns", "expect", "assume"} or name.startswith(("assert", "django_assert", "wait_for"))
        for name in names
    )


def faults(source: str) -> list[str]:
    """Return each reason why a test of the file may pass on an empty collection."""
    tree = ast.parse(source)
    known = Function(tree, set()).known
    functions = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef) and each.name not in EXCEPTIONS]
    return [fault for each in functions for fault in Function(each, known).faults()]


def test_no_test_passes_on_an_empty_collection():
    found = {str(path.relative_to(TESTS)): faults(path.read_text()) for path in FILES}
    assert len(found) > 150
    assert {name: each for name, each in found.items() if each} == {}


@pytest.mark.parametrize(
    "body",
    [
        "for each in found(): assert each",
        "for name in NAMES:\n  for each in found(name): assert each",
        "for each in found():\n  with pytest.raises(ValueError): each()",
        "while waiting: assert waiting.pop()",
        "if found(): assert found().good",
        "if not found(): return\n assert found().good",
        "try: assert found()\n except AssertionError: pass",
        "for name in NAMES:\n  if name not in found(): continue\n  assert name",
        "assert all(each.good for each in found())",
        "assert not any(each.bad for each in found())",
        "assert [each for each in found() if each.bad] == []",
        "assert not [each for each in found() if each.bad]",
        "assert page\n assert all(each.good for each in found())",
        "there = found()\n assert page\n assert all(each.good for each in there.values())",
        "bad = [each for each in found() if each.bad]\n assert page\n assert bad == []",
        "bad = {each for each in found() if each.bad}\n assert page\n assert not bad",
        "bad = {each: 1 for each in found() if each.bad}\n assert page\n assert bad == {}",
        "good = all(each.good for each in found())\n assert page\n assert good",
        "assert page\n assert {each for each in found() if each.bad} == set()",
        "assert page\n assert not {each for each in found() if each.bad}",
        "assert page\n assert {each: 1 for each in found() if each.bad} == {}",
        "assert page\n assert {each.kind for each in found()} <= {'a', 'b'}",
        "assert page\n assert all(each for name in NAMES for each in found(name))",
        "s = found()\n assert page.status_code\n assert all(each.good for each in s)",
        "there = found()\n assert there is not None\n assert all(each.good for each in there)",
        "there = found()\n assert len(there) >= 0\n assert all(each.good for each in there)",
    ],
)
def test_a_test_that_may_pass_on_an_empty_collection_is_reported(body):
    assert faults(f"NAMES = ('a', 'b')\ndef test_it():\n {body}")


@pytest.mark.parametrize(
    "body",
    [
        "assert found() == []",
        "for name in NAMES: assert found(name)",
        "for name in sorted(NAMES): assert found(name)",
        "for number in range(3): assert found(number)",
        "there = found()\n assert there\n for each in there: assert each",
        "there = found()\n assert there\n assert all(each.good for each in there.values())",
        "assert all(found(name) for name in NAMES)",
        "assert [name for name in NAMES if name in found()] == []",
        "with pytest.raises(ValueError): found()",
        "if page: assert found()\n else: assert not found()",
        "expect(page).to_be_visible()\n for each in found(): assert each",
        "there = found()\n assert there\n assert all(each.good for each in sorted(there))",
        "there = found()\n assert there\n assert all(each.good for _, each in enumerate(list(there)))",
        "there = found()\n assert there\n assert all(name == each for name, each in zip(NAMES, there))",
        "there = found()\n assert there\n bad = {each for each in there if each.bad}\n assert bad == set()",
        "kinds = {each.kind for each in found()}\n assert kinds\n assert kinds <= {'a', 'b'}",
        "assert {each.kind for each in found()} == {'a', 'b'}",
        "kinds = {found(name) for name in NAMES}\n assert kinds <= {'a', 'b'}",
    ],
)
def test_a_test_that_always_asserts_is_not_reported(body):
    assert faults(f"NAMES = ('a', 'b')\ndef test_it():\n {body}") == []


def test_a_loop_that_may_be_empty_is_named_by_its_line():
    (fault,) = faults("def test_it():\n there = found()\n for each in there: assert each")
    assert fault.startswith("line 3: ")
    assert "assert first, outside of it, that there is something" in fault
