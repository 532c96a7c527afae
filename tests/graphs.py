"""Builds tiny graphs for tests from one line for each node.

    graph("q? yes:ok no:fix", "fix[press] worked:ok failed:q blocked:human", "press: hold release",
          "ok = solved", "human = unsolved")

    NAME? CHOICE:TARGET ...                   a question
    NAME[PROCEDURE] worked:TARGET ...         a procedure node
    NAME{CAUSE=PROCEDURE/WEIGHT/MINUTES ...} worked:TARGET failed:TARGET   a diagnosis
    NAME = solved|unsolved|advice             an outcome
    PROCEDURE: STEP ...                       a procedure; PROCEDURE!: STEP ... one that erases something

The symptom "s" leads to the first node.
"""

from __future__ import annotations

import re
from typing import Any

from wizards import flow

# A graph with each kind of node, cycles, and a procedure that erases.
TOY = (
    "q? yes:ok no:fix list:why clean:wiping tip:tip",
    "fix[press] worked:ok failed:why blocked:human",
    "wiping[wipe] worked:ok failed:why blocked:human declined:q",
    "why{loose=press/50/2 old=wipe/50/1 worn=press/10/5} worked:ok failed:human",
    "ok = solved",
    "human = unsolved",
    "tip = advice",
    "press: hold release",
    "wipe!: open shut",
)
# A smaller one, with a node of each kind.
SMALL = (
    "q? yes:ok no:why",
    "why{loose=press/50/5 worn=wipe/40/20} worked:ok failed:fix",
    "fix[wipe] worked:ok failed:q blocked:ok declined:ok",
    "ok = solved",
    "press: hold release",
    "wipe!: erase",
)
# Two symptoms of TOY that a search can distinguish.
SYMPTOMS = [
    {"id": "reset", "label": "The camera will not reset", "to": "q"},
    {"id": "password", "label": "I forgot the password", "to": "why"},
]


def graph(*lines: str, slug: str = "toy") -> flow.Document:
    nodes: list[dict[str, Any]] = []
    procedures: list[dict[str, Any]] = []
    for line in lines:
        if parts := re.fullmatch(r"([\w-]+)(!?): (.*)", line):
            procedures.append(_procedure(*parts.groups()))
        else:
            nodes.append(_node(line))
    return flow.Document.model_validate(
        {
            "format": 1,
            "slug": slug,
            "title": slug.title(),
            "symptoms": [{"id": "s", "label": "It does not work", "to": nodes[0]["id"]}],
            "nodes": nodes,
            "procedures": procedures,
        }
    )


def _node(line: str) -> dict[str, Any]:
    if parts := re.fullmatch(r"([\w-]+)\? ?(.*)", line):
        choices = [{"id": name, "label": f"Choose {name}", "to": to} for name, to in _pairs(parts[2])]
        return {"id": parts[1], "kind": "question", "title": f"Question {parts[1]}?", "choices": choices}
    if parts := re.fullmatch(r"([\w-]+)\[([\w-]*)\] ?(.*)", line):
        targets = dict(_pairs(parts[3]))
        return {"id": parts[1], "kind": "procedure", "title": f"Do {parts[1]}", "procedure": parts[2], **targets}
    if parts := re.fullmatch(r"([\w-]+)\{(.*)\} ?(.*)", line):
        causes = [_cause(each) for each in parts[2].split()]
        return {"id": parts[1], "kind": "diagnosis", "title": f"Why {parts[1]}", "causes": causes} | dict(
            _pairs(parts[3])
        )
    name, _, result = line.partition(" = ")
    return {"id": name, "kind": "outcome", "title": f"End {name}", "result": result}


def _pairs(words: str) -> list[tuple[str, str]]:
    return [(name, to) for name, _, to in (word.partition(":") for word in words.split())]


def _cause(words: str) -> dict[str, Any]:
    name, procedure, weight, minutes = re.fullmatch(r"([\w-]+)=([\w-]+)/(\d+)/(\d+)", words).groups()
    return {
        "id": name, "label": f"Cause {name}", "procedure": procedure, "weight": int(weight), "minutes": int(minutes)
    }  # fmt: skip


def _procedure(name: str, erases: str, steps: str) -> dict[str, Any]:
    return {
        "id": name,
        "title": f"Procedure {name}",
        "erases": "Every setting." if erases else "",
        "steps": [{"id": step, "title": f"Step {step}"} for step in steps.split()],
    }
