"""Standing faults as they show over HTTP: before, instead of, or after the real answer. Both Shopify hosts use it."""

import json
import time
from collections.abc import Callable
from http import HTTPStatus

from flask import Response

from dev_store.faults import Fault
from dev_store.store import DevStore


def answered(store: DevStore, target: str, handle: str | None, answer: Callable[[bool], Response]) -> Response:
    """The answer to one call, or what the fault it meets makes of it; the argument asks for THROTTLED."""
    fault = store.faults.draw(target, handle)
    if fault is None:
        return answer(False)
    if fault.kind == "throttled":
        return answer(True)
    real = answer(False) if fault.after else None
    if fault.kind == "timeout":
        time.sleep(fault.seconds)
        return real or _refusal(fault, 504)
    if fault.kind == "cut":
        return _cut_off(real)
    return _refusal(fault, int(fault.kind))


def _refusal(fault: Fault, status: int) -> Response:
    phrase = {430: "Shopify Security Rejection"}.get(status) or HTTPStatus(status).phrase
    response = Response(json.dumps({"errors": phrase}), status, mimetype="application/json")
    if status in {429, 430}:
        response.headers["Retry-After"] = f"{fault.retry_after:.1f}"
    return response


def _cut_off(real: Response | None) -> Response:
    body = real.get_data() if real and not real.direct_passthrough else b"{"

    # The server drops a connection whose body ends before its announced length.
    half = iter([body[: max(1, len(body) // 2)]])
    return Response(half, headers={"Content-Length": str(len(body) + 1)}, mimetype="application/json")
