"""The WeCom app's API."""

from typing import Any

from wechatpy.enterprise import WeChatClient

from channels import platform, tokens
from crm_core.settings import Settings


class Client:
    """What we call, each with a timeout, one token retry and typed failures."""

    def __init__(self, settings: Settings) -> None:
        base = f"{settings.wecom_api_base}/cgi-bin/"
        self._corpid = settings.wecom_corpid
        self._secret = settings.wecom_secret.get_secret_value()
        self._agent_id = settings.wecom_agent_id
        self._token_url = f"{base}gettoken"
        self._tokens = tokens.Tokens(f"wecom:{self._corpid}:{self._agent_id}", self._fetch)
        self._raw = WeChatClient(
            self._corpid, self._secret, timeout=platform.TIMEOUT, auto_retry=False
        )
        self._raw.API_BASE_URL = base

    def send(self, userid: str, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        """An app message of a kind ("text", "markdown", "template_card"); returns the answer.

        Raises:
            SendError: refused (81013 no valid receiver, 42014 task_id used …).
            Unanswered: cut off.
        """
        data = {"touser": userid, "agentid": self._agent_id, "msgtype": kind, kind: content}
        return self._post("message/send", data)

    def update_card(self, userids: list[str], code: str, card: dict[str, Any]) -> None:
        """Change a card; a response code serves once, within 72 hours (doc 94945).

        Raises:
            SendError: refused.
            Unanswered: cut off.
        """
        data = {
            "userids": userids,
            "agentid": self._agent_id,
            "response_code": code,
            "template_card": card,
        }
        self._post("message/update_template_card", data)

    def close(self) -> None:
        """Close the connections."""
        self._raw._http.close()  # noqa: SLF001 - wechatpy has no other way

    def _post(self, path: str, data: dict[str, Any]) -> dict[str, Any]:
        def request(token: str) -> Any:
            return self._raw.post(path, params={"access_token": token}, data=data)

        return platform.call("wecom", self._raw, self._tokens, request)

    def _fetch(self, _forced: bool) -> dict[str, Any]:
        query = {"corpid": self._corpid, "corpsecret": self._secret}
        return tokens.ask("GET", self._token_url, params=query)
