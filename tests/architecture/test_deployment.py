"""app.yaml describes an app that would start: its commands exist, its settings are complete, and it tells no secret."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from cryptography.fernet import Fernet

from plugin import cli, config, queues

PROJECT = Path(__file__).parents[2]
TEXT = (PROJECT / "app.yaml").read_text()
SPEC = yaml.safe_load(TEXT)
COMPONENTS = [component for kind in ("services", "workers", "jobs") for component in SPEC[kind]]
READ = set(re.findall(r'env\.\w+\("([A-Z_]+)"', (PROJECT / "plugin/config.py").read_text()))

# What the platform and whoever deploys put in place of a reference and of a secret without a value.
BOUND = {
    "${db.DATABASE_URL}": "postgresql://somebody:secret@127.0.0.1:25060/regulars?sslmode=require",
    "${valkey.DATABASE_URL}": "rediss://default:secret@127.0.0.1:25061",
}
FILLED_IN = {"SHOPIFY_CLIENT_SECRET": "s" * 32, "TOKEN_KEYS": Fernet.generate_key().decode()}

# The keys we use, as the platform's reference names them: a misspelt one would be ignored or refuse the deployment.
# Reference: https://docs.digitalocean.com/products/app-platform/reference/app-spec/
KEYS = {
    "": {
        "name",
        "region",
        "egress",
        "domains",
        "alerts",
        "ingress",
        "envs",
        "databases",
        "services",
        "workers",
        "jobs",
    },
    "domains": {"domain", "type", "minimum_tls_version"},
    "envs": {"key", "value", "scope", "type"},
    "databases": {"name", "engine", "production", "cluster_name"},
    "component": {"name", "github", "environment_slug", "build_command", "run_command", "instance_size_slug"}
    | {"instance_count", "envs"},
    "services": {"http_port", "health_check"},
    "workers": set(),
    "jobs": {"kind"},
    "github": {"repo", "branch", "deploy_on_push"},
    "health_check": {"http_path", "initial_delay_seconds", "timeout_seconds"},
}


def variables(component: dict) -> list[dict]:
    return SPEC["envs"] + component.get("envs", [])


def environment(component: dict) -> dict[str, str]:
    """What the component's process is started with."""
    values = {variable["key"]: variable.get("value", "") for variable in variables(component)}
    return {name: FILLED_IN.get(name) or BOUND.get(value, value) for name, value in values.items()}


def exists(words: list[str]) -> bool:
    """Whether `regulars` knows this command and its options: click refuses others before it prints the help."""
    return CliRunner().invoke(cli.cli, [*words, "--help"]).exit_code == 0


def by_name(name: str) -> dict:
    return next(component for component in COMPONENTS if component["name"] == name)


def test_the_first_line_says_whose_file_it_is():
    first = TEXT.splitlines()[0]
    assert first.startswith("#")
    assert re.search("App Platform.*not.*App Engine", first)


def test_only_keys_of_the_platform_are_used():
    used = [("", SPEC), *(("domains", entry) for entry in SPEC["domains"])]
    used += [("databases", entry) for entry in SPEC["databases"]]
    used += [("github", component["github"]) for component in COMPONENTS]
    used += [("health_check", by_name("web")["health_check"])]
    used += [("envs", variable) for component in COMPONENTS for variable in variables(component)]
    assert [(kind, entry) for kind, entry in used if not set(entry) <= KEYS[kind]] == []
    for kind in ("services", "workers", "jobs"):
        assert [entry for entry in SPEC[kind] if not set(entry) <= KEYS["component"] | KEYS[kind]] == []


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component["name"])
def test_a_command_exists_with_its_options(component):
    program, *words = shlex.split(component["run_command"])
    assert program in tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["scripts"]
    assert exists(words)


def test_the_check_of_commands_would_see_a_wrong_one():
    for words in (["server"], ["db", "migrate"], ["worker", "--queues", "tags"]):
        assert not exists(words)


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component["name"])
def test_a_component_has_the_settings_it_needs(component, monkeypatch):
    for name in READ:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment(component).items():
        monkeypatch.setenv(name, value)
    settings = config.read_environment()
    assert settings.environment == "production"
    assert settings.database_url.startswith("postgresql")
    assert settings.redis_url.startswith("rediss")
    assert set(environment(component)) <= READ


def test_every_reference_is_to_a_database_of_the_app():
    references = re.findall(r"\$\{(\w+)\.", TEXT)
    assert set(references) == {database["name"] for database in SPEC["databases"]}


def test_no_secret_is_told():
    given = [variable for component in COMPONENTS for variable in variables(component)]
    assert {variable["key"] for variable in given if variable.get("type") == "SECRET"} == set(FILLED_IN)
    assert [variable for variable in given if variable["key"] in FILLED_IN and variable.get("value")] == []


def test_settings_are_for_running_not_for_building():
    assert {variable["scope"] for component in COMPONENTS for variable in variables(component)} == {"RUN_TIME"}


def test_the_web_server_listens_where_the_platform_asks():
    web = by_name("web")
    assert environment(web)["WEB_HOST"] == "0.0.0.0"  # noqa: S104 - the platform's router is not on the same machine
    assert environment(web)["WEB_PORT"] == str(web["http_port"])
    assert web["health_check"]["http_path"] == "/healthz"
    assert 'add_url_rule("/healthz"' in (PROJECT / "plugin/app.py").read_text()


def test_the_queues_are_split_as_on_one_machine():
    local = (PROJECT / "plugin/local/supervisor.py").read_text()
    for name, words in re.findall(r'spawn\("(worker-\w+)", "plugin.cli", (.+)\)', local):
        wanted = ["regulars", *re.findall(r'"([^"]+)"', words)]
        assert shlex.split(by_name(name)["run_command"]) == wanted
    served = [word for component in SPEC["workers"] for word in shlex.split(component["run_command"])]
    assert sorted(queue for queue in served if queue in queues.QUEUES) == sorted(queues.QUEUES)


def test_one_process_keeps_the_timetable_and_migrations_come_first():
    assert by_name("scheduler")["instance_count"] == 1
    assert [(job["run_command"], job["kind"]) for job in SPEC["jobs"]] == [("regulars db upgrade", "PRE_DEPLOY")]


def test_calls_leave_by_addresses_of_our_own():
    assert SPEC["egress"] == {"type": "DEDICATED_IP"}


def test_all_components_are_built_alike():
    assert len({(str(part["github"]), part["build_command"], part["environment_slug"]) for part in COMPONENTS}) == 1


def test_the_app_is_where_shopify_is_told_to_look():
    told = tomllib.loads((PROJECT / "shopify.app.toml").read_text())
    address = environment(by_name("web"))["APP_URL"]
    assert told["application_url"].startswith(f"{address}/")
    assert [f"https://{domain['domain']}" for domain in SPEC["domains"]] == [address]


def test_the_commands_named_for_whoever_deploys_exist():
    guide = (PROJECT / "docs/deployment.md").read_text()
    named = set(re.findall(r"`regulars ([a-z -]+?)`", guide))
    assert named
    assert [words for words in named if not exists(shlex.split(words))] == []
