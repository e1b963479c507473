"""`make bench-gateway`: encrypted callbacks/s to stored and acknowledged.

The real gateway process on SQLite (synchronous=FULL), a Rasa stubbed at the socket, and a closed
loop of clients in a process of their own that send distinct encrypted messages of many followers
and decrypt nothing. Targets: at least 300/s with p99 under 200 ms for 60 s, zero errors.
"""

import asyncio
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import WeChatSigner

from benchmarks.report import Metric, report
from crm_core import migrate
from crm_core.db import make_engine
from crm_core.settings import Settings, load, make_secrets

ROOT = Path(__file__).resolve().parents[1]
SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
IN_FLIGHT = 32
FOLLOWERS = 2000


def main() -> None:
    """Run it and print the figures."""
    with tempfile.TemporaryDirectory(prefix="dianyu-bench-") as home, running(Path(home)) as config:
        latencies, errors, seconds = asyncio.run(_load(config))
    latencies.sort()
    report(
        "gateway",
        [
            Metric("callbacks", len(latencies) / seconds, "1/s", 300.0),
            Metric("p50", statistics.median(latencies) * 1000, "ms"),
            Metric("p99", latencies[int(len(latencies) * 0.99)] * 1000, "ms", 200.0, most=True),
            Metric("errors", float(errors), "", 0.0, most=True),
            Metric("duration", seconds, "s"),
        ],
    )


@contextmanager
def running(home: Path) -> Iterator[Settings]:
    """A gateway and the stub on free ports, with a home of their own."""
    make_secrets(home)
    port, rasa = _free_port(), _free_port()
    environ = {
        "DIANYU_HOME": str(home),
        "DIANYU_PORT": str(port),
        "DIANYU_RASA_URL": f"http://127.0.0.1:{rasa}",
        "DIANYU_DEMO": "on",
        "DIANYU_LOG_LEVEL": "WARNING",
    }
    os.environ |= environ
    config = load(os.environ)
    migrate.upgrade(make_engine(config.database_url))
    uvicorn = (sys.executable, "-m", "uvicorn", "--no-access-log", "--host", "127.0.0.1")
    commands = [
        (*uvicorn, "benchmarks.stub_rasa:app", "--port", str(rasa), "--log-level", "error"),
        (*uvicorn, "--factory", "app.gateway:create_app", "--port", str(port)),
    ]
    children = [subprocess.Popen(c, cwd=ROOT, env={**os.environ}) for c in commands]
    try:
        _wait_for(port)
        yield config
    finally:
        for child in children:
            child.terminate()
            child.wait(10)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(port)


async def _load(config: Settings) -> tuple[list[float], int, float]:
    crypto = WeChatCrypto(
        config.oa_token.get_secret_value(), config.oa_aes_key.get_secret_value(), config.oa_appid
    )
    url = f"http://127.0.0.1:{config.port}/channels/oa/callback"
    latencies: list[float] = []
    errors = 0
    until = time.monotonic() + SECONDS
    began = time.monotonic()

    async def one_client(session: aiohttp.ClientSession) -> None:
        nonlocal errors
        while time.monotonic() < until:
            params, body = _message(crypto)
            sent = time.monotonic()
            async with session.post(url, params=params, data=body) as answer:
                content = await answer.read()
            latencies.append(time.monotonic() - sent)
            errors += not answer.ok or b"<Encrypt>" not in content

    connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
    async with aiohttp.ClientSession(connector=connector) as session:
        await asyncio.gather(*(one_client(session) for _ in range(IN_FLIGHT)))
    return latencies, errors, time.monotonic() - began


def _message(crypto: WeChatCrypto) -> tuple[dict[str, str], str]:
    follower = f"oBench{secrets.randbelow(FOLLOWERS)}"
    xml = (
        f"<xml><ToUserName>gh_1</ToUserName><FromUserName>{follower}</FromUserName>"
        f"<CreateTime>{int(time.time())}</CreateTime><MsgType>text</MsgType>"
        f"<Content>我有多少积分</Content><MsgId>{secrets.randbits(62)}</MsgId></xml>"
    )
    timestamp, nonce = str(int(time.time())), secrets.token_hex(4)
    body = crypto.encrypt_message(xml, nonce, timestamp)
    signer = WeChatSigner()
    signer.add_data(crypto.token, timestamp, nonce)
    msg_signature = body.split("<MsgSignature><![CDATA[")[1].split("]]")[0]
    params = {
        "timestamp": timestamp, "nonce": nonce, "signature": signer.signature,
        "encrypt_type": "aes", "msg_signature": msg_signature,
    }  # fmt: skip
    return params, body


if __name__ == "__main__":
    main()
