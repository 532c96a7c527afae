"""The long form of the fuzzing, on both databases at once: python -m tools.hostile --cases 200000 --imports 1000000.

Each run prints its seed; `--seed N` runs it again. Exit code 0 only where nothing was found.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import secrets
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tests import postgres
from tests.environment import SQLITE
from tests.postgres import ROOT

CASES, IMPORTS = 20_000, 100_000  # of one process: hypothesis remembers all that it drew
VIEWS, FILES = "tests/hostile/test_views.py", "tests/hostile/test_imports.py"

Job = tuple[str, str, str, int, dict[str, str]]  # file, where, database, seed, what is asked for


def main(arguments: list[str]) -> int:
    """Run what the arguments ask for, two processes at a time; return 0 where nothing was found."""
    parser = argparse.ArgumentParser(prog="tools.hostile", description="Fuzz every view and every importer.")
    parser.add_argument("--cases", type=int, default=0, help="requests, half of them on each database")
    parser.add_argument("--imports", type=int, default=0, help="files")
    parser.add_argument("--seed", type=int, default=None)
    chosen, rest = parser.parse_known_args(arguments)
    seed = secrets.randbelow(2**31) if chosen.seed is None else chosen.seed
    print(f"Seed {seed}", flush=True)
    with contextlib.ExitStack() as stack:
        jobs: list[Job] = []
        if chosen.cases:
            address = stack.enter_context(postgres.server())
            for start in range(0, chosen.cases // 2, CASES):
                asked = {"FUZZ_CASES": str(min(CASES, chosen.cases // 2 - start))}
                for number, (where, database) in enumerate(both(address)):
                    jobs.append((VIEWS, where, database, seed + start + number, asked))
        for start in range(0, chosen.imports, IMPORTS):
            asked = {"FUZZ_IMPORTS": str(min(IMPORTS, chosen.imports - start)), "FUZZ_FIRST": str(start)}
            jobs.append((FILES, "SQLite", SQLITE, seed, asked))
        with ThreadPoolExecutor(2) as lanes:
            codes = list(lanes.map(lambda job: run(job, rest), jobs))
    print(f"{len(codes)} runs, {sum(code != 0 for code in codes)} with findings")
    return max(codes, default=0)


def both(address: str) -> tuple[tuple[str, str], ...]:
    """Return the databases: (name, address) each."""
    return ("SQLite", SQLITE), ("PostgreSQL", address)


def run(job: Job, rest: list[str]) -> int:
    """Run a file of tests in a process of its own, and print what it said; return its exit code."""
    file, where, database, seed, asked = job
    command = [sys.executable, "-m", "pytest", "-q", "-s", "-x", "--show-capture=no", f"--hypothesis-seed={seed}"]
    environment = os.environ | asked | {"DATABASE_URL": database, "FUZZ_SEED": str(seed), "HYPOTHESIS_PROFILE": "long"}
    began = time.monotonic()
    done = subprocess.run(
        [*command, file, *rest], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    what = " ".join(f"{name}={value}" for name, value in asked.items())
    seconds, said = time.monotonic() - began, done.stdout.decode(errors="replace")
    print(f"--- {file} on {where}: {what}, seed {seed}, {seconds:.0f} s, code {done.returncode}\n{said}", flush=True)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
