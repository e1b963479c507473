"""`dianyu push`: one text to a segment, after a dry run; `dianyu push status`: how it went."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.cli.main import cli
from app.run.errors import CannotRun
from crm_core.authz import system
from crm_core.campaigns import service as campaigns
from crm_core.campaigns.models import Campaign, PushState
from crm_core.campaigns.service import Plan, Results
from crm_core.clock import local
from crm_core.db import reading, unit_of_work
from crm_core.errors import CrmError
from crm_core.segments.service import UnknownSegment

_OPERATOR = system("push")
_MOST_KEY = 64
_CHANNELS = {"oa": "customer-service message", "oa_mass": "mass send", "sms": "SMS", "": "none"}
_WHY = {
    "no_consent": "does not agree to pushes",
    "not_following": "no longer follows the account, and no phone is known",
    "no_address": "neither an openid nor a phone is known",
    "budget_used": "got the month's four mass sends, and no phone is known",
    "same_address": "shares the phone of another one, who gets it",
    "too_few": "alone in a mass send, which needs two, and no phone is known",
}
_STATES = {
    PushState.PLANNED: "on the way",
    PushState.SKIPPED: "skipped",
    PushState.SENT: "sent",
    PushState.FAILED: "failed",
    PushState.UNKNOWN: "unknown: cut off, may have arrived",
}

push = typer.Typer(
    help="Send one text to a segment, once to each; a dry run comes first.",
    invoke_without_command=True,
    no_args_is_help=True,
)
cli.add_typer(push, name="push")

Segment = Annotated[str, typer.Option(help="As `dianyu segment list` names it.")]
Text = Annotated[str, typer.Option(help="What they get; how to refuse the next one is added.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
Key = Annotated[
    str, typer.Option(help="What makes it the same again; else segment, text and day do.")
]
Number = Annotated[int | None, typer.Argument(help="A campaign; without it, the newest ones.")]
Everyone = Annotated[bool, typer.Option("--all", help="List all who got nothing, not only 50.")]


@push.callback()
def send(
    context: typer.Context,
    *,
    segment: Segment = "",
    text: Text = "",
    key: Key = "",
    yes: Yes = False,
) -> None:
    """Send one text to a segment, once to each; a dry run comes first."""
    if context.invoked_subcommand:
        return
    if not segment or not text:
        raise CannotRun("push needs --segment and --text")
    if len(key) > _MOST_KEY:
        raise CannotRun(f"a --key has at most {_MOST_KEY} characters")
    console = Console()
    try:
        with console.status("Counting …"), reading() as session:
            planned = campaigns.plan(session, _OPERATOR, segment, text)
        _show_plan(console, segment, planned)
        if not planned.channels:
            console.print("Nobody can be reached; nothing is sent.")
            return
        if not yes and not typer.confirm(f"Send to {sum(planned.channels.values())} customers?"):
            console.print("Nothing was sent.")
            return
        with unit_of_work() as session:
            made = campaigns.send(session, _OPERATOR, segment, text, key=key or None)
    except CrmError as error:
        raise CannotRun(_sentence(error)) from error
    console.print(f"Campaign {made.id} is under way: `dianyu push status {made.id}` tells more.")


@push.command()
def status(
    number: Number = None,
    *,
    everyone: Everyone = False,
) -> None:
    """How campaigns went: results by channel, and who got nothing and why (masked)."""
    console = Console()
    with reading() as session:
        if number is None:
            _show_campaigns(console, list(campaigns.latest(session, _OPERATOR)))
            return
        try:
            found = campaigns.results(session, _OPERATOR, number, limit=None if everyone else 50)
        except campaigns.CampaignNotFound as error:
            raise CannotRun(_sentence(error)) from error
    _show_results(console, found)


def _show_plan(console: Console, segment: str, planned: Plan) -> None:
    table = Table("how", "customers", title=f"Dry run: {segment}, {planned.total} customers")
    for channel, count in sorted(planned.channels.items()):
        table.add_row(_CHANNELS[channel], str(count))
    for reason, count in sorted(planned.skipped.items()):
        table.add_row(f"skipped: {_WHY.get(reason, reason)}", str(count))
    console.print(table)


def _show_campaigns(console: Console, found: list[Campaign]) -> None:
    table = Table("campaign", "when", "segment", "text")
    for one in found:
        when = f"{local(one.created_at):%Y-%m-%d %H:%M}"
        table.add_row(str(one.id), when, one.segment or "chosen", one.text)
    console.print(table)


def _show_results(console: Console, found: Results) -> None:
    table = Table("channel", "result", "customers", title=f"Campaign {found.campaign.id}")
    for (channel, state), count in sorted(found.counts.items()):
        table.add_row(_CHANNELS.get(channel, channel), _STATES[state], str(count))
    console.print(table)
    if found.unsent:
        unsent = Table("customer", "result", "why", title="Not sent, or not known to be")
        for one in found.unsent:
            unsent.add_row(one.customer, _STATES[one.state], _WHY.get(one.reason, one.reason))
        console.print(unsent)


def _sentence(error: CrmError) -> str:
    values = error.values
    match error:
        case campaigns.BadPushText():
            return f"the text must have 1 to {values['most']} characters"
        case campaigns.CampaignConflict():
            return f"the key {values['key']} belongs to a campaign with another text or segment"
        case campaigns.CampaignNotFound():
            return f"there is no campaign {values['number']}"
        case UnknownSegment():
            return f"there is no segment {values['name']}; there are {values['known']}"
        case _:
            return error.code
