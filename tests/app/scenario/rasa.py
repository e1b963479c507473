"""A Rasa stubbed at the socket: it says back what it heard."""

import time
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse

Json = dict[str, Any]
SLOW_SECONDS = 4.6  # later than the gateway may answer the platform


def app() -> FastAPI:
    """The turn channel of docs/architecture.md; 慢 is answered late, 坏 not at all."""
    made = FastAPI()

    @made.post("/webhooks/dianyu/turn", response_model=None)
    def turn(said: Json) -> Json | JSONResponse:
        heard = said.get("text") or said.get("intent")
        if heard == "坏":
            return JSONResponse({"error": "failed"}, 500)
        if heard == "慢":
            time.sleep(SLOW_SECONDS)
        return {
            "replies": [{"text": f"{said['role']}说{heard}", "buttons": [{"title": "好的"}]}],
            "intent": {"name": said.get("intent") or "greet", "confidence": 0.9},
            "entities": [],
            "failed_actions": [],
            "state": {"events": []},
        }

    @made.post("/webhooks/dianyu/lexicon")
    def lexicon() -> Json:
        return {"etags": []}

    return made
