"""``python -m cdkd_kg`` is ``cdkd``."""

from cdkd_kg.cli import main

main()
