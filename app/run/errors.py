"""Why `dianyu run` does not go on."""


class CannotRun(Exception):
    """Something is in the way of a start; the message is what the person at the terminal reads."""
