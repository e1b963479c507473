"""An independent client, wechatpy's, gets along with the stand-in as with the platforms."""

import pytest
from wechatpy.client import WeChatClient
from wechatpy.enterprise.client import WeChatClient as WecomClient
from wechatpy.exceptions import WeChatClientException

from tests.channels.sandbox.platform import CUSTOMER, OPENID, OPENID2, STAFF, USERID, Platform


@pytest.fixture
def oa(platform: Platform) -> WeChatClient:
    known = platform.accounts
    token = platform.oa_token()  # its own fetching has the real address built in
    client = WeChatClient(known.oa_appid, known.oa_secret, access_token=token, timeout=5)
    client.API_BASE_URL = f"{platform.url}/oa/cgi-bin/"
    client.expires_at = 2**31
    return client


@pytest.fixture
def wecom(platform: Platform) -> WecomClient:
    known = platform.accounts
    token = platform.wecom_token()
    client = WecomClient(known.wecom_corpid, known.wecom_secret, access_token=token, timeout=5)
    client.API_BASE_URL = f"{platform.url}/wecom/cgi-bin/"
    client.expires_at = 2**31
    return client


def test_messages_of_the_official_account(platform: Platform, oa: WeChatClient) -> None:
    platform.say(CUSTOMER)
    oa.message.send_text(OPENID, "在的")
    oa.message.send_image(OPENID, "media-1")
    oa.message.send_articles(OPENID, [{"title": "新品", "description": "", "url": "", "image": ""}])
    assert [item["kind"] for item in platform.received(CUSTOMER)] == ["text", "image", "news"]


def test_refusals_of_the_official_account(oa: WeChatClient) -> None:
    with pytest.raises(WeChatClientException) as refused:
        oa.message.send_text(OPENID, "在的")
    assert refused.value.errcode == 45015


def test_the_rest_of_the_official_account(platform: Platform, oa: WeChatClient) -> None:
    assert oa.user.get(OPENID)["subscribe"] == 1
    oa.menu.create({"button": [{"type": "click", "name": "积分", "key": "P"}]})
    assert oa.menu.get()["menu"]["button"][0]["key"] == "P"
    scene = {"scene": {"scene_str": "store-1"}}
    made = oa.qrcode.create({"action_name": "QR_LIMIT_STR_SCENE", "action_info": scene})
    assert made["ticket"]
    sent = oa.message.send_mass_text([OPENID, OPENID2], "春季新品")
    assert sent["msg_id"]
    data = {"order": {"value": "DD1"}, "state": {"value": "已发货"}}
    assert oa.message.send_template(OPENID, "TEMPLATE", data)["msgid"]


def test_messages_of_wecom(platform: Platform, wecom: WecomClient) -> None:
    agent = platform.accounts.wecom_agent_id
    wecom.message.send_text(agent, USERID, "低分预警")
    wecom.message.send_markdown(agent, USERID, "**低分**")
    assert [item["kind"] for item in platform.received(STAFF)] == ["text", "markdown"]
    assert wecom.user.get(USERID)["name"] == "李娜"
