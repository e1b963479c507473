from crm_core import yaml12


def test_on_and_off_are_names_and_true_and_false_are_not() -> None:
    said = yaml12.load("{on: purchase, off: fixed, yes: no, stacks: true, closed: False, n: 1}")
    assert said == {
        "on": "purchase", "off": "fixed", "yes": "no", "stacks": True, "closed": False, "n": 1,
    }  # fmt: skip
