"""Splunk's search-time operations over an app's conf files: its knowledge objects, tested without a Splunk.

Rules: what is done here is what Splunk's documentation says, each module naming the page; where the documentation is
silent or says two things, or where something was not built, the evaluator raises `Refused` with file, stanza and key
instead of guessing. It imports nothing of the product.

What it does not know, and does not notice:

- Which PCRE Splunk has, and what permissions, other apps, system defaults, search modes and distributed search do. One
  app is all it sees, with the defaults of the specs.
- Numbers beyond 2**53, and the digits that Splunk prints of a fraction (15 here).
- KV_MODE = json: an event that is not JSON to its end gives no field, though a Splunk may give the beginning of one
  that was cut off by TRUNCATE; a name that comes twice in an object gives two values; an empty string gives no field
  unless `keep_empty_json` (the specs say "autokv ignores" empty values and do not say whether JSON is meant: try
  both).
- The three ceilings apply as their specs word them: characters for `maxchars`, bytes for `extraction_cutoff`, fields
  for `limit`, in the order in which the event has them. `spath()` and `json_extract()` are not bound by any of them.
- A word in the search of an event type is bounded by what is not alphanumeric; segmenters.conf is not read.
- An EXTRACT, and a REPORT without MV_ADD, keeps a field that is there already.
- An EVAL whose result is null leaves a field that is there as it is.
- Lookups: an empty cell is no value, equal values of several rows all come, rows are matched in file order.
- What an expression costs is counted for the branches that were computed.
"""

from tests.searchtime.event import Ceilings, Cost, Event, Result
from tests.searchtime.expression.scope import Settings
from tests.searchtime.knowledge import Knowledge
from tests.searchtime.refusal import Refused
from tests.searchtime.sequence import SearchTime

__all__ = ["Ceilings", "Cost", "Event", "Knowledge", "Refused", "Result", "SearchTime", "Settings"]
