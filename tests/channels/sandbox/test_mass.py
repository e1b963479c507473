"""Mass sending to a list of followers."""

from typing import Any

import pytest

from tests.channels.sandbox.gateway import Gateway
from tests.channels.sandbox.platform import CUSTOMER, OPENID, OPENID2, OTHER, STAFF, Platform
from tests.channels.sandbox.recorded import document, skeleton


def mass(platform: Platform, client_id: str = "", **changes: Any) -> Any:
    body = {"touser": [OPENID, OPENID2], "msgtype": "text", "text": {"content": "春季新品"}}
    if client_id:
        body["clientmsgid"] = client_id
    return platform.oa("message/mass/send", body | changes)


def finish(gateway: Gateway, jobs: int) -> dict[str, Any]:
    """The message that tells how the last of so many jobs ended."""
    return gateway.wait_for(jobs).message


def test_it_reaches_followers_outside_any_window(platform: Platform, gateway: Gateway) -> None:
    sent = mass(platform, "send-1")
    assert finish(gateway, 1)["MsgID"] == str(sent["msg_id"])
    assert [item["via"] for item in platform.received(CUSTOMER)] == ["mass"]
    assert [item["text"] for item in platform.received(OTHER)] == ["春季新品"]


def test_the_end_is_told_in_the_documented_form(platform: Platform, gateway: Gateway) -> None:
    mass(platform)
    finish(gateway, 1)
    assert skeleton(gateway.received[0].xml) == skeleton(document("oa_mass_finished"))


def test_a_repeated_client_id_is_refused_with_the_first_jobs_id(
    platform: Platform, gateway: Gateway
) -> None:
    first = mass(platform, "send-1")
    again = mass(platform, "send-1", text={"content": "别的"})
    assert (again["errcode"], again["msg_id"]) == (45065, first["msg_id"])
    finish(gateway, 1)
    assert len(platform.received(CUSTOMER)) == 1


def test_the_same_body_without_a_client_id_counts_as_a_repeat(platform: Platform) -> None:
    assert [mass(platform)["errcode"] for _ in range(2)] == [0, 45065]
    assert mass(platform, text={"content": "别的"})["errcode"] == 0


def test_after_a_day_a_client_id_is_free_again(platform: Platform) -> None:
    mass(platform, "send-1")
    platform.later(24 * 3600 + 1)
    assert mass(platform, "send-1")["errcode"] == 0


def test_each_follower_gets_four_a_calendar_month(platform: Platform, gateway: Gateway) -> None:
    platform.post("/clock", {"now": "2026-03-31T12:00:00+08:00"})
    for number in range(5):
        mass(platform, f"send-{number}")
    told = finish(gateway, 5)
    assert len(platform.received(CUSTOMER)) == 4
    assert (told["TotalCount"], told["FilterCount"], told["SentCount"]) == ("2", "0", "0")
    assert platform.counter("dropped", "mass_month") == 2

    platform.post("/clock", {"now": "2026-04-01T00:00:01+08:00"})
    mass(platform, "send-april")
    finish(gateway, 6)
    assert len(platform.received(CUSTOMER)) == 5


def test_who_left_and_who_is_unknown_count_as_errors(platform: Platform, gateway: Gateway) -> None:
    platform.post("/personas", OTHER | {"following": False})
    mass(platform, touser=[OPENID, OPENID2, "oNobody"])
    told = finish(gateway, 1)
    counts = [told[name] for name in ("TotalCount", "FilterCount", "SentCount", "ErrorCount")]
    assert counts == ["3", "3", "1", "2"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"touser": [OPENID]}, 40130),
        ({"touser": OPENID}, 40130),
        ({"touser": [f"o{n}" for n in range(10_001)]}, 40032),
        ({"clientmsgid": "x" * 65}, 45067),
        ({"msgtype": "msgmenu"}, 40008),
        ({"text": {"content": ""}}, 44004),
    ],
)
def test_refusals(platform: Platform, changes: dict[str, Any], code: int) -> None:
    assert mass(platform, **changes)["errcode"] == code


def test_ten_thousand_receivers_are_allowed(platform: Platform, gateway: Gateway) -> None:
    mass(platform, touser=[OPENID, *(f"o{n}" for n in range(9_999))])
    told = finish(gateway, 1)
    assert (told["TotalCount"], told["SentCount"]) == ("10000", "1")


def test_sixty_calls_a_minute(platform: Platform) -> None:
    for number in range(60):
        assert mass(platform, f"send-{number}")["errcode"] == 0
    assert mass(platform, "send-61")["errcode"] == 45011
    platform.later(61)
    assert mass(platform, "send-61")["errcode"] == 0


def test_the_state_of_a_job_can_be_asked(platform: Platform, gateway: Gateway) -> None:
    job = mass(platform)["msg_id"]
    finish(gateway, 1)
    assert platform.oa("message/mass/get", {"msg_id": job}) == {
        "msg_id": job, "msg_status": "SEND_SUCCESS",
    }  # fmt: skip
    assert platform.oa("message/mass/get", {"msg_id": 1})["errcode"] == 40059


def test_staff_are_no_followers(platform: Platform, gateway: Gateway) -> None:
    mass(platform, touser=[OPENID, "LiNa"])
    assert finish(gateway, 1)["ErrorCount"] == "1"
    assert platform.received(STAFF) == []
