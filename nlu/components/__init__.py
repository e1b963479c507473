"""Rasa graph components, one a file; `bot/config.yml` strings them together."""
