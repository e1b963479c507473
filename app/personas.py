"""The people of the store as the sandbox's phones: who can be played at /try."""

from typing import Any

from sqlmodel import Session, col, select

from crm_core.customers.models import Customer, Identity, IdentityKind
from crm_core.staff import service as staff

MOST = 200  # phones in the sandbox; the first ones of each role


def everybody(session: Session, appid: str) -> list[dict[str, Any]]:
    """Customers who follow the account, and the staff, as the sandbox's control API takes them.

    A persona's id is "<role>:<name>"; of two with one name the later one gets a number.
    """
    people = [*_customers(session, appid), *_staff(session)]
    taken: dict[str, int] = {}
    for person in people:
        name = f"{person['role']}:{person['name']}"
        taken[name] = taken.get(name, 0) + 1
        person["id"] = name if taken[name] == 1 else f"{name}{taken[name]}"
    return people


def _customers(session: Session, appid: str) -> list[dict[str, Any]]:
    followers = (
        select(Identity, Customer)
        .join(Customer, col(Customer.id) == col(Identity.customer_id))
        .where(Identity.kind == IdentityKind.OA_OPENID, Identity.account == appid)
        .order_by(col(Customer.id))
        .limit(MOST)
    )
    return [
        {
            "role": "customer",
            "name": customer.name or f"顾客{customer.id}",
            "openid": identity.value,
            "phone": customer.phone,
            "following": identity.following,
        }
        for identity, customer in session.exec(followers)
    ]


def _staff(session: Session) -> list[dict[str, Any]]:
    return [
        {"role": who.role.value, "name": who.name, "userid": who.wecom_userid}
        for who in sorted(staff.working(session), key=lambda who: who.id)[:MOST]
    ]
