"""For sites with two databases: all queries go to one of them."""


class Router:
    using = "default"

    def db_for_read(self, model, **hints):
        return self.using

    db_for_write = db_for_read
