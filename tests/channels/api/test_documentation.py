"""What docs/api.md shows is what happens: its examples run, in their order, by curl."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from channels.api.wording import TITLES
from crm_core.errors import CrmError
from tests.channels.api.client import Till

PAGE = Path(__file__).parents[3] / "docs" / "api.md"
EXAMPLES = re.findall(r"(?ms)^```sh\n(.+?)^```", PAGE.read_text(encoding="utf-8"))

BEHIND = ("channels.api.", *(f"crm_core.{name}." for name in (
    "catalog", "coupons", "customers.service", "customers.phones", "enrolling", "entry", "events",
    "idempotency", "orders", "payments", "points", "sales", "staff", "stock", "stores",
    "validation", "webhooks",
)))  # fmt: skip


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_every_example_works(till: Till) -> None:
    assert len(EXAMPLES) > 15
    environment = {
        "PATH": "/usr/bin:/bin",
        "DIANYU": str(till.http.base_url).rstrip("/"),
        "KEY": till.http.headers["authorization"].removeprefix("Bearer "),
    }
    for example in EXAMPLES:
        command = ["/bin/sh", "-ec", example]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        said = json.loads(done.stdout)
        assert "code" not in said or "title" not in said or said["code"] == "man300", (
            example,
            said,
        )
        for result in said.get("results", ()):
            assert result["status"] in {200, 201}, (example, result)


def test_every_route_is_explained_and_has_a_refusal(till: Till) -> None:
    for path, methods in till.document["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description"), f"{method} {path}"
            assert "default" in operation["responses"]


def test_what_is_sent_is_shown_by_examples(till: Till) -> None:
    """Every needed field of a body has an example, or is made of fields that have one."""
    schemas = till.document["components"]["schemas"]
    for name, schema in schemas.items():
        if not name.endswith(("In", "Fields", "Change")):
            continue
        for field in schema.get("required", ()):
            stated = schema["properties"][field]
            refers = "$ref" in json.dumps(stated)
            assert "examples" in stated or refers, f"{name}.{field}"


def test_every_refusal_that_a_route_may_meet_has_a_sentence() -> None:
    def kinds(kind: type[CrmError]) -> Iterator[type[CrmError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from kinds(child)

    met = {kind.code for kind in kinds(CrmError) if kind.__module__.startswith(BEHIND)}
    assert met - {"error"} <= set(TITLES)
