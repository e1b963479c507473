"""One phone on the /try page: its messages, its buttons, and a line to type in."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from nicegui import background_tasks, ui

from console.sandbox_client import SandboxClient, SandboxDown

Item = dict[str, Any]

_RETRY_SECONDS = 2.0
_VIA = {"custom": "客服消息", "mass": "群发", "template": "模板消息", "sms": "短信"}


class PhoneView:
    """Shows one persona's phone and keeps it up to date while the page is open."""

    def __init__(
        self, client: SandboxClient, title: str, hints: Sequence[str], personas: list[Item]
    ) -> None:
        self._client = client
        self._personas = {persona["id"]: persona["name"] for persona in personas}
        self._persona = next(iter(self._personas), None)
        self._items: dict[int, Item] = {}
        self._task: asyncio.Task[None] | None = None
        self._build(title, hints)
        self._follow()

    def _build(self, title: str, hints: Sequence[str]) -> None:
        with ui.column().classes("phone gap-0"):
            with ui.row().classes("phone-bar items-center no-wrap w-full"):
                ui.label(title).classes("phone-title")
                ui.space()
                ui.select(self._personas, value=self._persona, on_change=self._switch).props(
                    'dense borderless options-dense aria-label="换一个人"'
                )
            with ui.scroll_area().classes("phone-screen w-full") as self._screen:
                self._list = ui.column().classes("w-full gap-2")
            with ui.row().classes("hints w-full no-wrap"):
                for hint in hints:
                    ui.button(hint, on_click=self._saying(hint)).props("flat dense no-caps")
            with ui.row().classes("phone-input w-full no-wrap items-center"):
                self._input = (
                    ui.input(placeholder="发消息")
                    .props('dense outlined maxlength=2000 aria-label="发消息"')
                    .classes("grow")
                    .on("keydown.enter", self._send)
                )
                ui.button(icon="send", on_click=self._send).props('flat round aria-label="发送"')

    def _switch(self, change: Any) -> None:
        self._persona = change.value
        self._items.clear()
        self._draw()
        self._follow()

    def _follow(self) -> None:
        if self._task is not None:
            self._task.cancel()
        if self._persona is not None:
            self._task = background_tasks.create(self._keep_up(self._persona))
            ui.context.client.on_delete(self._task.cancel)

    async def _keep_up(self, persona: str) -> None:
        seq = 0
        while True:
            try:
                seq, changed = await self._client.changes(persona, seq)
            except SandboxDown:
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            if changed:
                self._items |= {item["index"]: item for item in changed}
                self._draw()

    def _draw(self) -> None:
        self._list.clear()
        with self._list:
            for _, item in sorted(self._items.items()):
                self._show(item)
        self._screen.scroll_to(percent=1.0)

    def _show(self, item: Item) -> None:
        own = item["direction"] == "sent"
        if item["kind"] in {"event", "notice"}:
            ui.label(item["text"]).classes("notice")
            return
        row = ui.row().classes("w-full " + ("justify-end" if own else "justify-start"))
        with row, ui.column().classes("bubble gap-1 " + ("own" if own else "other")):
            if item["via"] in _VIA:
                ui.label(_VIA[item["via"]]).classes("via")
            if item["card"]:
                self._card(item)
            else:
                ui.label(item["text"] or f"[{item['kind']}]").classes("words")
                self._buttons(item, dict)

    def _card(self, item: Item) -> None:
        card = item["card"]
        title = card.get("main_title") or {}
        ui.label(title.get("title", "")).classes("card-title")
        ui.label(title.get("desc") or "").classes("words")
        ui.label(card.get("sub_title_text") or "").classes("words")
        for row in card.get("horizontal_content_list") or []:
            ui.label(f"{row.get('keyname')}：{row.get('value')}").classes("card-row")
        chosen = self._choice(card.get("button_selection"))
        self._buttons(item, chosen)

    def _choice(self, question: Item | None) -> Callable[[], dict[str, list[str]]]:
        if not question:
            return dict
        options = {option["id"]: option["text"] for option in question["option_list"]}
        chosen = ui.select(
            options, value=question.get("selected_id") or None, label=question.get("title", "")
        ).props("dense outlined")
        key = question["question_key"]
        return lambda: {key: [chosen.value]} if chosen.value else {}

    def _buttons(self, item: Item, chosen: Callable[[], dict[str, list[str]]]) -> None:
        for button in item["buttons"]:
            ui.button(
                button["title"], on_click=self._tapping(item["index"], button["key"], chosen)
            ).props("outline dense no-caps").classes("w-full")

    def _saying(self, text: str) -> Callable[[], Any]:
        return lambda: self._say(text)

    def _tapping(
        self, index: int, key: str, chosen: Callable[[], dict[str, list[str]]]
    ) -> Callable[[], Any]:
        return lambda: self._tap(index, key, chosen())

    async def _send(self) -> None:
        text = (self._input.value or "").strip()
        self._input.value = ""
        if text:
            await self._say(text)

    async def _say(self, text: str) -> None:
        if self._persona is None:
            return
        try:
            await self._client.say(self._persona, text=text)
        except SandboxDown:
            ui.notify("没有送到，请稍后再试", type="warning")

    async def _tap(self, index: int, key: str, selected: dict[str, list[str]]) -> None:
        if self._persona is None:
            return
        try:
            await self._client.tap(self._persona, index, key, selected)
        except SandboxDown:
            ui.notify("这个按钮已经不能点了", type="warning")
