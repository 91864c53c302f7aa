"""Against a real server on this machine: connections that break, a download that is killed, several processes."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from store_tools import fetched, files_in, request

BODY = b"country,year,value\n" + b"KAZ,2021,1.5\n" * 60_000
SHA = hashlib.sha256(BODY).hexdigest()
PROGRAM = """
import sys
from store_tools import fetched, request
print(fetched(request(url=sys.argv[1])).sha256)
"""


class Server(ThreadingHTTPServer):
    """Serves BODY with ranges; breaks the first `breaks` answers in the middle; holds an answer while `held`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.ranges: list[str | None] = []
        self.breaks = 0
        self.held = threading.Event()
        self.reached = threading.Event()
        self.held.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/table.csv"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_):
        pass

    def do_GET(self):
        wanted = self.headers.get("Range")
        self.server.ranges.append(wanted)
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        self.send_response(206 if wanted else 200)
        self.send_header("ETag", '"one"')
        self.send_header("Content-Length", str(len(BODY) - start))
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(BODY) - 1}/{len(BODY)}")
        self.end_headers()
        half = start + (len(BODY) - start) // 2
        self.wfile.write(BODY[start:half])
        self.wfile.flush()
        if self.server.breaks > 0:
            self.server.breaks -= 1
            self.close_connection = True
            return
        self.server.reached.set()
        self.server.held.wait(30)
        self.wfile.write(BODY[half:])


@pytest.fixture
def server(tmp_path, monkeypatch):
    monkeypatch.setenv("KARVAN_CACHE", str(tmp_path))
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda _: None)
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.held.set()
    server.shutdown()
    server.server_close()
    thread.join()


def process(url: str) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.Popen([sys.executable, "-c", PROGRAM, url], env=environment, stdout=subprocess.PIPE, text=True)


def test_broken_connections_are_resumed(server):
    server.breaks = 3
    assert fetched(request(url=server.url)).sha256 == SHA
    assert server.ranges[0] is None and len(server.ranges) == 4
    starts = [int(r.removeprefix("bytes=").removesuffix("-")) for r in server.ranges[1:]]
    assert 0 < starts[0] < starts[1] < starts[2] < len(BODY)


def test_a_killed_process_leaves_a_part_that_is_resumed(server, tmp_path):
    server.held.clear()
    with process(server.url) as running:
        assert server.reached.wait(30)
        part = tmp_path / "part"
        while not any(path.stat().st_size for path in part.glob("*.part")):
            assert running.poll() is None
        running.send_signal(signal.SIGKILL)
    assert [path.suffix for path in files_in(tmp_path)] == [".mark", ".part"]
    server.held.set()
    assert fetched(request(url=server.url)).sha256 == SHA
    assert server.ranges[1] is not None and server.ranges[1] != "bytes=0-"
    assert [path.suffix for path in files_in(tmp_path)] == [".json", ".csv"]


def test_two_processes_fetch_once(server):
    server.held.clear()
    both = [process(server.url) for _ in range(2)]
    assert server.reached.wait(30)
    server.held.set()
    assert [running.communicate()[0].strip() for running in both] == [SHA, SHA]
    assert server.ranges == [None]
