"""The shops themselves: installed, authorized, left, their settings, their customers' rights."""
