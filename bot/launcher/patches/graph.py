"""The model's graph, run in an order that is worked out once for each target."""

from typing import Any

from rasa.engine.graph import GraphNode
from rasa.engine.runner.dask import DaskGraphRunner

Plan = list[tuple[str, GraphNode, tuple[str, ...]]]
_ATTRIBUTE = "_dianyu_plans"


def install() -> None:
    DaskGraphRunner.run = run_by_plan


def run_by_plan(
    runner: DaskGraphRunner,
    inputs: dict[str, Any] | None = None,
    targets: list[str] | None = None,
) -> dict[str, Any]:
    """Stock builds a dask graph and sorts it at every run; the nodes and results are the same."""
    wanted = tuple(targets or runner._graph_schema.target_names)
    plans: dict[tuple[str, ...], Plan] = runner.__dict__.setdefault(_ATTRIBUTE, {})
    if wanted not in plans:
        plans[wanted] = _plan(runner, wanted)
    results: dict[str, Any] = dict(inputs or {})
    for name, node, needs in plans[wanted]:
        _, results[name] = node(*((need, results[need]) for need in needs))
    return {target: results[target] for target in wanted}


def _plan(runner: DaskGraphRunner, targets: tuple[str, ...]) -> Plan:
    """Every node a target needs, each after what it needs itself."""
    plan: Plan = []
    done: set[str] = set()

    def add(name: str) -> None:
        if name in done or name not in runner._graph_schema.nodes:
            return  # what is no node is an input
        done.add(name)
        needs = tuple(runner._graph_schema.nodes[name].needs.values())
        for need in needs:
            add(need)
        plan.append((name, runner._instantiated_nodes[name], needs))

    for target in targets:
        add(target)
    return plan
