//! The tests are in `tests/e2e`: one program, so that it is linked once and shares its providers; one file per behaviour.
