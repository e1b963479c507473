"""Lines of orders read for staging: each cell is read once for all rows that say the same."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlmodel import Session

from app.imports.cells import BadCell
from app.imports.kind import Column, Values
from app.imports.kinds import shown
from app.imports.kinds.sales import ORDER, amount_fen, piece_fen
from app.imports.mapping import Mapping
from app.imports.reading import Row
from app.imports.run import refuse_beyond
from app.imports.wording import explain
from crm_core.customers.models import IdentityKind
from crm_core.errors import CrmError
from crm_core.imports import staging
from crm_core.imports.staging import Goods, Line

_MOST_KEPT = 50_000  # of what was looked up: memory stays bounded
_OWN = {"card_no": IdentityKind.CARD, "phone": IdentityKind.PHONE}
Problem = tuple[int, str, str]


class Reader:
    """Reads rows; what it looked up for one serves the next."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        self._cells: dict[str, dict[str, Any]] = {column.name: {} for column in ORDER.columns}
        self._owners: dict[str, dict[str, int | None]] = {name: {} for name in _OWN}
        self._goods: dict[str, Goods | None] = {}
        self._stores: dict[str, int | None] = {}
        self._staff: dict[str, int | None] = {}

    def read(self, session: Session, rows: Iterable[Row]) -> tuple[list[Line], list[Problem]]:
        """The lines to stage, and what is wrong with the others: line, order, reason."""
        read: list[tuple[Row, Values]] = []
        problems: list[Problem] = []
        for row in rows:
            if self._mapping.skips(row.cells):
                continue
            cells = self._mapping.translated(row.cells)
            try:
                refuse_beyond(row)
                read.append((row, self._values(cells)))
            except BadCell as error:
                problems.append((row.line, "".join(ORDER.of_key(cells))[:64], str(error)))
        self._look_up(session, [values for _, values in read])
        lines: list[Line] = []
        for row, values in read:
            try:
                lines.append(self._line(session, row.line, values))
            except BadCell as error:
                problems.append((row.line, values["order_no"], str(error)))
            except CrmError as error:
                problems.append((row.line, values["order_no"], explain(error)))
        return lines, problems

    def _values(self, cells: dict[str, str]) -> Values:
        return {column.name: self._value(column, cells) for column in ORDER.columns}

    def _value(self, column: Column, cells: dict[str, str]) -> Any:
        known, cell = self._cells[column.name], column.cell(cells)
        if cell not in known:
            if len(known) >= _MOST_KEPT:
                known.clear()
            known[cell] = column.read(cell)
        return known[cell]

    def _look_up(self, session: Session, read: Sequence[Values]) -> None:
        """Ask the database once for all that these rows name and earlier ones did not."""
        for name, kind in _OWN.items():
            new = {row[name] for row in read if row[name]} - self._owners[name].keys()
            if len(self._owners[name]) > _MOST_KEPT:
                self._owners[name].clear()
                new = {row[name] for row in read if row[name]}
            self._owners[name] |= dict.fromkeys(new) | staging.owners(session, kind, new)
        if len(self._goods) > _MOST_KEPT:
            self._goods.clear()
        unknown = {row["product"] for row in read} - self._goods.keys()
        self._goods |= dict.fromkeys(unknown) | staging.goods(session, unknown)

    def _line(self, session: Session, line: int, row: Values) -> Line:
        goods = self._goods[row["product"]]
        return Line(
            line=line,
            order_no=row["order_no"],
            customer_id=self._owner(row),
            store_id=_once(self._stores, row["store"], lambda x: shown.store_id(session, x)),
            staff_id=_once(self._staff, row["staff"], lambda x: _staff_id(session, x)),
            paid_at=row["paid_at"],
            total_fen=row["total"],
            earns=int(row["earns"]),
            product_id=goods.id if goods else None,
            product_name=goods.name if goods else row["product"],
            category=goods.category if goods else row["category"],
            size=row["size"] or "",
            color=row["color"] or "",
            quantity=row["quantity"],
            price_fen=piece_fen(row),
            amount_fen=amount_fen(row),
            list_price_fen=goods.price_fen if goods else None,
            style=goods.style if goods else "",
        )

    def _owner(self, row: Values) -> int:
        """Whose order it is.

        Raises:
            BadCell: nobody's, or card and phone are two people's.
        """
        named = [(name, row[name]) for name in _OWN if row[name]]
        if not named:
            raise BadCell("「会员卡号」和「手机号」至少要有一个")
        found = {who for name, value in named if (who := self._owners[name].get(value))}
        if not found:
            raise BadCell("没有这位顾客")
        if len(found) > 1:
            raise BadCell("卡号、手机号或 openid 已属于另一位顾客")
        return found.pop()


def _once(known: dict[str, int | None], name: str | None, find: Any) -> int | None:
    if not name:
        return None
    if name not in known:
        known[name] = find(name)
    return known[name]


def _staff_id(session: Session, name: str) -> int | None:
    found = shown.member(session, name)
    return found.id if found else None
