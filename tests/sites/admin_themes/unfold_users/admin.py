"""Users in unfold's own look, as its manual says: unregistered, and registered anew. The app stands after ours."""

from django.contrib import admin
from django.contrib.auth import get_user_model
from unfold.admin import ModelAdmin

users = get_user_model()
if admin.site.is_registered(users):
    admin.site.unregister(users)


@admin.register(users)
class UserAdmin(ModelAdmin):
    fields = [users.USERNAME_FIELD, "is_staff"]
