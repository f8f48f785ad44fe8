from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "tests.support.accounts"
    label = "accounts"
