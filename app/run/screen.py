"""What the person at the terminal sees."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

Update = Callable[[str], None]


class Screen:
    """Lines that stay, and one that moves while something takes long."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        self._console.print(text, markup=False)

    @contextmanager
    def working(self, what: str) -> Iterator[Update]:
        """Show `what` while it goes on, and how long it took; the update adds a detail."""
        started = time.monotonic()
        if not self._console.is_terminal:
            self.say(f"{what} …")
        with self._console.status(what) as status:
            yield lambda detail: status.update(
                f"{what} ({time.monotonic() - started:.0f} s) [dim]{escape(detail[:60])}[/dim]"
            )
        self.say(f"{what}: done ({time.monotonic() - started:.1f} s)")
