"""Alerts and dashboard read what is there: every expression parses, every figure and label in it is on /metrics, every
alert has its paragraph.
"""

import json
import re
from pathlib import Path

import pytest
import yaml

from plugin import app, metrics, queues
from tests.support import figures, promql
from tests.support import shop as shops
from tests.support.promql import Expression, Malformed
from workers import schedule, serve

PROJECT = Path(__file__).parents[3]
RULES = yaml.safe_load((PROJECT / "deploy/alerts.yml").read_text())["groups"][0]["rules"]
ALERTS = {rule["alert"]: rule for rule in RULES}
DASHBOARD = json.loads((PROJECT / "deploy/grafana.json").read_text())
CHARTS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = [rule["expr"] for rule in RULES]
EXPRESSIONS += [target["expr"] for panel in CHARTS for target in panel["targets"]]
GUIDE = (PROJECT / "docs/operations.md").read_text()
# Prometheus adds these to whatever it reads, and this sample for every process it asks.
ADDED_LABELS, ADDED_SAMPLES = {"job", "instance"}, {"up"}
TASKS = {job.__name__ for job, _ in schedule.TIMETABLE} | {
    stage.job.rpartition(".")[2] for stage in queues.STAGES.values()
}


@pytest.fixture(scope="module")
def parsed() -> list[Expression]:
    return [Expression(expression) for expression in EXPRESSIONS]


@pytest.fixture
def told(settings) -> figures.Figures:
    """What /metrics shows after one job has ended well and one has not."""
    shops.make_shop()
    for job in ("sweep", "no_such_job"):
        queues.queue("timed").enqueue(f"workers.sweep.{job}")
    serve.serve(["timed"], burst=True)
    metrics.FAILURES.labels("something", "kind").inc()
    return figures.read(app.create_app().test_client().get("/metrics").text)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_figure_that_is_asked_for_is_told_with_its_labels(parsed, told):
    labels = {name: set() for name, _ in told}
    for name, pairs in told:
        labels[name] |= {label for label, _ in pairs}
    for expression in parsed:
        names = {selector.name for selector in expression.selectors} - ADDED_SAMPLES
        assert names <= labels.keys(), expression.text
        known = set.union(ADDED_LABELS, *(labels[name] for name in names))
        asked = {label for selector in expression.selectors for label, _, _ in selector.labels}
        assert asked | expression.grouped_by <= known, expression.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_value_that_is_asked_for_can_be_one(parsed, told):
    values = {("task", task) for task in TASKS} | {pair for _, pairs in told for pair in pairs}
    values.add(("job", "regulars"))
    asked = {
        (label, value)
        for expression in parsed
        for selector in expression.selectors
        for label, _, either in selector.labels
        for value in either.split("|")
    }
    assert asked - values == set()


def test_rates_are_of_what_only_grows_and_nothing_else_is(parsed):
    for selector in (each for expression in parsed for each in expression.selectors):
        grows = bool(re.search("_(total|bucket|count|sum)$", selector.name))
        assert selector.ranged == grows, selector.name


@pytest.mark.parametrize(
    "wrong",
    [
        "max(a",
        "max by stage (a)",
        "rate(a)",
        "a[5m] > 1",
        "rate(a[5])",
        "increase(max(a)[5m])",
        'a{b=="c"}',
        "a{b=c}",
        "a >",
        "a b",
        "sam(a)",
        "max(1)",
        "a ? b",
        "histogram_quantile(a, 0.5)",
    ],
)
def test_what_is_no_expression_is_refused(wrong):
    with pytest.raises(Malformed):
        promql.Expression(wrong)


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_an_alert_is_complete_and_its_texts_name_labels_it_has(name):
    rule = ALERTS[name]
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"\d+[smhd]", rule.get("for", "1m"))
    assert rule["annotations"].keys() == {"summary", "runbook"}
    assert rule["annotations"]["runbook"] == f"docs/operations.md#{name.lower()}"
    used = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    assert used <= Expression(rule["expr"]).grouped_by


def test_every_alert_has_its_paragraph_and_every_paragraph_its_alert():
    section = GUIDE.partition("\n## Alerts\n")[2].partition("\n## ")[0]
    paragraphs = dict(re.findall(r"^### (\w+)\n\n(.+?)(?=\n###|\Z)", section, re.MULTILINE | re.DOTALL))
    assert list(paragraphs) == [rule["alert"] for rule in RULES]
    assert [name for name, text in paragraphs.items() if "**Means**" not in text or "**Do**" not in text] == []


def test_every_figure_has_its_line_in_the_guide():
    described = {family.name for family in metrics.COUNTED.collect()}
    assert [name for name in described if f"`{name}" not in GUIDE] == []


def test_a_chart_says_what_it_shows_and_none_hides_another():
    assert [panel["title"] for panel in CHARTS if not panel["description"] or not panel["targets"]] == []
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]]
    assert len(set(places)) == len(places)
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(places)
    assert {target["datasource"]["uid"] for panel in CHARTS for target in panel["targets"]} == {"${datasource}"}
