"""Studies: one run configuration over many conditions, domain pairs, label budgets and seeds, and what they say."""
