"""Where whatever speaks HTTP plugs in; workers fill it."""

from collections.abc import Callable


class Unreachable(Exception):
    """There was no answer."""


Post = Callable[[str, dict[str, str], bytes], int]  # URL, headers, body; returns the status
_posts: list[Post] = []


def plug(send: Post) -> None:
    """Let `send` make the calls of this process."""
    _posts[:] = [send]


def post(url: str, headers: dict[str, str], body: bytes) -> int:
    """Call a receiver; returns the status it answered.

    Raises:
        Unreachable: there was no answer, or nothing is plugged in.
    """
    if not _posts:
        raise Unreachable("nothing that can call is plugged into this process")
    return _posts[0](url, headers, body)
