"""Mappings between vocabularies (SSSOM), in and out."""
