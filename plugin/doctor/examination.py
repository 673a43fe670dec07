"""Everything there is to examine, in order: what the next ones stand on comes first."""

from collections.abc import Callable, Iterator

from sqlalchemy.exc import SQLAlchemyError

from plugin.config import Config
from plugin.doctor import calls, compared_histories, foundations, stuck_work
from plugin.doctor.finding import CannotLook, Examined


def examine(config: Config, everybody: bool) -> Iterator[Examined]:
    """Look at one thing after the other; CannotLook when nothing more can be examined.

    `everybody`: every shop is asked and every history compared, not some.
    """
    parts: tuple[Callable[[], Examined], ...] = (
        lambda: foundations.settings(config),
        lambda: foundations.database(config),
        foundations.tables,
        foundations.writing,
        foundations.keys,
        foundations.redis,
        stuck_work.deliveries,
        stuck_work.long_runs,
        stuck_work.held_turns,
        stuck_work.customers,
        lambda: calls.shopify(everybody),
        lambda: compared_histories.compare(everybody),
    )
    for part in parts:
        try:
            yield part()
        except SQLAlchemyError as error:
            raise CannotLook(f"The database failed ({type(error).__name__})", "Look at its log.") from error
