"""Tags in the store: written one by one or in bulk, compared, defended, taken off again."""
