"""Who is who in a loaded scenario, by the names that the file uses."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crm_core.authz import Actor, Role
from crm_core.customers.models import Customer
from crm_core.staff.models import Staff
from crm_core.stores.models import Store


@dataclass(frozen=True)
class Player:
    """Somebody with a phone: a persona of the sandbox, and the row that it is, if there is one."""

    persona: dict[str, Any]
    customer_id: int | None = None
    staff_id: int | None = None

    @property
    def id(self) -> str:
        return str(self.persona["id"])


@dataclass
class Cast:
    """Everybody and every store of a scenario, and the moment at which it begins."""

    begins: datetime
    stores: dict[str, Store] = field(default_factory=dict)
    staff: dict[str, Staff] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)
    rows: list[Customer] = field(default_factory=list)  # in the order of the file
    with_points: set[int] = field(default_factory=set)  # customers whose points are stated
    players: dict[str, Player] = field(default_factory=dict)
    main: str = ""  # who acts where a turn does not say

    def store_id(self, name: str | None) -> int | None:
        return self.stores[name].id if name else None

    def staff_id(self, name: str | None) -> int | None:
        return self.staff[name].id if name else None

    def earns(self, customer: Customer) -> bool:
        """Whether points come from the rules, rather than being stated."""
        return customer.id not in self.with_points

    def everybody(self) -> list[Player]:
        """Each player once."""
        return list({player.id: player for player in self.players.values()}.values())

    def join(self, player: Player, *names: str) -> None:
        """Add a player under these names; the first to have a persona's id keeps it."""
        taken = {known.id for known in self.players.values()}
        number, own = 1, player.id
        while player.id in taken:
            number += 1
            player.persona["id"] = f"{own}{number}"
        for name in names:
            self.players.setdefault(name, player)


def themselves(customer: Customer) -> Actor:
    """A customer who acts for themselves."""
    return Actor(f"customer:{customer.id}", Role.CUSTOMER, customer_id=customer.id)
