"""What a developer's machine needs around the shop: .venv, Postgres, Redis, and `make`'s verbs.

Nothing here runs in production: there DATABASE_URL and REDIS_URL say where the services are.
"""
