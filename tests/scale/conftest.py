"""The site on two hosts, once for all tests here, and no longer; and what is asked of its database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests import postgres, programs
from tools.scale.site import Site


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Give the running site, on a database of its own."""
    if lacking := programs.missing("nginx", "redis-server"):
        pytest.skip(lacking)
    with postgres.server() as server:
        name = f"two_hosts_{os.getpid()}"
        address = f"{server.rpartition('/')[0]}/{name}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        with Site(tmp_path_factory.mktemp("hosts"), address).running() as running:
            yield running
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def certificate(site: Site) -> Path:
    return site.certificate
