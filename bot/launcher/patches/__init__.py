"""Where Rasa spends time on nothing: each patch is one function, proven equal to stock.

Measured and explained in decision 0004. `install` runs once in a worker, before it loads a model.
"""

from bot.launcher.patches import actions, events, graph, predictions, trackers


def install() -> None:
    """Put every patch in place, for good."""
    actions.install()
    events.install()
    graph.install()
    predictions.install()
    trackers.install()
