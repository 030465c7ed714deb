//! Functions that AppSync has and this crate does not yet: each says so when it is called.

use super::{Fault, Function};

macro_rules! missing {
    ($($path:literal),* $(,)?) => {
        &[$(($path, |_, _| Err(Fault::code(concat!($path, " is not available yet"))))),*]
    };
}

pub(super) const FUNCTIONS: &[(&str, Function)] = missing![
    "util.str.normalize",
    "util.transform.toElasticsearchQueryDSL",
    "util.xml.toJsonString",
    "util.xml.toMap",
    "rds.agg.avg",
    "rds.agg.avgDistinct",
    "rds.agg.count",
    "rds.agg.countDistinct",
    "rds.agg.max",
    "rds.agg.min",
    "rds.agg.sum",
    "rds.agg.sumDistinct",
];
