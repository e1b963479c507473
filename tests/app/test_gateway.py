import httpx
from sqlalchemy import Engine

from app.gateway import create_app
from tests.channels.api.client import a_key
from tests.serving import served


def test_the_gateway_serves_the_api_and_its_pages(engine: Engine) -> None:
    with served(create_app()) as url, httpx.Client(base_url=url) as http:
        theirs = {"authorization": f"Bearer {a_key('store:read')}"}
        assert http.get("/api/v1/stores", headers=theirs).json() == {"items": [], "next": None}
        assert http.get("/api/v1/stores").status_code == 401
        assert "/v1/orders" in http.get("/api/openapi.json").json()["paths"]
        assert http.get("/api/docs").status_code == 200
