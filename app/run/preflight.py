"""What is checked and made before anything is started."""

import fcntl
import os
import shutil
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from app.run.errors import CannotRun, unworkable
from app.run.processes import Process
from crm_core.settings import Settings, make_secrets, redis_socket

ROOM_MIB = 500
_MIB = 1024**2


def make_home(home: Path) -> None:
    """The home with its secrets, where there is room for the model, the logs and the database.

    Raises:
        CannotRun: less than ROOM_MIB is free, or the folder cannot be written.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        free_mib = shutil.disk_usage(home).free // _MIB
        if free_mib < ROOM_MIB:
            needed = f"{free_mib} MiB are free, {ROOM_MIB} MiB are needed"
            raise CannotRun(f"the disk of {home} is full: {needed}.")
        make_secrets(home)
    except OSError as error:
        raise unworkable(home, error) from error


def make_folders(settings: Settings) -> None:
    """The folders of the home; Redis's is for our eyes only, since its jobs are trusted.

    Raises:
        CannotRun: the socket's folder in the temporary directory belongs to somebody else.
        OSError: a folder cannot be made.
    """
    for name in ("logs", "models", "redis"):
        (settings.home / name).mkdir(parents=True, exist_ok=True)
    (settings.home / "redis").chmod(0o700)
    folder = redis_socket(settings.home).parent
    folder.mkdir(mode=0o700, exist_ok=True)
    state = folder.stat()
    if state.st_uid != os.getuid() or state.st_mode & 0o077:
        raise CannotRun(f"{folder} belongs to somebody else; choose another DIANYU_HOME.")


def lock(home: Path) -> BinaryIO:
    """Take the home for this process (and its warden) while the file stays open.

    Raises:
        CannotRun: another one runs on it.
    """
    file = (home / "run.lock").open("a+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise CannotRun(
            f"{home} is in use: another dianyu runs on it or is just stopping;"
            " stop that one, or choose another DIANYU_HOME."
        ) from None
    return file


def check_ports(processes: Iterable[Process]) -> None:
    """Nobody listens where we are about to.

    Raises:
        CannotRun: a port is taken, or its address is not this machine's.
    """
    for process in processes:
        if process.port:
            _check_port(process)


def _check_port(process: Process) -> None:
    family = socket.AF_INET6 if ":" in process.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((process.host, process.port))
        except OSError as error:
            raise CannotRun(
                f"port {process.port} on {process.host}, for {process.name}, is not free"
                f" ({error.strerror}); DIANYU_PORT chooses the first of five."
            ) from error
