"""The kinds of data a shop brings, by name."""

from app.imports.kind import Kind
from app.imports.kinds.codes import CODE
from app.imports.kinds.deals import CAMPAIGN, COUPON, COUPON_KIND, REACHED
from app.imports.kinds.goods import KNOWLEDGE, POLL, PRODUCT
from app.imports.kinds.people import CUSTOMER
from app.imports.kinds.sales import ORDER
from app.imports.kinds.shops import STAFF, STORE

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        STORE, STAFF, CODE, PRODUCT, POLL, KNOWLEDGE, CUSTOMER, ORDER, COUPON_KIND, COUPON,
        CAMPAIGN, REACHED,
    )
}  # fmt: skip
