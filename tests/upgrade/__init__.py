"""The package of a former commit, the present one put over it, and the former one put back."""
