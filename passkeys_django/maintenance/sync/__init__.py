"""Compares our rows with a provider's copies, and repairs the differences: here, and at the provider."""
