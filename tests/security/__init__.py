"""The claims of docs/security.md: each with the tests that show it, and with what takes its defence away.

`python -m tests.security` writes the page's tables anew from `claims.py`; `make defences` takes each defence away in a
copy of the tree, and the claim's tests must then fail.
"""
