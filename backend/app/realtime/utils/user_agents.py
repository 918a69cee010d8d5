"""Device type and browser of a connection, from its User-Agent header."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from ua_parser import parse

DeviceType = Literal["desktop", "mobile", "tablet"]

_HANDHELD_SYSTEMS = {"Android", "iOS", "Windows Phone", "KaiOS", "BlackBerry OS", "Firefox OS", "HarmonyOS"}
_TABLETS = ("iPad", "Kindle", "Tablet", "PlayBook")


@lru_cache(maxsize=1024)
def parse_user_agent(user_agent: str) -> tuple[DeviceType, str]:
    """`(device_type, browser)`; an unknown browser is `unknown`.

    The library names the device, not its size. Tablets: iPad and the like by name, and Android
    without `Mobile`, which is how Google tells Android's makers to mark them.
    """
    result = parse(user_agent[:512])
    browser = result.user_agent.family if result.user_agent else "unknown"
    device = result.device.family if result.device else ""
    system = result.os.family if result.os else ""
    if device.startswith(_TABLETS) or (system == "Android" and "Mobile" not in user_agent):
        return "tablet", browser
    return ("mobile" if system in _HANDHELD_SYSTEMS else "desktop"), browser
