"""What `make` starts of the tests' tools begins in an empty environment, as a shell gives it: without settings."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.browser.served import ROOT

pytestmark = pytest.mark.once

TOOLS = sorted(set(re.findall(r"-m ((?:tests|tools)\.[a-z_.]+)", (ROOT / "Makefile").read_text())))


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_can_be_started_from_a_shell(tool):
    shell = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "-c", f"import {tool}"]
    result = subprocess.run(command, cwd=ROOT, env=shell, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_there_are_tools():
    assert {"tests.postgres", "tools.chaos", "tools.bench"} <= set(TOOLS)
