"""Actions for the chat benchmark: the model's own names, one small answer, no database.

What is measured is Rasa, so both sides run these: stock Rasa through rasa_sdk's own server
(`python -m rasa_sdk --actions benchmarks.chat_actions`), ours through its executor in a FastAPI
app, as the internal process does (`uvicorn benchmarks.chat_actions:app`). The names come in
BENCH_ACTIONS.
"""

import os
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher

NAMES = os.environ.get("BENCH_ACTIONS", "").split()


class _Answers(Action):  # type: ignore[misc]  # rasa_sdk has no types
    """Says what it understood, and sets a slot that every Rasa has."""

    wanted = ""

    def name(self) -> str:
        return self.wanted

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, _domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        intent = tracker.latest_message["intent"]["name"]
        dispatcher.utter_message(text=f"{self.wanted}: {intent}")
        return [SlotSet("session_started_metadata", None)]


ACTIONS = {name: type(name, (_Answers,), {"wanted": name}) for name in NAMES}
globals().update(ACTIONS)  # where the SDK's server, which pickles them, looks for them
_executor = ActionExecutor()
app = FastAPI()


@app.post("/internal/actions")
async def run(request: Request) -> Response:
    """One action's answer."""
    payload = orjson.loads(await request.body())
    result = await _executor.run(payload)
    return Response(orjson.dumps(result.model_dump()), media_type="application/json")


for _action in ACTIONS.values():
    _executor.register_action(_action())
