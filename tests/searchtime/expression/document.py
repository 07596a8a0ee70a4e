"""Functions of JSON.

Rules ("JSON functions", "spath"): a path is names with `.` between them, `{n}` for a member of an array from 0 on,
`{}` for all of them. `json_extract` gives the text of a value, the JSON of an object or array, null of null; with
`{}` in the path, or with several paths, it gives a JSON array. `json_extract_exact` takes names as they are. `spath`
and `json_array_to_mv` give a value for every member. What is no JSON gives null. A true or false out of JSON is the
text `true` or `false`. `spath` with a path is not bound by `extraction_cutoff`, which is documented for extraction of
everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Optional

from tests.searchtime.expression.scope import Function, strict
from tests.searchtime.expression.value import Literal, Value, of_several, one_text, text_of
from tests.searchtime.jsontext import Leaf, NotJson, Tree, parse, render, valid
from tests.searchtime.refusal import Refused

_STEP = re.compile(r"([^.{}]+)|\{(\d*)\}|(\.)")


def _tree(text: Value) -> Optional[Tree]:
    try:
        return parse(one_text(text))
    except NotJson:
        return None


def _steps(path: str) -> list[tuple[str, str]]:
    steps: list[tuple[str, str]] = []
    at = 0
    while at < len(path):
        step = _STEP.match(path, at)
        if not step or (step.group(3) and (at == 0 or step.end() == len(path))):
            raise Refused(f"the path {path!r} is not read")
        if step.group(1) is not None:
            steps.append(("name", step.group(1)))
        elif step.group(2) is not None:
            steps.append(("member", step.group(2)))
        at = step.end()
    return steps


def _select(root: Tree, steps: list[tuple[str, str]]) -> list[Tree]:
    found = [root]
    for kind, word in steps:
        reached: list[Tree] = []
        for tree in found:
            if kind == "name" and isinstance(tree, dict) and word in tree:
                reached.append(tree[word])
            elif kind == "member" and isinstance(tree, list):
                reached += tree if not word else tree[int(word) : int(word) + 1]
        found = reached
    return found


def _native(tree: Tree) -> Value:
    if isinstance(tree, Leaf):
        return None if tree.kind == "null" else tree.text
    return render(tree)


def _extract_one(root: Tree, path: str) -> Optional[Tree]:
    steps = _steps(path)
    if steps == [("member", "")]:
        return root
    found = _select(root, steps)
    if ("member", "") in steps:
        return found if found else None
    return found[0] if found else None


def _exact_one(root: Tree, name: str) -> Optional[Tree]:
    return root.get(name) if isinstance(root, dict) else None


def _extractor(one: Callable[[Tree, str], Optional[Tree]]) -> Callable[..., Value]:
    def extract(text: Value, *paths: Value) -> Value:
        root = _tree(text)
        if root is None:
            return None
        found = [one(root, one_text(path)) for path in paths] if paths else [root]
        if len(found) == 1:
            return None if found[0] is None else _native(found[0])
        return render([Leaf("null", "null") if tree is None else tree for tree in found])

    return extract


def _keys(text: Value) -> Value:
    root = _tree(text)
    if not isinstance(root, dict):
        return None
    return render([Leaf(name, "string") for name in root])


def _spath(text: Value, path: Value) -> Value:
    root = _tree(text)
    if root is None:
        if one_text(text).lstrip().startswith("<"):
            raise Refused("spath() of XML is not carried out")
        return None
    found = _select(root, _steps(one_text(path)))
    return of_several([tree.text if isinstance(tree, Leaf) else render(tree) for tree in found])


def _members(text: Value) -> Value:
    root = _tree(text)
    if not isinstance(root, list):
        return None
    return of_several([tree.text if isinstance(tree, Leaf) else render(tree) for tree in root])


def _made(value: Value) -> Tree:
    if value is None:
        return Leaf("null", "null")
    if isinstance(value, bool):
        return Leaf(str(value).lower(), str(value).lower())
    if isinstance(value, list):
        return [Leaf(text, "string") for text in value]
    if isinstance(value, str):
        return Leaf(value, "string")
    return Leaf(text_of(value), "number")


def _object(*pairs: Value) -> Value:
    if len(pairs) % 2:
        raise Refused("json_object() takes pairs")
    _only_simple(pairs)
    return render({one_text(name): _made(value) for name, value in zip(pairs[::2], pairs[1::2])})


def _array(*values: Value) -> Value:
    _only_simple(values)
    return render([_made(value) for value in values])


def _only_simple(values: tuple[Value, ...]) -> None:
    """Whether a text that holds JSON, or a number, goes in as such depends on where it comes from; not told here."""
    if any(isinstance(value, str) and not isinstance(value, Literal) for value in values):
        raise Refused("json_object() and json_array() are carried out for literals")


FUNCTIONS: dict[str, Function] = {
    "json_extract": strict(1, None, _extractor(_extract_one), passes=True),
    "json_extract_exact": strict(1, None, _extractor(_exact_one), passes=True),
    "json_array_to_mv": strict(1, 1, _members, passes=True),
    "json_keys": strict(1, 1, _keys, passes=True),
    "json_valid": strict(1, 1, lambda text: valid(one_text(text)), passes=True),
    "json_object": strict(0, None, _object),
    "json_array": strict(0, None, _array),
    "spath": strict(2, 2, _spath, passes=True),
}
