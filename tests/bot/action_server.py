"""A small action server for the tiny bot: real HTTP, Rasa's action protocol, no SDK.

Run as `python -m tests.bot.action_server PORT SECRET`; `GET /seen` gives the requests so far.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

from aiohttp import web

Json = dict[str, Any]


def slot(name: str, value: object) -> Json:
    return {"event": "slot", "name": name, "value": value}


def answer(*events: Json, say: list[Json] | None = None) -> Json:
    return {"events": list(events), "responses": say or []}


def points(call: Json) -> Json:
    """Says how many turns it was shown, which lets a test see what is sent."""
    spoken = sum(event["event"] == "user" for event in call["tracker"]["events"])
    said = {"response": "utter_points", "points": 320}
    return answer(slot("seen", [spoken]), say=[said])


def file_complaint(call: Json) -> Json:
    kept = call["tracker"]["slots"]
    filed = [{"response": "utter_filed", "details": f"{kept['score']} {kept['details']}"}]
    return answer(slot("score", None), slot("details", None), say=filed)


def validate(call: Json) -> Json:
    """What is not valid is asked again, as rasa_sdk's FormValidationAction would."""
    candidates: dict[str, Any] = {}
    for event in reversed(call["tracker"]["events"]):
        if event["event"] != "slot":
            break
        candidates.setdefault(event["name"], event["value"])
    return answer(*(slot(name, _valid(name, value)) for name, value in candidates.items()))


def _valid(name: str, value: Any) -> Any:
    if value == "红色" and name == "fitting_color":
        return None
    if name == "score" and value is not None:
        return float(value) if 1 <= float(value) <= 5 else None
    return value


def remind(call: Json) -> Json:
    name = f"nudge-{call['tracker']['latest_message']['metadata']['inbound_id'] % 3}"
    return answer(
        {
            "event": "reminder",
            "intent": "nudge",
            "date_time": "2026-03-13T10:00:00+08:00",
            "name": name,
            "kill_on_user_msg": False,
        },
        say=[{"text": "好的"}],
    )


ACTIONS: dict[str, Callable[[Json], Json]] = {
    "action_points": points,
    "action_file_complaint": file_complaint,
    "validate_complaint_form": validate,
    "validate_fitting_form": validate,
    "action_vip": lambda _: answer(slot("vip", True), say=[{"text": "恭喜"}]),
    "action_reset": lambda _: answer({"event": "reset_slots"}, say=[{"text": "清空了"}]),
    "action_follow": lambda _: answer({"event": "followup", "name": "utter_two"}),
    "action_remind": remind,
    "action_unremind": lambda _: answer(
        {"event": "cancel_reminder", "name": "nudge-1"}, say=[{"text": "不提醒了"}]
    ),
    "action_handoff": lambda _: answer({"event": "pause"}, say=[{"text": "转接中"}]),
}


def create_app(secret: str | None = None) -> web.Application:
    seen: list[Json] = []

    async def act(request: web.Request) -> web.Response:
        if secret and request.headers.get("Authorization") != f"Bearer {secret}":
            return web.json_response({"error": "unauthorized"}, status=401)
        call = await request.json()
        seen.append(call)
        if call["next_action"] == "action_shrug":
            return web.json_response({"action_name": "action_shrug", "error": "no"}, status=400)
        if call["next_action"] not in ACTIONS:
            return web.json_response({"error": "broken"}, status=500)
        return web.json_response(ACTIONS[call["next_action"]](call))

    async def show(_: web.Request) -> web.Response:
        shown = [*seen]
        seen.clear()
        return web.json_response(shown)

    app = web.Application(client_max_size=1 << 24)
    app.router.add_post("/internal/actions", act)
    app.router.add_get("/seen", show)
    return app


if __name__ == "__main__":
    asyncio.set_event_loop(asyncio.new_event_loop())
    web.run_app(create_app(sys.argv[2]), host="127.0.0.1", port=int(sys.argv[1]), print=None)
