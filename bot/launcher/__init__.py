"""Runs Rasa 3.6.21 behind an input channel of our own (decisions 0003 and 0004)."""
