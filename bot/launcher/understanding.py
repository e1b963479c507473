"""A text's intent and entities, by the model's NLU graph alone.

Rasa's own parse ends in a handler that takes a leading "/" for the name of an intent; ours
stops before it, so that nobody can type their way to an intent.
"""

from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.processor import MessageProcessor
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.shared.core.trackers import DialogueStateTracker

from bot.launcher.wire import Json

NOT_UNDERSTOOD = {"name": "nlu_fallback", "confidence": 0.0}
KEPT = ("text", "normalised", "intent", "entities", "intent_ranking", "ungated")


def parse(processor: MessageProcessor, text: str, metadata: Json) -> Json:
    """Rasa's parse data for `text` exactly as sent; offsets count its code points."""
    if not text.strip():
        return {"text": text, "intent": NOT_UNDERSTOOD, "entities": [], "intent_ranking": []}
    message = UserMessage(text, metadata=metadata)
    message.text = text  # Rasa strips it, which would shift the offsets
    target = _last_component(processor)
    results = processor.graph_runner.run(
        inputs={
            PLACEHOLDER_MESSAGE: [message],
            PLACEHOLDER_TRACKER: DialogueStateTracker("", []),
        },
        targets=[target],
    )
    parsed = results[target][0].as_dict(only_output_properties=True)
    data = {key: parsed[key] for key in KEPT if key in parsed}
    data.setdefault("entities", [])
    if not (data.get("intent") or {}).get("name"):
        data["intent"] = NOT_UNDERSTOOD
    return data


def answer(parsed: Json) -> Json:
    """Parse data in the words of our contract."""
    intent = parsed["intent"]
    return {
        "intent": intent["name"],
        "confidence": intent.get("confidence", 0.0),
        "ungated": parsed.get("ungated") or intent["name"],
        "ranking": [
            {"name": ranked["name"], "confidence": ranked["confidence"]}
            for ranked in parsed.get("intent_ranking", [])
        ],
        "entities": entities(parsed),
    }


def entities(parsed: Json) -> list[Json]:
    """The entities, each with the text it was read from."""
    return [_entity(entity, parsed.get("text") or "") for entity in parsed["entities"]]


def _entity(entity: Json, text: str) -> Json:
    found = {key: entity.get(key) for key in ("entity", "start", "end", "value")}
    found["text"] = text[entity["start"] : entity["end"]] if "start" in entity else None
    return found | {key: entity[key] for key in ("role", "group") if entity.get(key)}


def _last_component(processor: MessageProcessor) -> str:
    metadata: Any = processor.model_metadata
    handler = metadata.predict_schema.nodes[metadata.nlu_target]
    return str(handler.needs["messages"])
