"""Polling by script tags, for pages that may make no other requests (the query says `j=NUMBER`)."""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs

#: The form field that has the packets of a body.
_FIELD = "d"
_NOT_A_DIGIT = re.compile("[^0-9]")
#: A newline that was escaped for the form, with the backslash before it that escapes the escape.
_NEWLINE = re.compile(r"(\\)?\\n")


def script(text: str, number: str) -> str:
    """The answer to a poll as a call of the page's function of that number."""
    return f"___eio[{_NOT_A_DIGIT.sub('', number)}]({json.dumps(text)});"


def form(body: bytes) -> bytes:
    """The packets of a posted form, as a body of long-polling."""
    text = parse_qs(body.decode(errors="replace")).get(_FIELD, [""])[0]
    unescaped = _NEWLINE.sub(lambda found: found[0] if found[1] else "\n", text)
    return unescaped.replace("\\\\n", "\\n").encode()
