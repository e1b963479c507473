"""What an alert looks like as a WeCom template card (button_interaction, doc 90236)."""

from collections.abc import Sequence
from typing import Any

from crm_core.alerts.models import Alert, AlertKind, AlertState
from crm_core.staff.models import Staff

TITLES = {
    AlertKind.LOW_SCORE: "低分预警",
    AlertKind.COMPLAINT: "顾客投诉",
    AlertKind.HAND_OVER: "顾客找人工",
}
QUESTION = "assistant"  # the key under which a click reports to whom a transfer goes
NOBODY = "0"  # the option that is chosen until somebody is: WeCom preselects the first one

# The documented lengths (doc 90236); what is longer would be cut or refused.
_MOST_SUBTITLE, _MOST_VALUE, _MOST_BUTTON, _MOST_ROWS, _MOST_OPTIONS = 112, 26, 10, 6, 10
_BLUE, _GREY = 1, 2


def live(
    alert: Alert, face: dict[str, Any], conversation_id: int, assistants: Sequence[Staff]
) -> dict[str, Any]:
    """The card with its buttons, as it is first sent; `face` is what `faced` made."""
    if alert.kind is AlertKind.HAND_OVER:
        return face | {"button_list": [_take(conversation_id), _back(conversation_id)]}
    buttons = [
        {"text": "受理", "style": _BLUE, "key": f"alert:accept:{alert.id}"},
        {"text": "转交", "style": _GREY, "key": f"alert:transfer:{alert.id}"},
    ]
    if not assistants:
        return face | {"button_list": buttons}
    options = [{"id": NOBODY, "text": "请选择"}]
    options += [{"id": str(one.id), "text": one.name[:_MOST_BUTTON]} for one in assistants]
    selection = {
        "question_key": QUESTION,
        "title": "转交给",
        "option_list": options[:_MOST_OPTIONS],
        "selected_id": NOBODY,
    }
    return face | {"button_selection": selection, "button_list": buttons}


def returnable(face: dict[str, Any], conversation_id: int) -> dict[str, Any]:
    """The card of whoever took a conversation: it can only be given back."""
    return face | {"button_list": [_back(conversation_id)]}


def settled(alert: Alert, face: dict[str, Any], owner: str | None) -> dict[str, Any]:
    """The card without a button that does anything (`replace_text` greys it, doc 94945)."""
    whose = owner if alert.state is AlertState.ACCEPTED and owner else ""
    label = f"{whose}{alert.state.value}"[-_MOST_BUTTON:]
    button = {"text": label, "style": _GREY, "key": f"alert:seen:{alert.id}"}
    return face | {"button_list": [button], "replace_text": label}


def faced(
    alert: Alert, task_id: str, *, customer: str, store: str, owner: str | None
) -> dict[str, Any]:
    """The card's words; `customer` is masked."""
    facts = alert.facts
    title = TITLES[alert.kind]
    if alert.state is not AlertState.OPEN:
        title = f"{title} · {alert.state.value}"
    rows = [["顾客", customer], *facts.get("rows", [])]
    rows += [["处理人", owner]] if owner else []
    subtitle = "：".join(filter(None, (facts.get("headline"), facts.get("words"))))
    return {
        "card_type": "button_interaction",
        "main_title": {"title": title, "desc": store},
        "sub_title_text": _cut(subtitle or title, _MOST_SUBTITLE),
        "horizontal_content_list": [
            {"keyname": name, "value": _cut(str(value), _MOST_VALUE)} for name, value in rows
        ][:_MOST_ROWS],
        "task_id": task_id,
    }


def _take(conversation_id: int) -> dict[str, Any]:
    return {"text": "接手", "style": _BLUE, "key": f"handover:take:{conversation_id}"}


def _back(conversation_id: int) -> dict[str, Any]:
    return {"text": "交还机器人", "style": _GREY, "key": f"handover:back:{conversation_id}"}


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
