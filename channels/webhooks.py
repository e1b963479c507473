"""Calling the receivers of webhooks over HTTP."""

import httpx

from crm_core.webhooks.ports import Unreachable

_TIMEOUT = httpx.Timeout(10, connect=5)
_USER_AGENT = "dianyu-webhooks/1"


class Client:
    """One connection pool; redirects are not followed, or a receiver could send us anywhere."""

    def __init__(self) -> None:
        self._http = httpx.Client(
            timeout=_TIMEOUT, follow_redirects=False, headers={"user-agent": _USER_AGENT}
        )

    def post(self, url: str, headers: dict[str, str], body: bytes) -> int:
        """Call a receiver; returns the status it answered.

        Raises:
            Unreachable: there was no answer.
        """
        try:
            with self._http.stream("POST", url, headers=headers, content=body) as answer:
                return answer.status_code  # what it says beyond that is not read
        except httpx.HTTPError as error:
            raise Unreachable(type(error).__name__) from None

    def close(self) -> None:
        self._http.close()
