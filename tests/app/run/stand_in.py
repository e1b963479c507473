"""A child for the supervisor's tests: `stand_in.py FOLDER NAME [stubborn] [family] [dies]`.

Appends its process id to FOLDER/NAME.pids and counts as ready once it did; with `family` a child
of its own is there too, with `stubborn` neither hears SIGTERM, with `dies` it fails with a word.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

SECONDS = 120  # the longest that a stand-in lives, should a test fail to end it


def main(folder: str, name: str, *traits: str) -> None:
    if "dies" in traits:
        sys.exit("a reason to die")
    if "stubborn" in traits:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    pids = [os.getpid()]
    if "family" in traits:
        offspring = [sys.executable, __file__, folder, f"{name}-offspring", *traits]
        offspring.remove("family")
        pids.append(subprocess.Popen(offspring).pid)
    path = Path(folder) / f"{name}.pids"
    with path.open("a") as file:
        file.write("".join(f"{pid}\n" for pid in pids))
    time.sleep(SECONDS)


if __name__ == "__main__":
    main(*sys.argv[1:])
