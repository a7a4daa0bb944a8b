"""Texts to mentions: found by spaCy, linked to a vocabulary, related by grammar and by company."""
