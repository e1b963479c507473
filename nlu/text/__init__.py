"""Text as it is typed, and text as it is understood."""
