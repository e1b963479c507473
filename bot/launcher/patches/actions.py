"""Custom actions: what is sent, how the answer is checked, and who hears of a failure."""

from functools import cache
from typing import Any

import rasa
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from rasa.core.actions.action import ActionExecutionRejection, RemoteAction
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.shared.utils.schemas.events import EVENT_SCHEMA

from bot.launcher import failures

Json = dict[str, Any]
_stock_run = RemoteAction.run


def install() -> None:
    RemoteAction._validate_action_result = check_by_validators_made_once
    RemoteAction._action_call_format = call_without_the_domain
    RemoteAction.run = run_and_record_a_failure


def check_by_validators_made_once(_: RemoteAction, result: Json) -> bool:
    """Stock makes the validator, and checks the schema itself, at every answer.

    Raises:
        ValidationError: the answer is not of the protocol.
    """
    if _is_plainly_right(result):
        return True
    error: ValidationError | None = best_match(_validator().iter_errors(result))
    if error is not None:
        raise error
    return True


def call_without_the_domain(remote: RemoteAction, tracker: DialogueStateTracker, _: Domain) -> Json:
    """The payload with an empty domain: our actions answer with response names, not texts.

    The tracker is sent whole, for it was bounded when it was loaded (decision 0003).
    """
    return {
        "next_action": remote.name(),
        "sender_id": tracker.sender_id,
        "tracker": tracker.current_state(EventVerbosity.ALL),
        "version": rasa.__version__,
        "domain": {},
    }


async def run_and_record_a_failure(remote: RemoteAction, *arguments: Any) -> list[Event]:
    """Stock's run; a failure is on the turn's list even where Rasa swallows it.

    Raises:
        ActionExecutionRejection: the action declined, which a form may do.
        ActionFailed: it failed in any other way.
    """
    try:
        events: list[Event] = await _stock_run(remote, *arguments)
    except ActionExecutionRejection:
        raise
    except Exception as error:  # a status, a timeout, a broken answer: all the same here
        failures.record(remote.name(), error)
        raise failures.ActionFailed(remote.name()) from error
    return events


def _is_plainly_right(result: Any) -> bool:
    """Every event fits the one schema that names it; the schema's own way is to try them all."""
    if not isinstance(result, dict):
        return False
    events, responses = result.get("events", []), result.get("responses", [])
    return (
        isinstance(events, list)
        and isinstance(responses, list)
        and all(isinstance(response, dict) for response in responses)
        and all(_fits(event) for event in events)
    )


def _fits(event: Any) -> bool:
    name = event.get("event") if isinstance(event, dict) else None
    validator = _validators().get(name) if isinstance(name, str) else None
    return validator is not None and validator.is_valid(event)


@cache
def _validators() -> dict[str, Draft202012Validator]:
    common = {key: value for key, value in EVENT_SCHEMA.items() if key != "oneOf"}
    return {
        kind["properties"]["event"]["const"]: Draft202012Validator({"allOf": [common, kind]})
        for kind in EVENT_SCHEMA["oneOf"]
    }


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(RemoteAction.action_response_format_spec())
