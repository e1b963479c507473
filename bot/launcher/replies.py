"""What the bot said in one turn, as the caller gets it."""

from typing import Any

from rasa.core.channels.channel import OutputChannel

from bot.launcher.wire import Json


class Replies(OutputChannel):
    """Collects a turn's replies whole; Rasa's own collector cuts a text at empty lines."""

    def __init__(self) -> None:
        self.said: list[Json] = []

    @classmethod
    def name(cls) -> str:
        return "dianyu"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """One reply for one message, however many of its parts are set."""
        reply = {
            "text": message.get("text") or None,
            "buttons": [*(message.get("quick_replies") or ()), *(message.get("buttons") or ())],
            "image": message.get("image") or None,
            "custom": message.get("custom") or None,
        }
        if any(reply.values()):
            self.said.append(reply)
