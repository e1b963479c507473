"""The people a customer buys for, each with sizes of their own.

A member's sizes are preferences of the customer whose names begin with the member's label, as
people say them: 「女儿连衣裙」. So history, undo and chat work on them as on the customer's own.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session, col, select

from crm_core.audit import service as audit
from crm_core.authz import Actor, Permission
from crm_core.clock import now
from crm_core.customers import service as customers
from crm_core.family.models import FamilyMember
from crm_core.lineage import service as lineage
from crm_core.preferences import service as preferences
from crm_core.preferences.models import PreferenceKind
from crm_core.preferences.service import Change, Key, Known
from crm_core.validation import checking
from crm_core.validation.errors import BadEntry

_LABEL = re.compile(
    r"[大小二三老]?(女儿|儿子|闺女|女孩|男孩|孩子|宝宝|宝贝|孙女|孙子|外孙女?|老公|丈夫|先生|老婆|妻子|太太|爱人|"
    r"男朋友|女朋友|男友|女友|妈妈|母亲|爸爸|父亲|婆婆|公公|岳母|岳父|奶奶|爷爷|外婆|外公|姥姥|姥爷|"
    r"姐姐|妹妹|哥哥|弟弟|阿姨|叔叔|侄女|侄子|外甥女?|嫂子|儿媳|女婿|闺蜜|朋友)[一二三四五]?"
)
_LONGEST_NAME = 32


@dataclass(frozen=True)
class Member:
    """Somebody of the family and what fits them."""

    label: str
    name: str | None
    birthday: str | None
    sizes: dict[str, str]  # by garment, "" for all


def put(
    session: Session,
    actor: Actor,
    customer_id: int,
    label: str,
    *,
    name: str | None = None,
    birthday: str | None = None,
    ref: str,
) -> FamilyMember:
    """Keep a member of the family, or what else is known of one. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not change this customer.
        CustomerNotFound: there is no such customer.
        BadEntry: the label is no word for family, or the birthday cannot be.
    """
    customer = customers.lock(session, actor, Permission.CUSTOMER_WRITE, customer_id)
    check_label(label)
    given = {
        "name": name and checking.text(name, "family", "姓名", _LONGEST_NAME),
        "birthday": birthday and checking.birthday(birthday, "family"),
    }
    row = _find(session, customer_id, label) or FamilyMember(
        customer_id=customer_id, label=label, ref=ref
    )
    is_new = row.id is None or row.ended_at is not None
    changed = {key: new for key, new in given.items() if new and new != getattr(row, key)}
    row.ended_at = None
    for key, new in changed.items():
        lineage.entered(
            session, actor, customer, f"family:{label}:{key}", new,
            before=getattr(row, key), ref=ref,
        )  # fmt: skip
        setattr(row, key, new)
    session.add(row)
    session.flush()
    if changed or is_new:
        subject = f"customer:{customer_id}"
        audit.record(session, actor, "family:put", subject, fields=sorted(changed), ref=ref)
    return row


def check_label(label: str) -> None:
    """Return if this is how people call somebody of their family.

    Raises:
        BadEntry: it is not.
    """
    if not _LABEL.fullmatch(label):
        raise BadEntry("family", "relation", said=label)


def resize(
    session: Session,
    actor: Actor,
    customer_id: int,
    label: str,
    sizes: Mapping[str, str | None],
    *,
    ref: str,
) -> list[Change]:
    """Let these sizes (by garment, "" for all; None no longer) hold for a member of the family.

    The member is added if need be. `preferences.undo` takes it back. Safe to repeat.

    Raises:
        Forbidden: the actor may not change this customer.
        CustomerNotFound: there is no such customer.
        BadEntry: the label is no word for family, or there is no such size.
    """
    put(session, actor, customer_id, label, ref=ref)
    wanted: dict[Key, str | None] = {
        (PreferenceKind.SIZE, label + garment): size for garment, size in sizes.items()
    }
    return preferences.change(session, actor, customer_id, wanted, ref=ref)


def forget(session: Session, actor: Actor, customer_id: int, label: str, *, ref: str) -> None:
    """Keep nothing of a member of the family any more but that there was one.

    Raises:
        Forbidden: the actor may not change this customer.
        CustomerNotFound: there is no such customer.
    """
    customers.lock(session, actor, Permission.CUSTOMER_WRITE, customer_id)
    row = _find(session, customer_id, label)
    if row is None or row.ended_at is not None:
        return
    sizes = _sizes(preferences.current(session, actor, customer_id), label, [label])
    wanted: dict[Key, str | None] = {
        (PreferenceKind.SIZE, label + garment): None for garment in sizes
    }
    preferences.change(session, actor, customer_id, wanted, ref=ref)
    row.name = row.birthday = None
    row.ended_at = now()
    session.add(row)
    audit.record(session, actor, "family:forget", f"customer:{customer_id}", ref=ref)


def members(session: Session, actor: Actor, customer_id: int) -> list[Member]:
    """The family as far as it is known, in the order it was told, with everybody's sizes.

    Raises:
        Forbidden: the actor may not see this customer.
        CustomerNotFound: there is no such customer.
    """
    known = preferences.current(session, actor, customer_id)
    theirs = FamilyMember.customer_id == customer_id, col(FamilyMember.ended_at).is_(None)
    rows = session.exec(select(FamilyMember).where(*theirs).order_by(col(FamilyMember.id))).all()
    named = {row.label: row for row in rows}
    labels = list(dict.fromkeys([*named, *_spoken_of(known)]))
    return [
        Member(
            label,
            named[label].name if label in named else None,
            named[label].birthday if label in named else None,
            _sizes(known, label, labels),
        )
        for label in labels
    ]


def _find(session: Session, customer_id: int, label: str) -> FamilyMember | None:
    same = FamilyMember.customer_id == customer_id, FamilyMember.label == label
    return session.exec(select(FamilyMember).where(*same)).one_or_none()


def _spoken_of(known: Known) -> Iterator[str]:
    """Members that chat named with a size, and nobody has said more of."""
    for name in known.sizes:
        if found := _LABEL.match(name):
            yield found[0]


def _sizes(known: Known, label: str, labels: Sequence[str]) -> dict[str, str]:
    """The sizes whose name begins with this label, and with no longer one."""
    longer = [other for other in labels if other != label and other.startswith(label)]
    return {
        name.removeprefix(label): size
        for name, size in known.sizes.items()
        if name.startswith(label) and not any(name.startswith(other) for other in longer)
    }
