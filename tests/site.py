"""The whole site as `make run` serves it, in a copy of its own: for tests of starting, stopping, headers and sizes."""

import dataclasses
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("helpdesk", "wizards", "templates", "static", "fixtures", "manage.py", "gunicorn.conf.py")


@dataclasses.dataclass
class Site:
    """A copy of the site in `folder`; what it prints is kept in `output`, how long it took to serve in `seconds`.

    `began_at` is when it was last started, in seconds since the epoch.
    """

    folder: Path
    url: str = ""
    output: str = ""
    seconds: float = 0
    began_at: float = 0
    process: subprocess.Popen[str] | None = None

    @classmethod
    def copy(cls, folder: Path) -> "Site":
        """Copy what the site consists of, without data, into `folder`."""
        for part in PARTS:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / part, folder / part)
        return cls(folder)

    def start(self, **environment: str) -> None:
        """Start the site on a free port with these settings, and wait until its first page is served."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "helpdesk.devserver", "--port", str(port)]
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        began, self.began_at = time.monotonic(), time.time()
        with (self.folder / "output").open("w") as output:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=kept | environment, stdout=output, stderr=subprocess.STDOUT, text=True
            )
        self.url = f"http://127.0.0.1:{port}"
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() - began > 60:
                raise AssertionError(f"The site did not start: {(self.folder / 'output').read_text()}")
            time.sleep(0.02)
        self.seconds = time.monotonic() - began

    def _answers(self) -> bool:
        try:
            # A site for https answers only what came by https, which a proxy would say; the others do not listen.
            request = urllib.request.Request(self.url, headers={"X-Forwarded-Proto": "https"})
            with urllib.request.urlopen(request, timeout=5) as answer:
                return answer.status == 200
        except urllib.error.HTTPError as refusal:
            refusal.close()
            raise AssertionError(f"The first page answers {refusal.code}.") from refusal
        except OSError:
            return False

    def stop(self) -> int:
        """Stop the site as Ctrl-C does; return its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=20)
        self.output = (self.folder / "output").read_text()
        return code
