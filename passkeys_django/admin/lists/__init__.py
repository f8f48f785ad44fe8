"""Lists of a million rows: pages without a count of all rows, filters and searches that an index answers."""
