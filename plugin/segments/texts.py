"""Words as whole numbers, so that arrays can hold them: country codes, kinds of consent, names of groups.

Whoever loads facts and whoever compares with a condition's words number them alike, in every process and for ever.
"""

import hashlib


def number(word: str) -> int:
    """The number of a word; upper and lower case are one. Never negative: that is what is not known."""
    # 56 bits of a digest: no list of codes is needed, and two words with one number are not to be expected.
    return int.from_bytes(hashlib.blake2b(word.casefold().encode(), digest_size=7).digest(), "big")
