"""The phones of a scenario, by the sandbox's control API."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx

_TURN_SECONDS = 60.0
Item = dict[str, Any]


class NotPossible(Exception):
    """A person cannot do that on this phone."""


class Phones:
    """What people do on their phones, and what these show."""

    def __init__(self, sandbox_url: str) -> None:
        self._http = httpx.Client(
            base_url=f"{sandbox_url}/control", timeout=_TURN_SECONDS, trust_env=False
        )

    def close(self) -> None:
        self._http.close()

    def reset(self) -> None:
        """Forget everybody."""
        self._post("/reset", {})

    def set_clock(self, moment: datetime) -> None:
        self._post("/clock", {"now": moment.isoformat()})

    def register(self, personas: Sequence[Item]) -> None:
        self._post("/personas", list(personas))

    def marks(self) -> dict[str, int]:
        """How far every phone has come; `since` shows what is new after that."""
        phones = self._http.get("/phones").raise_for_status().json()
        return {phone["persona"]["id"]: phone["seq"] for phone in phones}

    def since(self, persona: str, mark: int) -> list[Item]:
        """What this phone shows anew: what came in, and cards that changed."""
        answer = self._http.get(f"/phones/{persona}", params={"since": mark}).raise_for_status()
        return [item for item in answer.json()["items"] if item["direction"] == "received"]

    def say(self, persona: str, said: Item) -> None:
        """Say or do something; comes back when the platform is done with it.

        Raises:
            NotPossible: not by this person, not on this phone.
        """
        self._post("/messages", {"persona": persona, **said})

    def tap(self, persona: str, title: str, chosen: str | None) -> None:
        """Press a button on the newest thing that has it, after choosing in the card's list.

        Raises:
            NotPossible: there is no such button or choice.
        """
        for item in reversed(self.since(persona, 0)):
            if any(title in {b["title"], b["key"]} for b in item["buttons"]):
                selected = _selected(item, chosen) if chosen else {}
                tapped = {"index": item["index"], "key": title, "selected": selected}
                self._post("/clicks", {"persona": persona, **tapped})
                return
        raise NotPossible(f"nothing on this phone has the button 「{title}」")

    def _post(self, path: str, body: Any) -> None:
        answer = self._http.post(path, json=body)
        if answer.is_client_error:
            raise NotPossible(f"the phone answers {answer.json()}")
        answer.raise_for_status()


def text_of(items: Sequence[Item]) -> str:
    """All words that these show, buttons included."""
    return "\n".join(line for item in items for line in _lines(item))


def _lines(item: Item) -> list[str]:
    lines = [item["text"], *(button["title"] for button in item["buttons"])]
    dead = (item["card"] or {}).get("button_list") or []
    lines += [button.get("text") for button in dead if not button.get("key")]
    return [line for line in (*lines, item["image"]) if line]


def _selected(item: Item, chosen: str) -> dict[str, list[str]]:
    selection = (item["card"] or {}).get("button_selection") or {}
    for option in selection.get("option_list") or []:
        if chosen in {option["text"], option["id"]}:
            return {selection["question_key"]: [option["id"]]}
    raise NotPossible(f"the card offers no 「{chosen}」 to choose")
