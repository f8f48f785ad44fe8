"""How many logins, passkeys, refusals and offers there were, week by week, for the admin's page with figures.

Weeks that are over are counted once, and stay when the history is pruned. The running week, and how many passkeys
and people there are now, are counted anew when the last count is some minutes old, or hours if it took long.
"""

from .keeping import Figures, figures_by_week

__all__ = ["Figures", "figures_by_week"]
