"""What the customers of a development store are called: made up from their numbers, so that nobody has to be stored."""

GIVEN = ("Ada", "Ben", "Clara", "David", "Ella", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kim")
FAMILY = (
    "Adler",
    "Brown",
    "Castro",
    "Dubois",
    "Evans",
    "Fischer",
    "Greene",
    "Hansen",
    "Ito",
    "Jensen",
    "Kaya",
    "Lopez",
)


def of(customer_id: int) -> str:
    """Always the same for the same number."""
    return f"{GIVEN[customer_id % len(GIVEN)]} {FAMILY[customer_id % len(FAMILY)]}"
