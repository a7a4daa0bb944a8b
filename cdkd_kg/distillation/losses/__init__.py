"""Distillation losses, one a file, by name; :mod:`cdkd_kg.distillation.losses.combine` adds them up."""
