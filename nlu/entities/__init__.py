"""Entities found by dictionary and pattern, each with the value that the CRM expects."""
