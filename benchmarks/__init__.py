"""Speed and quality beside a named peer, one command each."""
