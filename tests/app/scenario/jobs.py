"""Jobs for the tests of the background."""

from crm_core import queues

done: list[str] = []


def work(name: str) -> None:
    done.append(name)


def work_and_ask_for_more(name: str) -> None:
    done.append(name)
    queues.get(queues.BULK).enqueue(work, f"more of {name}")


def fail() -> None:
    raise RuntimeError("out of thread")
