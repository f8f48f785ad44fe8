from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "tests.sites.tenants.customers"
    label = "customers"
