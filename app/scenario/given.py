"""The state of a store at a moment: the `given` of a scenario."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from app.scenario.part import Fen, Name, Part, Text, Words
from app.scenario.people import CustomerGiven, StaffGiven, StoreGiven, Visitor
from app.scenario.times import Moment, When, parse_when
from crm_core.alerts.models import AlertState
from crm_core.orders.models import OrderState
from crm_core.ratings.models import Aspect
from crm_core.tickets.models import ComplaintType

_NOW = When()


class ProductGiven(Part):
    """`price` is in yuan."""

    article_no: Annotated[str, Field(min_length=1, max_length=32)]
    name: Text
    category: Name
    styles: Words = ()
    colors: Words = ()
    sizes: Words = ()
    price_fen: Fen = Field(alias="price")
    launched: Moment | None = None
    withdrawn: bool = False


class Line(Part):
    """Goods in an order. Without a price it is the catalogue's."""

    product: Text  # an article number or a name, in the catalogue or not
    size: str = ""
    color: str = ""
    quantity: int = Field(default=1, ge=1)
    price_fen: Fen | None = Field(default=None, alias="price")  # of one piece, as paid
    category: str = ""


class OrderGiven(Part):
    """An order of a customer; it earns points unless the customer's points are stated."""

    number: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    customer: Name
    store: Name | None = None  # none: that of `staff`, else online
    staff: Name | None = None
    paid: Moment = _NOW
    state: OrderState = OrderState.PAID
    returned: Moment = _NOW  # when, where the state is `returned`
    lines: tuple[Line, ...] = ()
    total_fen: Fen | None = Field(default=None, alias="total")  # none: the sum of the lines
    earns: bool | None = None  # none: unless the customer's points are stated


class PollOptionGiven(Part):
    title: Text
    image: str | None = None
    product: Text | None = None


def _option(said: object) -> object:
    return {"title": said} if isinstance(said, str) else said


def _voters(said: object) -> object:
    return {"anonymous": said} if isinstance(said, int) else {"names": said}


class Voters(Part):
    """Who chose an option: customers by name, or a number of followers nobody knows."""

    names: tuple[Name, ...] = ()
    anonymous: int = Field(default=0, ge=0, le=500)


class PollGiven(Part):
    title: Text
    options: tuple[Annotated[PollOptionGiven, BeforeValidator(_option)], ...]
    store: Name | None = None  # none: the whole chain
    published: Moment = parse_when("-1d")
    closes: Moment | None = None
    closed: bool = False
    votes: dict[Text, Annotated[Voters, BeforeValidator(_voters)]] = Field(
        default_factory=dict
    )  # by option


class ArticleGiven(Part):
    code: Annotated[str, Field(min_length=1, max_length=32)]
    title: Text
    body: Annotated[str, Field(min_length=1, max_length=10_000)]
    keywords: Words = ()
    valid_from: Moment | None = None
    valid_until: Moment | None = None


class RatingGiven(Part):
    """A score from 1 to 5; a low one raises an alert, which `alert` says how far it has come."""

    customer: Name
    score: int = Field(ge=1, le=5)
    aspect: Aspect = Aspect.SERVICE
    words: Text | None = None
    at: Moment = _NOW
    alert: AlertState | None = None
    owner: Name | None = None  # who handled the alert; none: the shop's manager


class FollowUpGiven(Part):
    customer: Name
    what: Text
    due: Moment
    done: Moment | None = None
    result: Text | None = None  # what came of it, where it is done


class TryOnGiven(Part):
    """A try-on that was not bought; its follow-up comes from the shop's rules."""

    customer: Name
    product: Text
    size: str = ""
    reason: str = ""
    at: Moment = _NOW


class AlertGiven(Part):
    """Something that needs a manager and is no complaint: a low score, or a wish for a person."""

    kind: Literal["low_score", "hand_over"] = "low_score"
    customer: Name
    headline: Text = "低分"
    words: str = ""
    at: Moment = _NOW
    state: AlertState = AlertState.OPEN
    owner: Name | None = None


class ComplaintGiven(Part):
    customer: Name
    words: Text
    type: ComplaintType | None = None  # none: told from the words
    order: Text | None = None  # none: the customer's latest
    at: Moment = _NOW
    state: AlertState = AlertState.OPEN  # a complaint and its alert go through the same states
    owner: Name | None = None  # who handled it; none: the shop's manager


class Given(Part):
    """Everything that is so when a scenario begins."""

    TO_COME: ClassVar[frozenset[str]] = frozenset({
        "stock", "returns", "rewards", "coupons", "check_in", "tasks", "appointments", "visits",
        "campaigns",
    })  # fmt: skip

    rules: dict[str, Any] = Field(default_factory=dict)
    stores: tuple[StoreGiven, ...] = ()
    staff: tuple[StaffGiven, ...] = ()
    products: tuple[ProductGiven, ...] = ()
    customers: tuple[CustomerGiven, ...] = ()
    visitors: tuple[Visitor, ...] = ()
    orders: tuple[OrderGiven, ...] = ()
    sales: tuple[OrderGiven, ...] = ()  # of the day: orders whose moment is the clock's
    polls: tuple[PollGiven, ...] = ()
    articles: tuple[ArticleGiven, ...] = ()
    ratings: tuple[RatingGiven, ...] = ()
    follow_ups: tuple[FollowUpGiven, ...] = ()
    try_ons: tuple[TryOnGiven, ...] = ()
    alerts: tuple[AlertGiven, ...] = ()
    complaints: tuple[ComplaintGiven, ...] = ()
