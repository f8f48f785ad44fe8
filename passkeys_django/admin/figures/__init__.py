"""The admin's page with figures: what it shows, and how its charts are drawn."""

from .page import figures_view

__all__ = ["figures_view"]
