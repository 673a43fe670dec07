"""Trouble at a chosen moment of a conversation with Shopify, and what the journal of calls says about it afterwards.

Tests of installing, tokens and leaving use it. Nothing is replaced: the moments are the HTTP client's own hooks.
"""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from plugin import clock
from plugin.shopify import http
from tests.support.installed import InstalledShop

PROJECT = Path(__file__).parents[2]


def before_call(count: int, happens: Callable[[], object], part: bytes = b"") -> None:
    """Have something happen once: before the count-th call to the Admin API whose body holds `part`, from now on."""
    left = [count]

    def hook(request: httpx.Request) -> None:
        if request.url.path.endswith("/graphql.json") and part in request.content:
            left[0] -= 1
            if left[0] == 0:
                happens()

    http.client().event_hooks["request"].append(hook)


def after_token_answer(happens: Callable[[], object]) -> None:
    """Have something happen once: between the token endpoint's next answer and our reading it."""
    waiting = [happens]

    def hook(response: httpx.Response) -> None:
        if response.request.url.path.endswith("/access_token") and waiting:
            waiting.pop()()

    http.client().event_hooks["response"].append(hook)


def later(shop: InstalledShop, wait: timedelta) -> None:
    """Let the shop's clock run on from so much later. It goes on ticking: what stands still has no order in time."""
    ahead = shop.store.now() + wait - clock.wall()
    shop.store.set_clock(f"{ahead.total_seconds():+.3f}")


def calls(shop: InstalledShop) -> list[tuple[str, int]]:
    """What Shopify was asked since the journal began: a grant or "admin", and the status of the answer."""
    return [(made["grant"] or made["target"], made["status"]) for made in shop.store.calls(shop.handle)]


def dead_repeated(shop: InstalledShop) -> list[str]:
    """Tokens (by digest) that were shown again after Shopify had said that they are dead."""
    refused = Counter(made["token"] for made in shop.store.calls(shop.handle) if made["status"] in {400, 401})
    return [token for token, count in refused.items() if count > 1]


def process(code: str, *arguments: object, **environment: str) -> "subprocess.Popen[str]":
    """A Python process of the app's own settings, for what two processes do to each other."""
    return subprocess.Popen(
        [sys.executable, "-c", f"from plugin import app\napp.start()\n{code}", *map(str, arguments)],
        env=os.environ | environment,
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def said(running: "subprocess.Popen[str]", seconds: float = 60) -> tuple[Any, int]:
    """What a process printed, and how it ended."""
    printed, _ = running.communicate(timeout=seconds)
    return printed.strip(), running.returncode
