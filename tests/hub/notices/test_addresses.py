"""Any address that Apprise knows is one of a recipient: a sample of its services, opened and shown without a secret."""

import pytest
from pydantic import SecretStr

from hub.notices.apprise_sender import AppriseSender

#: An address, and what of it nobody may see.
SERVICES = [
    ("tgram://123456789:AAF-s3cretT0kenOfTheB0tAbcdefghijklmn/987654321", "AAF-s3cretT0kenOfTheB0tAbcdefghijklmn"),
    ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/general", "TIiajkdnlazkcOXrIdevi7FQ"),
    ("discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "JHMHI8qBe7bk2ZwO5U711o3dV_js"),
    ("ntfys://user:s3cretword@ntfy.example.org/topic", "s3cretword"),
    ("gotifys://gotify.example.org/AbCdEf.s3cret", "AbCdEf.s3cret"),
    ("pover://uQiRzpo4DXghDmr9QzzfQu27cmVRsG@azGDORePK8gMaC0QOYAMyEEuzJnyUi", "azGDORePK8gMaC0QOYAMyEEuzJnyUi"),
    ("matrixs://user:s3cretword@matrix.example.org/#doors", "s3cretword"),
    ("mmosts://mattermost.example.org/3ccdd113474722377935511fc85d3dd4", "3ccdd113474722377935511fc85d3dd4"),
    ("rocket://user:s3cretword@rocket.example.org/#doors", "s3cretword"),
    ("signals://user:s3cretword@signal.example.org/+15550001111/+15550002222", "s3cretword"),
    ("pagerduty://A1BRTD4JD@TIiajkdnlazkcOXrIdevi7F", "TIiajkdnlazkcOXrIdevi7F"),
    ("mqtts://user:s3cretword@mqtt.example.org/doors", "s3cretword"),
    ("xmls://user:s3cretword@example.org/hook", "s3cretword"),
    ("mailtos://user:s3cretword@example.org", "s3cretword"),
]


@pytest.mark.parametrize(("address", "secret"), SERVICES, ids=lambda value: value.partition("://")[0])
def test_a_service_is_known_and_shown_without_its_secret(address: str, secret: str) -> None:
    assert secret in address
    assert secret not in AppriseSender(SecretStr(address)).shown
