"""The name of a credential: `<realm>:<username>:`, colons within the two escaped by a backslash, as splunkd does."""

from __future__ import annotations


def name_of(realm: str, username: str) -> str:
    return f"{_escape(realm)}:{_escape(username)}:"


def split_name(name: str) -> tuple[str, str]:
    """Realm and username of a name, unescaped."""
    parts: list[str] = [""]
    escaped = False
    for letter in name:
        if not escaped and letter == "\\":
            escaped = True
            continue
        if letter == ":" and not escaped:
            parts.append("")
        else:
            parts[-1] += ("\\" if escaped and letter != ":" else "") + letter
        escaped = False
    return parts[0], parts[1] if len(parts) > 1 else ""


def _escape(text: str) -> str:
    return text.replace(":", "\\:")
