"""The rules of a loaded model: how far back the longest one looks."""

import json

from rasa.core.policies.policy import Policy
from rasa.core.policies.rule_policy import (
    RULES,
    RULES_FOR_LOOP_UNHAPPY_PATH,
    RulePolicy,
)
from rasa.core.processor import MessageProcessor

from bot.launcher.options import BadOptions


def rule_policy(processor: MessageProcessor) -> RulePolicy:
    """The model's one policy.

    Raises:
        BadOptions: there is none, or there are others beside it.
    """
    nodes = processor.graph_runner._instantiated_nodes  # noqa: SLF001  Rasa offers no other way
    components = [node._component for node in nodes.values()]  # noqa: SLF001
    policies = [component for component in components if isinstance(component, Policy)]
    if len(policies) != 1 or not isinstance(policies[0], RulePolicy):
        names = ", ".join(type(policy).__name__ for policy in policies) or "none"
        raise BadOptions(f"The model must have RulePolicy as its only policy, but has {names}.")
    return policies[0]


def longest_rule(policy: RulePolicy) -> int:
    """How many states the longest rule compares; older ones cannot change a prediction."""
    keys = [*policy.lookup[RULES], *policy.lookup[RULES_FOR_LOOP_UNHAPPY_PATH]]
    return max((len(json.loads(key)) for key in keys), default=1)
