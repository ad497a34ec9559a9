"""Requests and responses: parsing, idempotency, caching, timing."""
