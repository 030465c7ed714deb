//! What the built-in functions produce, at most.

use jsonata_core::ast::AstNode;

use super::size::ESCAPED;
use super::{Cost, SCALAR, Size};
use crate::jsonata::functions::MAX_RANGE;

/// The longest text of a number or a time, but for its picture.
const FORMATTED: u64 = 2_048;

/// The functions by how their result grows.
enum Growth {
    /// A number, a boolean, a digest.
    Scalar,
    /// A text no longer than this and the pictures that were given.
    Formatted,
    /// No more than all arguments together, so many times.
    Times(u64),
    /// An array of the parts of its arguments.
    Parts,
}

fn growth(name: &str) -> Option<Growth> {
    Some(match name {
        "count" | "sum" | "max" | "min" | "average" | "boolean" | "not" | "exists" | "length" | "contains"
        | "number" | "abs" | "floor" | "ceil" | "round" | "sqrt" | "power" | "type" | "millis" | "toMillis"
        | "random" | "uuid" | "hash" | "parseInteger" => Growth::Scalar,
        "now" | "fromMillis" | "formatNumber" | "formatBase" | "formatInteger" => Growth::Formatted,
        "uppercase" | "lowercase" | "trim" | "substring" | "substringBefore" | "substringAfter" | "reverse"
        | "shuffle" | "append" | "merge" | "keys" | "lookup" | "spread" | "zip" | "base64encode" | "base64decode"
        | "decodeUrl" | "decodeUrlComponent" | "parse" | "partition" => Growth::Times(4),
        "string" | "encodeUrl" | "encodeUrlComponent" => Growth::Times(ESCAPED),
        "split" => Growth::Parts,
        _ => return None,
    })
}

impl<'a> Cost<'a> {
    pub(super) fn call(
        &mut self,
        name: &'a str,
        arguments: impl Iterator<Item = &'a AstNode>,
        context: Size,
        times: u64,
    ) -> Option<Size> {
        let arguments: Vec<&AstNode> = arguments.collect();
        if self.is_bound(name) {
            return None;
        }
        match (name, arguments.as_slice()) {
            ("map" | "filter" | "single" | "each" | "sift", [items, function]) => {
                self.higher_order(name, items, function, context, times)
            }
            ("sort", [items]) => self.size(items, context, times),
            ("join", [items, separator]) => {
                let items = self.size(items, context, times)?;
                let separator = self.size(separator, context, times)?;
                Some(Size::scalar(items.bytes.saturating_add(separator.bytes.saturating_mul(items.count()))))
            }
            ("distinct", [items]) => {
                let items = self.size(items, context, times)?;
                let comparisons = items.count().saturating_mul(items.count());
                self.work = self.work.saturating_add(comparisons.saturating_mul(times));
                Some(items)
            }
            ("join", [items]) => self.size(items, context, times),
            ("range", [_, _, _]) => {
                self.all(&arguments, context, times)?;
                Some(Size::scalar(SCALAR).repeated(MAX_RANGE as u64))
            }
            _ => self.plain(growth(name)?, &arguments, context, times),
        }
    }

    fn all(&mut self, arguments: &[&'a AstNode], context: Size, times: u64) -> Option<Size> {
        let mut all = Size::scalar(SCALAR);
        for argument in arguments {
            all = all.and(self.size(argument, context, times)?);
        }
        Some(all)
    }

    fn plain(&mut self, growth: Growth, arguments: &[&'a AstNode], context: Size, times: u64) -> Option<Size> {
        // An argument that is missing may be the context.
        let all = self.all(arguments, context, times)?.and(context);
        Some(match growth {
            Growth::Scalar => Size::scalar(4 * SCALAR),
            Growth::Formatted => Size::scalar(all.bytes.saturating_add(FORMATTED)),
            Growth::Times(factor) => all.repeated(1).times(factor),
            Growth::Parts => Size { bytes: SCALAR, items: 0, item: 0 }.repeated(all.bytes),
        })
    }

    fn higher_order(
        &mut self,
        name: &str,
        items: &'a AstNode,
        function: &'a AstNode,
        context: Size,
        times: u64,
    ) -> Option<Size> {
        let items = self.size(items, context, times)?;
        let items = if matches!(name, "each" | "sift") { items.spread() } else { items };
        let AstNode::Lambda { params, body, thunk: false, .. } = function else { return None };
        let made = self.for_each(items, times, |cost, item, times| {
            let kinds = [item, Size::scalar(item.bytes.max(SCALAR)), items];
            let outside = cost.variables.len();
            cost.variables.extend(params.iter().map(String::as_str).zip(kinds));
            let size = cost.size(body, context, times);
            cost.variables.truncate(outside);
            size
        })?;
        Some(if matches!(name, "map" | "each") { made } else { items })
    }
}
