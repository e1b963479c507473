"""Times as people say them, made into dates of the store's calendar."""

from nlu.entities.times.find import find_times

__all__ = ["find_times"]
