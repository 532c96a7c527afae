"""The units for systemd, checked by its own program."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests import programs

pytestmark = pytest.mark.once

CHECKED_IN = Path(__file__).resolve().parents[2] / "deploy" / "systemd"
UNITS = ("helpdesk-web.socket", "helpdesk-web.service", "helpdesk-maintenance.service", "helpdesk-deliveries.service")
SERVICES = [unit for unit in UNITS if unit.endswith(".service")]


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the units in a folder, for programs that stand in another place."""
    if lacking := programs.missing("systemd-analyze"):
        pytest.skip(lacking)
    place = tmp_path_factory.mktemp("srv")
    (place / ".venv" / "bin").mkdir(parents=True)
    for name in ("gunicorn", "python"):
        (place / ".venv" / "bin" / name).write_text("#!/bin/sh\n")
        (place / ".venv" / "bin" / name).chmod(0o755)
    folder = place / "units"
    shutil.copytree(CHECKED_IN, folder)
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        path.write_text(path.read_text().replace("/srv/helpdesk", str(place)))
    return folder


def analyze(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(programs.find("systemd-analyze")), *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)


def test_every_unit_that_is_checked_in_is_checked():
    assert {path.name for path in CHECKED_IN.iterdir() if path.is_file()} == set(UNITS)


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_no_mistake_in_a_unit(units: Path, unit: str):
    done = analyze(units, "verify", f"./{unit}")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", SERVICES)
def test_systemd_counts_a_service_among_the_little_exposed(units: Path, unit: str):
    """On its scale from 0 to 10, 1.2 as checked in, and above 9 for a service that asks for nothing."""
    done = analyze(units, "security", "--offline=true", "--threshold=15", f"./{unit}")
    assert done.returncode == 0, done.stdout
