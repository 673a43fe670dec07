"""What /metrics shows, as numbers."""

from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

Figures = dict[tuple[str, frozenset[tuple[str, str]]], float]


def read(text: str) -> Figures:
    """Every sample by its name and labels."""
    families = text_string_to_metric_families(text)
    return {(sample.name, frozenset(sample.labels.items())): sample.value for one in families for sample in one.samples}


def shown(client: FlaskClient, name: str, **labels: str) -> float | None:
    """One figure as /metrics shows it now; None if it is not there."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    return read(answer.text).get((name, frozenset(labels.items())))
