"""Shopify's rules for customer tags. `resolvers` applies them to tagsAdd and tagsRemove, `commerce` when customers
merge. Pure: works on the dictionaries it is given, folded form to spelling.
"""

from collections.abc import Iterable

MOST_TAGS = 250
LONGEST_TAG = 255
TOO_MANY = "Tags cannot be more than 250"
TOO_LONG = "Tags is too long (maximum is 255 characters)"


def split(given: Iterable[str]) -> list[str]:
    """The single tags in what a caller sent: a comma separates wherever it stands, blanks around a tag do not count."""
    return [tag for text in given for part in text.split(",") if (tag := part.strip())]


def add(tags: dict[str, str], spellings: dict[str, str], given: Iterable[str]) -> str | None:
    """Put the tags on, or none of them and the reason. The first spelling the shop ever saw is kept."""
    wanted = split(given)
    if any(len(tag) > LONGEST_TAG for tag in wanted):
        return TOO_LONG
    new = {tag.casefold(): tag for tag in reversed(wanted) if tag.casefold() not in tags}
    if len(tags) + len(new) > MOST_TAGS:
        return TOO_MANY
    for folded, tag in new.items():
        tags[folded] = spellings.setdefault(folded, tag)
    return None


def remove(tags: dict[str, str], given: Iterable[str]) -> None:
    """Take the tags off, whatever their case; a tag that is not there is no error."""
    for tag in split(given):
        tags.pop(tag.casefold(), None)
