"""Taking over from the vendor's add-on: what it stores, what would become of it, and the move there and back."""
