"""Our login beside those of others, each a site of its own: `make bench-peers`."""
