"""What leaves the project: student bundles."""
