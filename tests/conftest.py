"""Shared by all tests: this folder is importable (`from worlds import random_world`), Hypothesis is repeatable, no
test reaches the network (only sockets of this machine can be connected), and none uses the cache of the user."""

import atexit
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "karvan", deadline=None, derandomize=True, max_examples=40, suppress_health_check=list(HealthCheck), database=None
)
settings.load_profile("karvan")

CACHE = Path(tempfile.gettempdir()) / f"karvan-tests-{os.getpid()}"
os.environ["KARVAN_CACHE"] = str(CACHE)
atexit.register(shutil.rmtree, CACHE, ignore_errors=True)
os.environ.pop("KARVAN_OFFLINE", None)
HERE = {"127.0.0.1", "::1", "localhost"}


class NetworkInTests(AssertionError):
    """A test tried to reach another machine."""


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def only_here(self, address):
        if self.family != getattr(socket, "AF_UNIX", None) and address[0] not in HERE:
            raise NetworkInTests(f"a test connects to {address}")
        return connect(self, address)

    def resolve_here(host, *args, **kwargs):
        if host not in HERE:
            raise NetworkInTests(f"a test looks up {host}")
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", only_here)
    monkeypatch.setattr(socket, "getaddrinfo", resolve_here)


@pytest.fixture
def karvan(monkeypatch, capsys):
    """Call the command line: `code, out, err = karvan("run", "kz-exit-soft")`."""
    from karvan import cli

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["karvan", *words])
        try:
            cli.main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        out = capsys.readouterr()
        return code, out.out, out.err

    return call
