"""The JSON schema of a rule, made from the catalogue, and checking against it."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from crm_core.errors import CrmError, Kind
from crm_core.segments import rule as rules
from crm_core.segments.catalogue import ATTRIBUTES, EVENTS, FIGURES, FLAGS, GOODS
from crm_core.segments.rule import Comparison, Number, Rule, Source

MOST_DEPTH = 12
MOST_CONDITIONS = 60
MOST_NUMBER = 10**12
MOST_DAYS = 3650

# What can stand in 「」 without getting lost there.
_NAME = r"^[^「」\s\x00-\x1f\x7f]([^「」\x00-\x1f\x7f]*[^「」\s\x00-\x1f\x7f])?$"
_OF_FIELDS = (Source.FIELD, Source.UNTIL)

Object = dict[str, Any]


class BadSegmentRule(CrmError):
    """What was given is no rule; `why` says it in Chinese, `where` names the place."""

    code = "bad_segment_rule"
    kind = Kind.INVALID


@cache
def schema() -> Object:
    """JSON schema, draft 2020-12. One of `from`, `up_to`, `above`, `below`, `is`, `between` stands
    in every condition on a number; money is in fen.
    """
    ways = [
        _object({"all": _parts()}), _object({"any": _parts()}), _object({"not": {"$ref": "#"}}),
        *_words(), *(way for one in Comparison for way in _numbers(one)),
    ]  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Dianyu segment rule",
        "$defs": {
            "text": {"type": "string", "pattern": _NAME, "maxLength": 64},
            "texts": {
                "type": "array", "items": {"$ref": "#/$defs/text"},
                "minItems": 1, "maxItems": 50, "uniqueItems": True,
            },
            "number": {"type": "integer", "minimum": 0, "maximum": MOST_NUMBER},
            "days": {"type": "integer", "minimum": 1, "maximum": MOST_DAYS},
        },
        "anyOf": ways,
    }  # fmt: skip


def checked(given: Any) -> Rule:
    """The rule that JSON stands for.

    Raises:
        BadSegmentRule: it does not fit the schema, is too big, or compares what cannot be.
    """
    error = best_match(_validator().iter_errors(given))
    if error is not None:
        where = "/".join(str(part) for part in error.absolute_path)
        raise BadSegmentRule(where, why=f"规则写得不对：{error.message}", where=where)
    rule = rules.from_json(given)
    if rules.depth(rule) > MOST_DEPTH or sum(1 for _ in rules.leaves(rule)) > MOST_CONDITIONS:
        why = f"规则太复杂：最多 {MOST_CONDITIONS} 个条件、{MOST_DEPTH} 层"
        raise BadSegmentRule("size", why=why, where="")
    for leaf in rules.leaves(rule):
        if isinstance(leaf, Number) and list(leaf.bounds) != sorted(leaf.bounds):
            raise BadSegmentRule("between", why="「在…之间」的第一个数要小一些", where="between")
    return rule


def loaded(text: str) -> Any:
    """JSON as it is written.

    Raises:
        BadSegmentRule: it is none.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadSegmentRule("json", why=f"JSON 写得不对：{error}", where="") from None


@cache
def _validator() -> Draft202012Validator:
    Draft202012Validator.check_schema(schema())
    return Draft202012Validator(schema())


def _object(needed: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> Object:
    return {
        "type": "object",
        "properties": {**needed, **(more or {})},
        "required": list(needed),
        "additionalProperties": False,
    }


def _parts() -> Object:
    return {"type": "array", "items": {"$ref": "#"}, "minItems": 2, "maxItems": 50}


def _words() -> list[Object]:
    text, texts = {"$ref": "#/$defs/text"}, {"$ref": "#/$defs/texts"}
    return [
        _object({"attribute": {"enum": list(ATTRIBUTES)}, "in": texts}),
        _object({"field": text, "in": texts}),
        _object({"tag": texts}),
        _object({"flag": {"enum": list(FLAGS)}}),
        _object({"segment": text}),
        _object({"falling_months": {"type": "integer", "minimum": 1, "maximum": 12}}),
    ]


def _numbers(comparison: Comparison) -> list[Object]:
    number: Object = {"$ref": "#/$defs/number"}
    if comparison is Comparison.BETWEEN:
        number = {"type": "array", "items": number, "minItems": 2, "maxItems": 2}
    windowed = [name for name, figure in FIGURES.items() if figure.within_days]
    goods = {
        "type": "object",
        "properties": {kind: {"$ref": "#/$defs/texts"} for kind in GOODS},
        "additionalProperties": False,
    }
    days, since = {"within_days": {"$ref": "#/$defs/days"}}, {"since_last_order": {"const": True}}
    events = {Source.EVENT.value: {"enum": list(EVENTS)}}
    compared = {comparison.value: number}
    return [
        _object({Source.FIGURE.value: {"enum": list(FIGURES)}} | compared),
        _object({Source.FIGURE.value: {"enum": windowed}} | days | compared),
        _object(events | compared, days),
        _object(events | since | compared),
        _object({Source.BOUGHT.value: goods} | compared, days),
        *(_object({of.value: {"$ref": "#/$defs/text"}} | compared) for of in _OF_FIELDS),
    ]
