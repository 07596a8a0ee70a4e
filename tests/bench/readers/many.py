"""The floor for many feeds: one selector loop that reads them all and writes out what comes, as it comes."""

from __future__ import annotations

import os
import selectors
import socket
import ssl
import sys
from urllib.parse import urlsplit

url, ca_file, count = urlsplit(sys.argv[1]), sys.argv[2], int(sys.argv[3])
address = str(url.hostname), int(url.port or 443)
context = ssl.create_default_context(cafile=ca_file)
selector = selectors.DefaultSelector()
for _ in range(count):
    plain = socket.create_connection(address)
    feed = context.wrap_socket(plain, server_hostname=address[0])
    feed.sendall(f"GET {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n".encode())
    feed.setblocking(False)
    selector.register(feed, selectors.EVENT_READ, feed)
while True:
    for key, _ in selector.select():
        try:
            data = memoryview(key.data.recv(65536))
        except (ssl.SSLWantReadError, BlockingIOError):
            continue
        while data:
            data = data[os.write(1, data) :]
