"""Many at once: one transaction, in which each stands or falls alone."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field
from sqlmodel import Session

from channels.api import problems
from channels.api.call import Answer, Work
from channels.api.problems import Problem
from crm_core.authz import Actor
from crm_core.db import part_of_work
from crm_core.errors import CrmError

I = TypeVar("I", bound=BaseModel)  # noqa: E741 - an item
T = TypeVar("T", bound=BaseModel)
MOST = 500


class Many(BaseModel, Generic[I]):
    items: list[I] = Field(min_length=1, max_length=MOST)


class Result(BaseModel, Generic[T]):
    """How one item went, as a request of its own would have been answered."""

    status: int
    body: T | None = None
    problem: Problem | None = None


class Results(BaseModel, Generic[T]):
    results: list[Result[T]] = Field(description="In the order of the items.")


One = Callable[[Session, Actor, I], Answer]


def each(
    items: Sequence[I], one: One[I], kind: type[Results[Any]], *, order: Callable[[I], Any]
) -> Work:
    """Do `one` with each item, in the order of `order`, so that two bulks never wait for each
    other crosswise.
    """

    def work(session: Session, actor: Actor) -> Answer:
        results: list[dict[str, Any]] = [{}] * len(items)
        for n in sorted(range(len(items)), key=lambda n: order(items[n])):
            results[n] = _attempt(session, actor, items[n], one)
        return Answer(kind.model_validate({"results": results}))

    return work


def _attempt(session: Session, actor: Actor, item: I, one: One[I]) -> dict[str, Any]:
    try:
        with part_of_work(session):
            answer = one(session, actor, item)
    except CrmError as error:
        problem = problems.of(error)
        return {"status": problem.status, "problem": problem}
    return {"status": int(answer.status), "body": answer.body}
