"""How text is understood: normalisation, entities, intents, in Rasa's own environment."""
