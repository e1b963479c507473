"""The stand-in as tests use it: its levers, and calls of its APIs as the product makes them."""

from dataclasses import dataclass
from typing import Any

import httpx

from channels.sandbox.config import Accounts, SmsTemplate

OPENID, OPENID2, USERID, NUMBER = "oFollower0001", "oFollower0002", "LiNa", "13812345678"
CUSTOMER = {"id": "customer:林晓月", "name": "林晓月", "openid": OPENID, "phone": NUMBER}
OTHER = {"id": "customer:王芳", "name": "王芳", "openid": OPENID2}
STAFF = {"id": "assistant:李娜", "name": "李娜", "role": "assistant", "userid": USERID}


def some_accounts(**changes: Any) -> Accounts:
    known: dict[str, Any] = {
        "oa_appid": "wx0123456789abcdef",
        "oa_secret": "oa-secret",
        "oa_token": "oaToken",
        "oa_aes_key": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        "oa_original_id": "gh_shop00000001",
        "oa_templates": {"TEMPLATE": "订单 {{order.DATA}}：{{state.DATA}}"},
        "wecom_corpid": "ww0123456789abcdef",
        "wecom_agent_id": 1000002,
        "wecom_secret": "wecom-secret",
        "wecom_token": "wecomToken",
        "wecom_aes_key": "GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba",
        "sms_access_key_id": "key-id",
        "sms_access_key_secret": "key-secret",
        "sms_templates": {
            "SMS_0001": SmsTemplate("${content}"),
            "SMS_CODE": SmsTemplate("验证码 ${code}", "code"),
        },
    }
    return Accounts(**(known | changes))


@dataclass
class Platform:
    """One running stand-in."""

    url: str
    accounts: Accounts
    http: httpx.Client

    def post(self, path: str, body: Any = None) -> Any:
        """Pull a lever and expect it to work."""
        answer = self.http.post(f"/control{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def get(self, path: str, **query: Any) -> Any:
        answer = self.http.get(f"/control{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def say(self, persona: dict[str, Any], text: str = "你好", **more: Any) -> Any:
        return self.post("/messages", {"persona": persona["id"], "text": text, **more})

    def phone(self, persona: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.get(f"/phones/{persona['id']}", **query)["items"]
        return items

    def received(self, persona: dict[str, Any]) -> list[dict[str, Any]]:
        return [item for item in self.phone(persona) if item["direction"] == "received"]

    def counter(self, what: str, of: str) -> int:
        count: int = self.get("/counters").get(what, {}).get(of, 0)
        return count

    def later(self, seconds: float) -> None:
        """Move the clock on."""
        offset = self.get("/clock")["offset_seconds"]
        self.post("/clock", {"offset_seconds": offset + seconds})

    def oa_token(self) -> str:
        wanted = {
            "grant_type": "client_credential",
            "appid": self.accounts.oa_appid,
            "secret": self.accounts.oa_secret,
        }
        token: str = self.http.post("/oa/cgi-bin/stable_token", json=wanted).json()["access_token"]
        return token

    def oa(self, path: str, body: Any = None, *, token: str | None = None, **query: Any) -> Any:
        """Call the official account's API: GET without a body, else POST."""
        query["access_token"] = self.oa_token() if token is None else token
        return self._call(f"/oa/cgi-bin/{path}", body, query)

    def wecom_token(self) -> str:
        query = {"corpid": self.accounts.wecom_corpid, "corpsecret": self.accounts.wecom_secret}
        token: str = self.http.get("/wecom/cgi-bin/gettoken", params=query).json()["access_token"]
        return token

    def wecom(self, path: str, body: Any = None, *, token: str | None = None, **query: Any) -> Any:
        query["access_token"] = self.wecom_token() if token is None else token
        if isinstance(body, dict):
            body = {"agentid": self.accounts.wecom_agent_id} | body
        return self._call(f"/wecom/cgi-bin/{path}", body, query)

    def custom(self, text: str = "在的", openid: str = OPENID) -> Any:
        body = {"touser": openid, "msgtype": "text", "text": {"content": text}}
        return self.oa("message/custom/send", body)

    def app_text(self, text: str = "在的", to: str = USERID, **more: Any) -> Any:
        body = {"touser": to, "msgtype": "text", "text": {"content": text}}
        return self.wecom("message/send", body | more)

    def _call(self, path: str, body: Any, query: dict[str, Any]) -> Any:
        if body is None:
            return self.http.get(path, params=query).json()
        return self.http.post(path, params=query, json=body).json()
