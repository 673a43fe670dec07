"""`python -m dev_store`: options in, a running development store out. Secrets come by environment, never as options."""

import argparse
import os
import sys

from dev_store import server


def main(arguments: list[str] | None = None) -> int:
    """Read the options, hand them to the server process by environment, and serve."""
    parser = argparse.ArgumentParser(prog="python -m dev_store", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--app-url", required=True, help="the app's address, as browsers know it")
    parser.add_argument("--deliver-to", default="", help="where relative webhook addresses point, if not there")
    parser.add_argument("--client-id", required=True, help="the app's; its secret is DEV_STORE_CLIENT_SECRET")
    parser.add_argument("--app-file", default="", help="shopify.app.toml with the app's subscriptions and scopes")
    parser.add_argument("--clock-file", default="", help="the file every process takes the time from")
    parser.add_argument("--shop", action="append", default=[], help="open a shop of this name; may be repeated")
    parser.add_argument("--plan", default="standard", help="the plan of these shops: standard, plus, rehearsal ...")
    parser.add_argument("--delivery-threads", type=int, default=8)
    retry_base = float(os.environ.get("DEV_STORE_RETRY_BASE", "0.2"))
    parser.add_argument("--retry-base", type=float, default=retry_base, help="seconds before the first retry")
    options = parser.parse_args(arguments)
    if not os.environ.get("DEV_STORE_CLIENT_SECRET"):
        parser.error("set DEV_STORE_CLIENT_SECRET in the environment")
    os.environ |= {
        "DEV_STORE_APP_URL": options.app_url,
        "DEV_STORE_DELIVER_TO": options.deliver_to,
        "DEV_STORE_CLIENT_ID": options.client_id,
        "DEV_STORE_APP_FILE": options.app_file,
        "CLOCK_FILE": options.clock_file or os.environ.get("CLOCK_FILE", ""),
        "DEV_STORE_SHOPS": ",".join(options.shop),
        "DEV_STORE_PLAN": options.plan,
        "DEV_STORE_DELIVERY_THREADS": str(options.delivery_threads),
        "DEV_STORE_RETRY_BASE": str(options.retry_base),
    }
    server.serve(options.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
