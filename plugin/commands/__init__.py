"""Commands of `regulars` beside those that run the app."""
