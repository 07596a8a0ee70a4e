"""Regular expressions as splunkd runs them: by PCRE itself, under Splunk's two limits. Both stand-ins use it.

Rules:

- The library is the machine's own `libpcre2-8`. It is part of every Debian, whose package manager needs it.
- Limits are those of props.conf.spec and transforms.conf.spec: MATCH_LIMIT 100000, DEPTH_LIMIT 1000.
- Whether splunkd uses PCRE's JIT compiler is not published. Each match therefore runs without it and with it, with
  PCRE's own 32 KB as the JIT stack. A limit that either run meets counts.
- A limit that is met means no match, and in a series of matches the end of the series. Whoever watches (`overruns`)
  learns of it; an expression of ours that meets one is a fault.
- Texts are UTF-8; the classes `\\w`, `\\d` and `\\s` and the folding of classes are those of ASCII (PCRE's UTF without
  UCP). The newline is LF. Both are assumed of splunkd.
"""

from tests.pcre.pattern import SPLUNK, Limits, Match, Overrun, Pattern, PatternError, compile_pattern, overruns

__all__ = ["SPLUNK", "Limits", "Match", "Overrun", "Pattern", "PatternError", "compile_pattern", "overruns"]
