"""The sandbox's control API, as a page needs it."""

from typing import Any

import aiohttp

_WAIT_SECONDS = 20.0
_CALL_SECONDS = 60.0  # a delivery waits for the gateway, with the platform's retries


class SandboxDown(Exception):
    """The sandbox, or what it delivers to, does not answer."""


class SandboxClient:
    """One session to `{base}/control`; personas are put there by `refresh`."""

    def __init__(self, base: str, gateway: str) -> None:
        self._base = base
        self._gateway = gateway
        self._session: aiohttp.ClientSession | None = None

    async def personas(self) -> list[dict[str, Any]]:
        """Who can be played, registered from the store first."""
        await self._call("POST", f"{self._gateway}/try/personas")
        phones: list[dict[str, Any]] = await self._call("GET", f"{self._base}/control/phones")
        return [phone["persona"] for phone in phones]

    async def changes(self, persona: str, since: int) -> tuple[int, list[dict[str, Any]]]:
        """What changed on a phone after `since`; waits a while for the first change."""
        query = {"since": str(since), "wait": str(_WAIT_SECONDS)}
        url = f"{self._base}/control/phones/{persona}"
        now: dict[str, Any] = await self._call("GET", url, params=query)
        return now["seq"], now["items"]

    async def say(self, persona: str, **said: Any) -> None:
        """Send a message or do something on a phone."""
        await self._call(
            "POST", f"{self._base}/control/messages", json={"persona": persona, **said}
        )

    async def tap(self, persona: str, index: int, key: str, selected: dict[str, list[str]]) -> None:
        """Press a button of the item with this index."""
        tapped = {"persona": persona, "index": index, "key": key, "selected": selected}
        await self._call("POST", f"{self._base}/control/clicks", json=tapped)

    async def _call(self, method: str, url: str, **request: Any) -> Any:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=_CALL_SECONDS)
            self._session = aiohttp.ClientSession(timeout=timeout)
        try:
            async with self._session.request(method, url, **request) as answer:
                answer.raise_for_status()
                return await answer.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise SandboxDown(type(error).__name__) from error
