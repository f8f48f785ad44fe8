from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "tests.sites.neighbours.audit"
    label = "audit"
