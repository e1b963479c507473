"""Which step may follow which: 待受理 → 处理中 → 已整改 → 已验证 → 已关闭."""

from collections.abc import Sequence

from crm_core.alerts.models import AlertState, Step
from crm_core.errors import CrmError

_S = AlertState
_FLOW: dict[Step, tuple[frozenset[AlertState], AlertState]] = {
    Step.ACCEPT: (frozenset({_S.OPEN}), _S.ACCEPTED),
    # what was not put right well enough is given to somebody again
    Step.TRANSFER: (frozenset({_S.OPEN, _S.ACCEPTED, _S.RECTIFIED}), _S.ACCEPTED),
    Step.RECTIFY: (frozenset({_S.ACCEPTED}), _S.RECTIFIED),
    Step.VERIFY: (frozenset({_S.RECTIFIED}), _S.VERIFIED),
    Step.CLOSE: (frozenset({_S.VERIFIED}), _S.CLOSED),
}


class InvalidStep(CrmError):
    """The step does not follow from the state it is in."""

    code = "invalid_step"


def after(state: AlertState, step: Step) -> AlertState:
    """The state that `step` leads to.

    Raises:
        InvalidStep: it does not follow from `state`; the values say what would.
    """
    sources, target = _FLOW[step]
    if state not in sources:
        raise refusal(state, step, steps_from(state))
    return target


def refusal(state: AlertState, step: Step, possible: Sequence[Step]) -> InvalidStep:
    """The error that says what would be possible instead of `step`."""
    named = "、".join(one.value for one in possible)
    return InvalidStep(step.value, step=step.value, state=state.value, steps=named or "查看")


def steps_from(state: AlertState) -> Sequence[Step]:
    """What can be done next, in the order of the flow."""
    return [step for step, (sources, _) in _FLOW.items() if state in sources]
