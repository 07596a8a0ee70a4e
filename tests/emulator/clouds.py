"""Falcon's clouds and the host names by which clients reach them (Event Streams reference 1.5 and 1.6).

Rules: a client's `Host` decides which cloud it speaks to. Any name that is not Falcon's own, 127.0.0.1 among them, is
the cloud `local`, which stands for whatever cloud the tenant lives in.
"""

from __future__ import annotations

DOMAINS = {
    "us-1": "crowdstrike.com",
    "us-2": "us-2.crowdstrike.com",
    "us-3": "us-3.crowdstrike.com",
    "eu-1": "eu-1.crowdstrike.com",
    "us-gov-1": "laggar.gcw.crowdstrike.com",
    "us-gov-2": "us-gov-2.crowdstrike.mil",
}
COMMERCIAL = ("us-1", "us-2", "us-3", "eu-1")  # these redirect to one another; the government clouds do not
LOCAL = "local"
UNKNOWN_HOST = "falcon.invalid"  # no resolver knows it (RFC 6761), whoever wants to reach it has to bring its own
API_HOSTS = {f"api.{domain}": cloud for cloud, domain in DOMAINS.items()}
FIREHOSE_HOSTS = {f"firehose.{domain}": cloud for cloud, domain in DOMAINS.items()}
HOSTS = (*API_HOSTS, *FIREHOSE_HOSTS)


def name_of(host: str) -> str:
    """The name in a Host header, without its port."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()


def cloud_of(host: str) -> str:
    """The cloud that a Host header names."""
    name = name_of(host)
    return API_HOSTS.get(name) or FIREHOSE_HOSTS.get(name) or LOCAL


def firehose_of(host: str, local_port: int) -> str:
    """The firehose's authority for a client that reached the API by this Host."""
    cloud = cloud_of(host)
    return f"{name_of(host)}:{local_port}" if cloud == LOCAL else f"firehose.{DOMAINS[cloud]}"
