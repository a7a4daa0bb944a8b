"""Distillation: losses, the student, and the trainer that joins them."""
