"""What the fuzzers throw: random bytes, and good input with pieces replaced, doubled, cut out or swapped."""

from __future__ import annotations

import time
from typing import Callable, List, Sequence

from hypothesis import strategies as st

# what readers of JSON, XML and lines trip over
NASTY = (
    b"\x00", b"\r", b"\n", b"\r\n", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xef\xbf\xbe", b"\xef\xbb\xbf",
    b"]]>", b"</data>", b"</event>", b"&", b"<", b">", b'"', b"\\", b"\\ud800", b"{", b"}", b"[" * 50,
    b"null", b"true", b"NaN", b"-1", b"0", b"1e999", b"9" * 30, b"<!DOCTYPE x>", b"<!--", b"<![CDATA[",
)  # fmt: skip


def mutations(of: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Random bytes, or one of these with up to six pieces changed."""

    @st.composite
    def mutated(draw: st.DrawFn) -> bytes:
        data = draw(st.sampled_from(list(of)))
        for _ in range(draw(st.integers(0, 6))):
            start = draw(st.integers(0, len(data)))
            end = min(len(data), start + draw(st.integers(0, 12)))
            piece = draw(st.sampled_from(NASTY) | st.binary(max_size=8) | st.just(data[start:end] * 2))
            data = data[:start] + piece + data[end:]
        return data

    return st.binary(max_size=200) | mutated()


def cost_ratio(work: Callable[[bytes], object], unit: bytes, times: int = 8) -> float:
    """How much more a byte costs in an input that many times as long; the best of five tries each."""

    def seconds(data: bytes) -> float:
        tries: List[float] = []
        for _ in range(5):
            begun = time.process_time()
            work(data)
            tries.append(time.process_time() - begun)
        return max(min(tries), 0.0005)

    return seconds(unit * times) / seconds(unit) / times
