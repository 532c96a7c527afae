"""The long form of the fuzzing, on both databases at once: python -m tests.hostile --cases 200000 --imports 1000000.

Each run prints its seed; `--seed N` runs it again. Exit code 0 only where nothing was found.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tests import postgres
from tests.run import ROOT, SQLITE

PROFILE = {"HYPOTHESIS_PROFILE": "long"}


def main(arguments: list[str]) -> int:
    """Run what the arguments ask for, two processes at a time; return 0 where nothing was found."""
    parser = argparse.ArgumentParser(prog="tests.hostile", description="Fuzz every view and every importer.")
    parser.add_argument("--cases", type=int, default=0, help="requests, half of them on each database")
    parser.add_argument("--imports", type=int, default=0, help="files, split in two")
    parser.add_argument("--seed", type=int, default=None)
    chosen, rest = parser.parse_known_args(arguments)
    seed = secrets.randbelow(2**31) if chosen.seed is None else chosen.seed
    codes: list[int] = []
    if chosen.cases:
        with postgres.server() as address, ThreadPoolExecutor() as lanes:
            asked = {"FUZZ_CASES": str(chosen.cases // 2)}
            jobs = [("SQLite", SQLITE, seed), ("PostgreSQL", address, seed + 1)]
            codes += lanes.map(lambda job: run("tests/hostile/test_views.py", *job, asked, rest), jobs)
    if chosen.imports:
        with ThreadPoolExecutor() as lanes:
            asked = {"FUZZ_IMPORTS": str(chosen.imports // 2)}
            jobs = [("first half", SQLITE, seed), ("second half", SQLITE, seed + 1)]
            codes += lanes.map(lambda job: run("tests/hostile/test_imports.py", *job, asked, rest), jobs)
    return max(codes, default=0)


def run(file: str, where: str, database: str, seed: int, asked: dict[str, str], rest: list[str]) -> int:
    """Run a file of tests in a process of its own, and print what it said; return its exit code."""
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-x", f"--hypothesis-seed={seed}", file, *rest]
    environment = os.environ | PROFILE | asked | {"DATABASE_URL": database, "FUZZ_SEED": str(seed)}
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = done.stdout.decode(errors="replace")
    print(
        f"--- {file} on {where}, seed {seed}, {time.monotonic() - began:.0f} s, code {done.returncode}\n{said}",
        flush=True,
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
