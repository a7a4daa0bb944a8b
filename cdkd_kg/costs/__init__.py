"""What a run of a configuration will take at another size, from what it took at smaller ones on this machine."""
