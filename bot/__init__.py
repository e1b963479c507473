"""What the bot says, how a conversation goes, and the launcher that runs Rasa on it."""
