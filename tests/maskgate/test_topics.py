"""One catalogue: what is printed, matched and allowed all follows from it."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from maskgate.cli import app
from maskgate.topics import CATALOGUE, DOOR_SET_LOCK, NODE_PASSAGE, Role, Topic

DOCS = Path(__file__).resolve().parents[2] / "docs"
slugs = st.from_regex(r"[a-z0-9]([a-z0-9_-]{0,10}[a-z0-9])?", fullmatch=True)
roots = st.from_regex(r"[A-Za-z0-9_-]{1,8}(/[A-Za-z0-9_-]{1,8}){0,2}", fullmatch=True)


@given(topic=st.sampled_from(CATALOGUE), root=roots, data=st.data())
def test_a_topic_is_read_back_as_it_was_built(topic: Topic, root: str, data: st.DataObject) -> None:
    ids = {field: data.draw(slugs) for field in topic.fields[1:]}
    assert topic.match(root, topic.path(root, **ids)) == ids


@given(topic=st.sampled_from(CATALOGUE), text=st.text(max_size=60))
def test_no_foreign_topic_is_taken_for_ours(topic: Topic, text: str) -> None:
    ids = topic.match("maskgate", text)
    assert ids is None or topic.path("maskgate", **ids) == text


def test_each_topic_is_declared_once_and_commands_are_never_retained() -> None:
    assert len({t.template for t in CATALOGUE}) == len({t.name for t in CATALOGUE}) == len(CATALOGUE)
    assert all(not t.retain for t in CATALOGUE if "/set/" in t.template)
    assert all(t.sender not in t.readers for t in CATALOGUE)


def test_the_page_of_topics_is_the_one_the_catalogue_prints() -> None:
    printed = CliRunner().invoke(app, ["topics"])
    assert printed.exit_code == 0
    assert (DOCS / "topics.md").read_text(encoding="utf-8") == printed.output, "run: make docs"


def test_the_asyncapi_document_refers_to_nothing_that_is_not_in_it() -> None:
    document = json.loads(CliRunner().invoke(app, ["topics", "--format", "asyncapi"]).output)
    assert document["asyncapi"].startswith("3.")
    assert set(document["channels"]) == {t.name for t in CATALOGUE}

    def references(node: object) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [ref for value in node.values() for ref in references(value)]
        return [ref for value in node for ref in references(value)] if isinstance(node, list) else []

    for reference in references(document):
        place = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


@pytest.mark.parametrize("root", ["maskgate", "site/two"])
def test_the_access_list_lets_only_the_sender_write(root: str) -> None:
    printed = CliRunner().invoke(app, ["topics", "--format", "acl", "--root", root]).output
    blocks: dict[str, list[str]] = {}
    for line in printed.splitlines():
        if line.startswith("user "):
            current = blocks.setdefault(line.removeprefix("user "), [])
        elif line.startswith("topic "):
            current.append(line)
    assert f"topic write {DOOR_SET_LOCK.filter(root)}" in blocks[Role.CONTROLLER]
    assert f"topic write {DOOR_SET_LOCK.filter(root)}" not in blocks[Role.HUB]
    assert f"pattern write {NODE_PASSAGE.path(root, node='%u')}" in printed.splitlines()
    assert not any("write" in line and "/set/relay" in line for line in blocks[Role.CONTROLLER])
