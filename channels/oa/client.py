"""The official account's API."""

from collections.abc import Callable, Container
from typing import Any

from wechatpy import WeChatClient

from channels import platform, tokens
from crm_core.settings import Settings

_SENT_BEFORE = 45065  # this clientmsgid was used; the answer names the first job


class Client:
    """What we call, each with a timeout, one token retry and typed failures."""

    def __init__(self, settings: Settings) -> None:
        base = f"{settings.wechat_api_base}/cgi-bin/"
        self._appid = settings.oa_appid
        self._secret = settings.oa_secret.get_secret_value()
        self._token_url = f"{base}stable_token"
        self._tokens = tokens.Tokens(f"oa:{self._appid}", self._fetch)
        self._raw = WeChatClient(
            self._appid, self._secret, timeout=platform.TIMEOUT, auto_retry=False
        )
        self._raw.API_BASE_URL = base

    def send_text(self, openid: str, text: str) -> None:
        """A customer-service message: 5 within 48 hours of the user's last message (doc
        api_sendcustommessage).

        Raises:
            SendError: refused (45015 window closed, 45047 used up, 43004 not following …).
            Unanswered: cut off.
        """
        data = {"touser": openid, "msgtype": "text", "text": {"content": text}}
        self._post("message/custom/send", data)

    def mass_send(self, openids: list[str], text: str, clientmsgid: str) -> str:
        """One message to 2 to 10,000 followers, 4 a month each; returns its id. The platform
        drops a repeat of a `clientmsgid` (doc Batch_Sends).

        Raises:
            SendError: refused.
            Unanswered: cut off.
        """
        data = {
            "touser": openids,
            "msgtype": "text",
            "text": {"content": text},
            "clientmsgid": clientmsgid,
        }
        return str(self._post("message/mass/send", data, done={_SENT_BEFORE}).get("msg_id", ""))

    def create_menu(self, menu: dict[str, Any]) -> None:
        """Replace the account's menu.

        Raises:
            SendError: refused.
            Unanswered: cut off.
        """
        self._post("menu/create", menu)

    def close(self) -> None:
        """Close the connections."""
        self._raw._http.close()  # noqa: SLF001 - wechatpy has no other way

    def _post(
        self, path: str, data: dict[str, Any], *, done: Container[int] = ()
    ) -> dict[str, Any]:
        def request(token: str) -> Any:
            return self._raw.post(path, params={"access_token": token}, data=data)

        call: Callable[[str], Any] = request
        return platform.call("oa", self._raw, self._tokens, call, done=done)

    def _fetch(self, forced: bool) -> dict[str, Any]:
        """stable_token: repeats return the same token, so no other holder can kill ours."""
        return tokens.ask(
            "POST",
            self._token_url,
            json={
                "grant_type": "client_credential",
                "appid": self._appid,
                "secret": self._secret,
                "force_refresh": forced,
            },
        )
