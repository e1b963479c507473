"""/try: a shopper's, an assistant's and a manager's phone, side by side, over the sandbox."""

from pathlib import Path

from nicegui import ui

from console.phone import PhoneView
from console.sandbox_client import SandboxClient, SandboxDown

_STYLE = (Path(__file__).parent / "try_page.css").read_text(encoding="utf-8")
_PHONES = {
    "customer": (
        "公众号 · 顾客",
        ("我有多少积分", "我平时穿M，喜欢法式", "有什么投票", "我要投诉"),
    ),
    "assistant": ("企业微信 · 导购", ("今天要回访谁", "王女士上次买的大衣什么码", "她积分多少")),
    "manager": ("企业微信 · 店长", ("今天卖得怎么样", "沉睡客户有多少", "有哪些预警")),
}


def add(client: SandboxClient) -> None:
    """Serve the page."""

    @ui.page("/try", title="店语 · 试一试")
    async def page() -> None:
        ui.add_css(_STYLE)
        with ui.column().classes("w-full items-center"):
            ui.label("店语").classes("brand")
            ui.label("三部手机，真实的公众号和企业微信协议，沙箱里的平台。").classes("tagline")
            await ui.context.client.connected()
            try:
                personas = await client.personas()
            except SandboxDown:
                ui.label("沙箱没有应答，请看一下日志。").classes("notice")
                return
            with ui.row().classes("phones justify-center"):
                for role, (title, hints) in _PHONES.items():
                    PhoneView(client, title, hints, [p for p in personas if p["role"] == role])
