"""The embedded admin page: authentication, pages and the JSON API behind them."""
