"""Who is acting, and what they may do to whom."""

from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Protocol

from crm_core.errors import CrmError, Kind


class Role(StrEnum):
    CUSTOMER = auto()
    ASSISTANT = auto()
    MANAGER = auto()
    SERVICE = auto()
    MARKETER = auto()
    ADMIN = auto()


class Permission(StrEnum):
    """Named `<resource>:<action>`."""

    CUSTOMER_READ = "customer:read"
    CUSTOMER_WRITE = "customer:write"
    CUSTOMER_MERGE = "customer:merge"
    CUSTOMER_ERASE = "customer:erase"
    CONSENT_WRITE = "consent:write"
    POINTS_READ = "points:read"
    POINTS_EARN = "points:earn"
    POINTS_SPEND = "points:spend"
    COUPON_READ = "coupon:read"
    COUPON_WRITE = "coupon:write"
    CHECK_IN = "check_in:write"
    ORDER_READ = "order:read"
    ORDER_WRITE = "order:write"
    POLL_READ = "poll:read"
    POLL_VOTE = "poll:vote"
    POLL_WRITE = "poll:write"
    POLL_SEND = "poll:send"
    TICKET_READ = "ticket:read"
    TICKET_OPEN = "ticket:open"
    TICKET_HANDLE = "ticket:handle"
    RATING_WRITE = "rating:write"
    ALERT_READ = "alert:read"
    ALERT_HANDLE = "alert:handle"
    FOLLOW_UP_READ = "follow_up:read"
    FOLLOW_UP_WRITE = "follow_up:write"
    TRY_ON_WRITE = "try_on:write"
    SEGMENT_READ = "segment:read"
    SEGMENT_WRITE = "segment:write"
    REPORT_READ = "report:read"
    CAMPAIGN_SEND = "campaign:send"
    KNOWLEDGE_READ = "knowledge:read"
    CONVERSATION_HAND_OVER = "conversation:hand_over"
    PRODUCT_READ = "product:read"
    STORE_READ = "store:read"
    STAFF_READ = "staff:read"
    STOCK_READ = "stock:read"
    STOCK_WRITE = "stock:write"
    PAYMENT_READ = "payment:read"
    PAYMENT_WRITE = "payment:write"
    EVENT_WRITE = "event:write"
    WEBHOOK_READ = "webhook:read"
    WEBHOOK_WRITE = "webhook:write"
    SETUP_WRITE = "setup:write"


P = Permission
_SELF = {
    P.CUSTOMER_READ, P.CUSTOMER_WRITE, P.CONSENT_WRITE, P.POINTS_READ, P.POINTS_SPEND, P.ORDER_READ,
    P.COUPON_READ, P.CHECK_IN,
    P.POLL_READ, P.POLL_VOTE, P.TICKET_READ, P.TICKET_OPEN, P.RATING_WRITE, P.KNOWLEDGE_READ,
    P.CONVERSATION_HAND_OVER, P.CUSTOMER_ERASE,
}  # fmt: skip
_LOOK_UP = {
    P.CUSTOMER_READ, P.POINTS_READ, P.COUPON_READ, P.ORDER_READ, P.POLL_READ, P.FOLLOW_UP_READ,
    P.TICKET_READ,
    P.KNOWLEDGE_READ, P.CONVERSATION_HAND_OVER,
}  # fmt: skip
MAY: dict[Role, frozenset[Permission]] = {
    Role.CUSTOMER: frozenset(_SELF),
    Role.ASSISTANT: frozenset(
        _LOOK_UP | {P.CUSTOMER_WRITE, P.FOLLOW_UP_WRITE, P.TRY_ON_WRITE, P.TICKET_OPEN, P.POLL_SEND}
    ),
    Role.MANAGER: frozenset(
        _LOOK_UP
        | {P.ALERT_READ, P.ALERT_HANDLE, P.TICKET_HANDLE, P.SEGMENT_READ, P.REPORT_READ}
        | {P.POLL_WRITE, P.POLL_SEND, P.CUSTOMER_MERGE}
    ),
    Role.SERVICE: frozenset(_LOOK_UP | {P.TICKET_HANDLE, P.CUSTOMER_MERGE}),
    Role.MARKETER: frozenset(
        {P.SEGMENT_READ, P.SEGMENT_WRITE, P.POLL_READ, P.POLL_WRITE, P.POLL_SEND}
        | {P.CAMPAIGN_SEND, P.KNOWLEDGE_READ}
    ),
    Role.ADMIN: frozenset(Permission),
}


class Forbidden(CrmError):
    """The actor lacks the right; the sentence for it leaks nothing."""

    code = "forbidden"
    kind = Kind.FORBIDDEN


class Scoped(Protocol):
    """What a customer row says about who may see it."""

    id: int
    assistant_id: int | None
    store_id: int | None


@dataclass(frozen=True)
class Actor:
    """A customer, a member of staff, a key or a job, with what it may do and to whom."""

    name: str  # "customer:7", "staff:3", "apikey:2", "job:survey"
    role: Role
    customer_id: int | None = None
    staff_id: int | None = None
    store_id: int | None = None
    scopes: frozenset[Permission] | None = None  # of an API key: nothing else; none: no limit

    def may(self, permission: Permission) -> bool:
        limited = self.scopes is not None and permission not in self.scopes
        return permission in MAY[self.role] and not limited

    def require(self, permission: Permission, customer: Scoped | None = None) -> None:
        """Return if the actor may do this, to this customer where one is given.

        Raises:
            Forbidden: the role lacks the permission, or the customer is out of its scope.
        """
        if not self.may(permission):
            raise Forbidden(self.name, permission.value)
        if customer is not None and not self.sees(customer):
            raise Forbidden(self.name, permission.value, f"customer:{customer.id}")

    def sees(self, customer: Scoped) -> bool:
        """Whether the customer is within the actor's scope."""
        match self.role:
            case Role.CUSTOMER:
                return customer.id == self.customer_id
            case Role.ASSISTANT:
                return customer.assistant_id is not None and customer.assistant_id == self.staff_id
            case Role.MANAGER:
                return customer.store_id is not None and customer.store_id == self.store_id
            case Role.SERVICE | Role.ADMIN:
                return True
            case Role.MARKETER:
                return False

    @property
    def everywhere(self) -> bool:
        """Whether the actor works for all stores."""
        return self.role in {Role.ADMIN, Role.SERVICE, Role.MARKETER}


def system(name: str) -> Actor:
    """The actor of jobs and of the operator's command line."""
    return Actor(f"job:{name}", Role.ADMIN)
