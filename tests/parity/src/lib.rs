//! The original and ours, side by side.
//!
//! ```text
//! cases      what both programs are asked, under which configurations: data
//! side       one program with its apps and its visitor's browser
//! facts      what an exchange showed, in small named pieces (place, page, cookies take things apart)
//! judge      the original's own code, which opens and mints cookies
//! explain    which row of docs/compatibility.md explains which difference; which bugs are open
//! run        asks both sides, compares, counts
//! examples   the examples that the original's own documentation gives
//! launch     a program before whose app nobody signs in
//! startup    one way of setting a program up, and what it says to it
//! verdict    both programs' words on it, compared
//! report     the summary and the table in target/parity.md
//! ```
//!
//! A difference that no row explains fails the run. So does an explanation that explained nothing, a row that the
//! document does not have, and an open bug that no longer shows.
#![expect(clippy::missing_panics_doc, reason = "a step of a test that fails panics; that is what this crate is for")]

pub mod case;
pub mod cases;
pub mod clock;
pub mod cookies;
pub mod examples;
pub mod explain;
pub mod facts;
pub mod judge;
pub mod launch;
pub mod logs;
pub mod page;
pub mod place;
pub mod report;
pub mod run;
pub mod side;
pub mod startup;
pub mod verdict;
