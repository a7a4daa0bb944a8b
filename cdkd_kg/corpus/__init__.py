"""Texts of several domains and tasks: read, checked row by row, split, and handed on as a ``Corpus``."""
