"""The secret that our own processes share."""

from http import HTTPStatus

from fastapi import HTTPException, Request

from crm_core import crypto
from crm_core.settings import settings


def bearer(request: Request) -> None:
    """Let only our own processes in.

    Raises:
        HTTPException: 401, the secret is missing or wrong.
    """
    expected = f"Bearer {settings().internal_secret.get_secret_value()}"
    if not crypto.same(request.headers.get("Authorization", ""), expected):
        raise HTTPException(HTTPStatus.UNAUTHORIZED)
