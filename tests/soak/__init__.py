"""Events by the million through faults and kills that a seed draws, and a ledger at the end."""
