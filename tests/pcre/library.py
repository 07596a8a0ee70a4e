"""The machine's libpcre2-8, as far as it is used here: PCRE2's C functions with their types.

The library is loaded without letting go of Python's lock (`PyDLL`): a match is short, and a switch costs more.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_uint32, c_void_p
from typing import Any

UTF = 0x00080000
NO_UTF_CHECK = 0x40000000
NEVER_BACKSLASH_C = 0x00100000
NO_JIT = 0x00002000
NOTEMPTY_ATSTART = 0x00000008
ANCHORED = 0x80000000
ENDANCHORED = 0x20000000
JIT_COMPLETE = 0x00000001
UNSET = ctypes.c_size_t(-1).value

NO_MATCH = -1
# PCRE2_ERROR_MATCHLIMIT, _DEPTHLIMIT, _JIT_STACKLIMIT, _HEAPLIMIT
LIMITS_MET = {-47: "MATCH_LIMIT", -53: "DEPTH_LIMIT", -46: "the JIT stack", -63: "the heap limit"}

_INFO_CAPTURE_COUNT, _INFO_NAME_COUNT, _INFO_NAME_ENTRY_SIZE, _INFO_NAME_TABLE = 4, 17, 18, 19
_PLACES = ("libpcre2-8.so.0", "libpcre2-8.0.dylib", "libpcre2-8.dylib")
_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "compile": (c_void_p, [c_char_p, c_size_t, c_uint32, POINTER(c_int), POINTER(c_size_t), c_void_p]),
    "code_free": (None, [c_void_p]),
    "jit_compile": (c_int, [c_void_p, c_uint32]),
    "pattern_info": (c_int, [c_void_p, c_uint32, c_void_p]),
    "get_error_message": (c_int, [c_int, c_char_p, c_size_t]),
    "match_context_create": (c_void_p, [c_void_p]),
    "set_match_limit": (c_int, [c_void_p, c_uint32]),
    "set_depth_limit": (c_int, [c_void_p, c_uint32]),
    "match_data_create_from_pattern": (c_void_p, [c_void_p, c_void_p]),
    "match_data_free": (None, [c_void_p]),
    "get_ovector_pointer": (c_void_p, [c_void_p]),
    "match": (c_int, [c_void_p, c_char_p, c_size_t, c_size_t, c_uint32, c_void_p, c_void_p]),
}


class Missing(ImportError):
    """The library is not on this machine, or not as it is needed; the text says what to do."""


def load() -> dict[str, Any]:
    """The functions by their names. Raises `Missing`."""
    found = ctypes.util.find_library("pcre2-8")
    for place in (*_PLACES, *([found] if found else [])):
        try:
            library = ctypes.PyDLL(place)
        except OSError:
            continue
        functions = {name: getattr(library, f"pcre2_{name}_8") for name in _SIGNATURES}
        for name, (result, arguments) in _SIGNATURES.items():
            functions[name].restype, functions[name].argtypes = result, arguments
        return functions
    raise Missing(
        "The tests need the library libpcre2-8: install it (Debian: apt-get install libpcre2-8-0; macOS: brew install"
        " pcre2) and run the command again."
    )


C = load()


def error_message(code: int) -> str:
    """PCRE's own words for one of its error codes."""
    text = ctypes.create_string_buffer(256)
    C["get_error_message"](code, text, len(text))
    return text.value.decode("ascii")


def capture_count(code: int) -> int:
    """How many capturing groups a compiled pattern has."""
    count = c_uint32()
    C["pattern_info"](code, _INFO_CAPTURE_COUNT, ctypes.byref(count))
    return count.value


def names(code: int) -> dict[str, int]:
    """The named groups of a compiled pattern, in the order of their numbers."""
    count, size, table = c_uint32(), c_uint32(), c_void_p()
    C["pattern_info"](code, _INFO_NAME_COUNT, ctypes.byref(count))
    C["pattern_info"](code, _INFO_NAME_ENTRY_SIZE, ctypes.byref(size))
    C["pattern_info"](code, _INFO_NAME_TABLE, ctypes.byref(table))
    found: dict[str, int] = {}
    for place in range(count.value):
        # an entry is the group's number in two bytes, then its name, ended by a zero
        entry = ctypes.string_at((table.value or 0) + place * size.value, size.value)
        found[entry[2:].split(b"\0", 1)[0].decode("utf-8")] = int.from_bytes(entry[:2], "big")
    return dict(sorted(found.items(), key=lambda item: item[1]))
