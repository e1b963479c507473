"""Calling a platform's API through wechatpy, with our token service and one retry.

wechatpy 1.8.18 retries a refused token without limit and fetches tokens without a timeout, so its
own retry is off and tokens come from `channels.tokens`.
"""

from collections.abc import Callable, Container
from http import HTTPStatus
from typing import Any

import requests
from wechatpy.client.base import BaseWeChatClient
from wechatpy.exceptions import WeChatClientException

from channels import metrics
from channels.tokens import TokenRefused, Tokens
from crm_core.outbox.ports import SendError, Unanswered

TIMEOUT = (2.0, 6.0)  # seconds to connect, to answer

_TOKEN_REFUSED = {40001, 40014, 42001}
# Trying again later can help: busy, quota, rate, concurrency, another app is sending.
_PASSING = {-1, 45009, 45011, 45033, 41096}


def call(
    name: str,
    client: BaseWeChatClient,
    tokens: Tokens,
    request: Callable[[str], Any],
    *,
    done: Container[int] = (),
) -> dict[str, Any]:
    """Run `request` with a token; a refused token is replaced once.

    `done` are the error codes that say that an earlier attempt has done it.

    Raises:
        SendError: the platform refused, or could not be reached at all.
        Unanswered: the call was cut off after it had left.
    """
    try:
        token = tokens.get()
        answer = _once(name, client, token, request)
        if answer.get("errcode") in _TOKEN_REFUSED:
            answer = _once(name, client, tokens.replace(token), request)
    except TokenRefused as error:
        metrics.API_CALLS.labels(name, "no_token").inc()
        raise SendError(f"no token: {error}", permanent=False) from error
    code = int(answer.get("errcode") or 0)
    metrics.API_CALLS.labels(name, "ok" if code == 0 else str(code)).inc()
    if code and code not in done:
        raise SendError(str(code), permanent=code not in _PASSING)
    return answer


def _once(
    name: str, client: BaseWeChatClient, token: str, request: Callable[[str], Any]
) -> dict[str, Any]:
    client.session.set(client.access_token_key, token)
    try:
        answer = request(token)
    except WeChatClientException as error:
        if error.errcode is not None:
            return {"errcode": int(error.errcode)}
        metrics.API_CALLS.labels(name, "http_error").inc()
        raise _failed(error.response) from error
    except requests.ConnectTimeout as error:
        raise SendError("not reached", permanent=False) from error
    except requests.Timeout as error:
        metrics.API_CALLS.labels(name, "timeout").inc()
        raise Unanswered("timeout") from error
    except requests.ConnectionError as error:
        raise _broken(error) from error
    if not isinstance(answer, dict):
        raise Unanswered("not JSON")
    return answer


def _failed(response: requests.Response | None) -> Exception:
    status = response.status_code if response is not None else 0
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unanswered(f"HTTP {status}")
    return SendError(f"HTTP {status}", permanent=True)


def _broken(error: requests.ConnectionError) -> Exception:
    """Refused before anything was sent, or cut off after."""
    refused = "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error)
    return SendError("not reached", permanent=False) if refused else Unanswered("cut off")
