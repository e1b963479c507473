"""Access tokens: what gets one, what ends one, and what each kind of bad one is called."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx
import pytest

from channels.sandbox.app import create_app
from channels.sandbox.config import Limits
from tests.channels.sandbox.platform import CUSTOMER, OPENID, STAFF, USERID, Platform, some_accounts
from tests.serving import served

Fresh = Callable[..., AbstractContextManager[Platform]]


@pytest.fixture
def fresh() -> Fresh:
    """A stand-in of one's own, whose tokens nobody else asked for."""

    @contextmanager
    def started(**limits: int) -> Iterator[Platform]:
        accounts = some_accounts()
        app = create_app(accounts, "http://127.0.0.1:9", Limits(**limits))
        with served(app) as url, httpx.Client(base_url=url, trust_env=False) as http:
            platform = Platform(url, accounts, http)
            platform.post("/personas", [CUSTOMER, STAFF])
            yield platform

    return started


def plain_token(platform: Platform, **changes: str) -> Any:
    known = platform.accounts
    query = {"grant_type": "client_credential", "appid": known.oa_appid, "secret": known.oa_secret}
    return platform.http.get("/oa/cgi-bin/token", params=query | changes).json()


def stable_token(platform: Platform, **changes: Any) -> Any:
    known = platform.accounts
    body = {"grant_type": "client_credential", "appid": known.oa_appid, "secret": known.oa_secret}
    return platform.http.post("/oa/cgi-bin/stable_token", json=body | changes).json()


def errcode(platform: Platform, token: str) -> int:
    code: int = platform.oa("user/info", token=token, openid=OPENID).get("errcode", 0)
    return code


class TestOfficialAccount:
    def test_a_new_plain_token_ends_the_one_before_after_five_minutes(self, fresh: Fresh) -> None:
        with fresh() as platform:
            first, second = (plain_token(platform)["access_token"] for _ in range(2))
            assert (errcode(platform, first), errcode(platform, second)) == (0, 0)
            platform.later(301)
            assert (errcode(platform, first), errcode(platform, second)) == (40001, 0)

    def test_a_stable_token_stays_until_five_minutes_before_its_end(self, fresh: Fresh) -> None:
        with fresh() as platform:
            first = stable_token(platform)
            platform.later(6890)
            again = stable_token(platform)
            assert again["access_token"] == first["access_token"]
            assert again["expires_in"] in range(300, 312)
            platform.later(20)
            assert stable_token(platform)["access_token"] != first["access_token"]

    def test_the_two_kinds_leave_each_other_alone(self, fresh: Fresh) -> None:
        with fresh() as platform:
            stable = stable_token(platform)["access_token"]
            plain_token(platform)
            platform.later(400)
            assert errcode(platform, stable) == 0

    def test_a_token_ends_after_two_hours(self, fresh: Fresh) -> None:
        with fresh() as platform:
            token = plain_token(platform)["access_token"]
            platform.later(7201)
            assert errcode(platform, token) == 42001

    def test_expiry_on_demand(self, fresh: Fresh) -> None:
        with fresh() as platform:
            token = stable_token(platform)["access_token"]
            platform.post("/tokens/expire")
            assert errcode(platform, token) == 42001
            assert errcode(platform, stable_token(platform)["access_token"]) == 0

    @pytest.mark.parametrize(
        ("token", "code"), [("", 41001), ("no-such-form", 40014), ("80_unknown", 40001)]
    )
    def test_bad_tokens(self, platform: Platform, token: str, code: int) -> None:
        assert errcode(platform, token) == code

    @pytest.mark.parametrize(
        ("changes", "code"),
        [({"grant_type": "x"}, 40002), ({"appid": "wx0"}, 40013), ({"secret": "no"}, 40125)],
    )
    def test_bad_credentials(self, platform: Platform, changes: dict[str, str], code: int) -> None:
        assert plain_token(platform, **changes)["errcode"] == code
        assert stable_token(platform, **changes)["errcode"] == code

    def test_fetches_a_day_are_limited(self, fresh: Fresh) -> None:
        with fresh(tokens_per_day=2) as platform:
            assert [plain_token(platform).get("errcode") for _ in range(3)] == [None, None, 45009]
            platform.later(24 * 3600)
            assert plain_token(platform)["expires_in"] == 7200

    def test_forced_refreshes_are_limited_by_minute_and_day(self, fresh: Fresh) -> None:
        with fresh(forced_tokens_per_day=2) as platform:
            first = stable_token(platform, force_refresh=True)["access_token"]
            assert stable_token(platform, force_refresh=True)["errcode"] == 45011
            platform.later(31)
            assert stable_token(platform, force_refresh=True)["access_token"] != first
            platform.later(31)
            assert stable_token(platform, force_refresh=True)["errcode"] == 45009


class TestWecom:
    def test_asking_again_gives_the_same_until_it_ends(self, fresh: Fresh) -> None:
        with fresh() as platform:
            first = platform.wecom_token()
            assert platform.wecom_token() == first
            platform.later(7201)
            assert platform.wecom("user/get", token=first, userid=USERID)["errcode"] == 42001
            assert platform.wecom_token() != first

    def test_expiry_on_demand(self, fresh: Fresh) -> None:
        with fresh() as platform:
            token = platform.wecom_token()
            platform.post("/tokens/expire")
            assert platform.wecom("user/get", token=token, userid=USERID)["errcode"] == 42001

    @pytest.mark.parametrize(("token", "code"), [("", 41001), ("unknown", 40014)])
    def test_bad_tokens(self, platform: Platform, token: str, code: int) -> None:
        assert platform.wecom("user/get", token=token, userid=USERID)["errcode"] == code

    @pytest.mark.parametrize(
        ("changes", "code"), [({"corpid": "ww0"}, 40013), ({"corpsecret": "no"}, 40001)]
    )
    def test_bad_credentials(self, platform: Platform, changes: dict[str, str], code: int) -> None:
        known = platform.accounts
        query = {"corpid": known.wecom_corpid, "corpsecret": known.wecom_secret} | changes
        answer = platform.http.get("/wecom/cgi-bin/gettoken", params=query)
        assert answer.json()["errcode"] == code
