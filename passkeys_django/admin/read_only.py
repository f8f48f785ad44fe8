"""Rows that nobody writes by hand, whatever their permissions."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = object


class ReadOnly(ModelAdmin):
    """For a ModelAdmin: nobody adds or changes rows, and the only actions are those of the class itself."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_actions(self, request: HttpRequest, action_location: Any = None) -> dict[str, Any]:
        """Without Django's own action that deletes, and without the site's actions.

        Django 6.1 says in which place the actions are shown; earlier versions do not.
        """
        place = () if action_location is None else (action_location,)
        actions: dict[str, Any] = super().get_actions(request, *place)
        return {name: action for name, action in actions.items() if name in (self.actions or ())}
