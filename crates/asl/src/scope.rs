//! What an evaluation may see: data, context object, variables, and a seed for the functions that are random.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::data::Data;

/// Workflow variables by name, without the leading `$`.
pub type Variables = BTreeMap<Arc<str>, Data>;

/// A context object, whose parts are made when something reads them: it holds the execution's whole input, and most
/// fields read none of it.
pub trait Context: fmt::Debug {
    /// All of it, an object.
    fn data(&self) -> &Data;

    /// An object that has this member if the whole has it; of the others it may lack some.
    fn with_member(&self, _name: &str) -> &Data {
        self.data()
    }
}

impl Context for Data {
    fn data(&self) -> &Data {
        self
    }
}

/// Everything that a path, template, rule or expression may read.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// `$` of a path, `$states.input` of an expression. The caller passes what applies: in JSONPath the effective input
    /// for `Parameters`, the result for `ResultSelector`, and so on; in JSONata always the state's input.
    pub input: &'a Data,
    /// `$$` and `$states.context`.
    pub context: &'a dyn Context,
    /// `$name`.
    pub variables: &'a Variables,
    /// `$states.result`: JSONata only, in `Output` and `Assign` of Task, Map and Parallel.
    pub result: Option<&'a Data>,
    /// `$states.errorOutput`: JSONata only, in a catcher.
    pub error_output: Option<&'a Data>,
    /// Feeds `States.UUID`, `States.MathRandom`, `$uuid` and `$random`.
    pub random: &'a Random,
    /// Milliseconds since 1970 for JSONata's `$now` and `$millis`.
    pub now_millis: i64,
}

/// A deterministic stream of random numbers: the same seed gives the same stream.
#[derive(Debug)]
pub struct Random(Cell<u64>);

impl Random {
    /// A stream from a seed.
    pub fn new(seed: u64) -> Self {
        Self(Cell::new(seed))
    }

    /// The next 64 bits (SplitMix64).
    pub fn next_u64(&self) -> u64 {
        let state = self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The next number in `0.0..1.0`.
    pub fn next_f64(&self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }
}
