"""Pretraining by link prediction: vectors of entities learn to tell true triples from false ones."""
