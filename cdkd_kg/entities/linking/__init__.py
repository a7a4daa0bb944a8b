"""Linking in stages: names, matches, features, a calibrated probability, and a link or the kind of NIL."""
