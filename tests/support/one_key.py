"""A usage plan of one key, for tests of the gateway."""


class OneKey:
    """Accept one key."""

    def find_key(self, value: str) -> str | None:
        return "its-id" if value == "key" else None

    def admits(self, key_id: str) -> bool:
        return key_id == "its-id"
