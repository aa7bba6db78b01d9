//! Only tests: see `tests/boundary`.
