"""Who is in which segment: judged again when something changed, when time passed, or to see what new rules would do."""
