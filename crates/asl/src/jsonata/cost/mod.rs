//! How much an expression may produce, judged from its text and the sizes of what it reads, before it runs.
//!
//! [`bound`] is an upper bound, never an estimate: what it cannot bound (recursion, `$reduce`, joins, transforms) counts
//! as endless. Expressions within [`MOST_WORK`] may run where nothing else stops them; the others go into the sandbox.

mod call;
mod size;

use jsonata_core::ast::{AstNode, BinaryOp, PathStep, Stage};

pub(super) use size::Size;

use super::Query;

/// How many bytes an expression may produce on its way, all intermediate values together.
const MOST_WORK: u64 = 64 << 20;
/// How many nodes are looked at; the body of a loop is looked at twice.
const MOST_NODES: usize = 20_000;
/// How deep nodes may nest.
const MOST_DEPTH: usize = 200;
/// What a number, a boolean or null takes up.
const SCALAR: u64 = 32;
/// How often a value may occur again among the descendants of one that holds it.
const NESTING: u64 = crate::data::MAX_DEPTH as u64;

/// Whether no evaluation of this expression can produce much.
pub(super) fn is_small(ast: &AstNode, query: &Query<'_>) -> bool {
    let root = query.root.map_or(Size::default(), |data| Size::of(data.value()));
    let states = query.states().fold(Size::scalar(0), |all, (_, data)| all.and(Size::of(data.value())));
    let mut variables = vec![("states", states)];
    variables.extend(query.scope.variables.iter().map(|(name, data)| (&**name, Size::of(data.value()))));
    let mut cost = Cost { variables, work: 0, nodes: 0, depth: 0 };
    let context = if query.root.is_some() { root } else { Size::default() };
    cost.size(ast, context, 1).is_some() && cost.work <= MOST_WORK
}

struct Cost<'a> {
    /// Each binding met so far. A name that is bound again may mean any of its values.
    variables: Vec<(&'a str, Size)>,
    work: u64,
    nodes: usize,
    depth: usize,
}

impl<'a> Cost<'a> {
    /// The most that the value of a node takes up when it is evaluated `times` times over contexts no larger than this.
    fn size(&mut self, node: &'a AstNode, context: Size, times: u64) -> Option<Size> {
        self.nodes += 1;
        self.depth += 1;
        let within = self.nodes <= MOST_NODES && self.depth <= MOST_DEPTH && self.work <= MOST_WORK;
        let size = if within { self.of_node(node, context, times) } else { None };
        self.depth -= 1;
        let size = size?;
        self.work = self.work.saturating_add(size.bytes.saturating_mul(times));
        Some(size)
    }

    fn of_node(&mut self, node: &'a AstNode, context: Size, times: u64) -> Option<Size> {
        Some(match node {
            AstNode::String(text) => Size::scalar(text.len() as u64),
            AstNode::Number(_) | AstNode::Boolean(_) | AstNode::Null | AstNode::Undefined => Size::scalar(SCALAR),
            AstNode::Name(_) => context,
            AstNode::Wildcard => context.spread(),
            AstNode::Variable(name) if name.is_empty() => context,
            AstNode::Variable(name) => self.lookup(name),
            AstNode::Descendant => context.times(NESTING),
            AstNode::Path { steps } => return self.path(steps, context, times),
            AstNode::Binary { op, lhs, rhs } => return self.binary(*op, lhs, rhs, context, times),
            AstNode::Unary { operand, .. } => {
                self.size(operand, context, times)?;
                Size::scalar(SCALAR)
            }
            AstNode::Function { name, args, .. } => return self.call(name, args.iter(), context, times),
            AstNode::Array(items) | AstNode::ArrayGroup(items) => return self.array(items, context, times),
            AstNode::Object(pairs) => return self.object(pairs, context, times),
            AstNode::ObjectTransform { input, pattern } => {
                let input = self.size(input, context, times)?;
                let groups = input.count();
                self.object(pattern, input, times.saturating_mul(groups))?.times(groups)
            }
            AstNode::Block(statements) => return self.block(statements, context, times),
            AstNode::Conditional { condition, then_branch, else_branch } => {
                self.size(condition, context, times)?;
                let then = self.size(then_branch, context, times)?;
                match else_branch {
                    Some(branch) => then.or(self.size(branch, context, times)?),
                    None => then,
                }
            }
            AstNode::FunctionApplication(body) => return self.size(body, context, times),
            AstNode::Sort { input, terms } => {
                let input = self.size(input, context, times)?;
                for (term, _) in terms {
                    self.size(term, input.element(), times.saturating_mul(input.comparisons()))?;
                }
                input
            }
            // Functions as values can recurse, patterns can try for ever; parents and transforms copy what they find.
            AstNode::Regex { .. }
            | AstNode::Lambda { .. }
            | AstNode::Call { .. }
            | AstNode::Placeholder
            | AstNode::Parent(_)
            | AstNode::ParentVariable(_)
            | AstNode::Transform { .. } => return None,
        })
    }

    fn lookup(&self, name: &str) -> Size {
        let bound = self.variables.iter().filter(|(found, _)| *found == name);
        bound.fold(Size::scalar(0), |all, (_, size)| all.or(*size))
    }

    fn is_bound(&self, name: &str) -> bool {
        self.variables.iter().any(|(found, _)| *found == name)
    }

    fn path(&mut self, steps: &'a [PathStep], context: Size, times: u64) -> Option<Size> {
        let mut current = context;
        for step in steps {
            if step.focus.is_some() || step.index_var.is_some() || step.ancestor_label.is_some() {
                return None;
            }
            current = match &step.node {
                AstNode::Name(_) | AstNode::String(_) | AstNode::Wildcard | AstNode::Variable(_) => {
                    self.size(&step.node, current, times)?
                }
                node => self.each(node, current, times)?,
            };
            for stage in &step.stages {
                match stage {
                    Stage::Filter(condition) => drop(self.each(condition, current, times)?),
                    Stage::KeepArray => {}
                    _ => return None,
                }
            }
        }
        Some(current)
    }

    /// A node evaluated for each item of a sequence, or for a value that is none.
    fn each(&mut self, node: &'a AstNode, over: Size, times: u64) -> Option<Size> {
        self.for_each(over, times, |cost, item, times| cost.size(node, item, times))
    }

    /// What `body` makes of each item of `over`, or of the whole where that is no array.
    fn for_each(
        &mut self,
        over: Size,
        times: u64,
        mut body: impl FnMut(&mut Self, Size, u64) -> Option<Size>,
    ) -> Option<Size> {
        let alone = body(self, over, times)?;
        if over.items == 0 {
            return Some(alone);
        }
        let count = over.count();
        let one = body(self, over.element(), times.saturating_mul(count))?;
        Some(one.repeated(count).or(alone))
    }

    fn binary(
        &mut self,
        op: BinaryOp,
        left: &'a AstNode,
        right: &'a AstNode,
        context: Size,
        times: u64,
    ) -> Option<Size> {
        match op {
            BinaryOp::ChainPipe => {
                let AstNode::Function { name, args, .. } = right else { return None };
                return self.call(name, std::iter::once(left).chain(args), context, times);
            }
            // A binding that is no statement of a block may be made again in each round of a loop.
            BinaryOp::ColonEqual | BinaryOp::FocusBind | BinaryOp::IndexBind => return None,
            BinaryOp::Range => return self.range(left, right, context, times),
            _ => {}
        }
        let sizes = (self.size(left, context, times)?, self.size(right, context, times)?);
        Some(match op {
            BinaryOp::Concatenate => Size::scalar(as_text(left, sizes.0).saturating_add(as_text(right, sizes.1))),
            BinaryOp::Coalesce | BinaryOp::Default => sizes.0.or(sizes.1),
            _ => Size::scalar(SCALAR),
        })
    }

    fn range(&mut self, first: &'a AstNode, last: &'a AstNode, context: Size, times: u64) -> Option<Size> {
        self.size(first, context, times)?;
        self.size(last, context, times)?;
        let (AstNode::Number(first), AstNode::Number(last)) = (first, last) else { return None };
        Some(Size::scalar(SCALAR).repeated((last - first + 1.0).max(0.0) as u64))
    }

    fn array(&mut self, items: &'a [AstNode], context: Size, times: u64) -> Option<Size> {
        let mut all = Size::scalar(SCALAR);
        for item in items {
            all = all.and(self.size(item, context, times)?.repeated(1));
        }
        Some(all)
    }

    fn object(&mut self, pairs: &'a [(AstNode, AstNode)], context: Size, times: u64) -> Option<Size> {
        let mut all = Size::scalar(SCALAR);
        for (key, value) in pairs {
            all = all.and(self.size(key, context, times)?).and(self.size(value, context, times)?);
        }
        Some(all)
    }

    fn block(&mut self, statements: &'a [AstNode], context: Size, times: u64) -> Option<Size> {
        let mut last = Size::scalar(SCALAR);
        for statement in statements {
            last = match statement {
                AstNode::Binary { op: BinaryOp::ColonEqual, lhs, rhs } => {
                    let AstNode::Variable(name) = &**lhs else { return None };
                    let size = self.size(rhs, context, times)?;
                    self.variables.push((name, size));
                    size
                }
                statement => self.size(statement, context, times)?,
            };
        }
        Some(last)
    }
}

/// The length of a value as text: a string is its own text, everything else is written as JSON with its strings escaped.
fn as_text(node: &AstNode, size: Size) -> u64 {
    match node {
        AstNode::String(_) | AstNode::Binary { op: BinaryOp::Concatenate, .. } => size.bytes,
        _ => size.bytes.saturating_mul(size::ESCAPED),
    }
}

#[cfg(test)]
mod tests {
    use jsonata_core::parser;
    use serde_json::json;

    use super::is_small;
    use crate::data::Data;
    use crate::jsonata::Query;
    use crate::scope::{Random, Scope, Variables};

    #[test]
    fn everyday_expressions_are_small_and_what_may_grow_is_not() {
        let items: Vec<_> = (0..2_000).map(|n| json!({ "id": n, "name": format!("item {n}"), "price": 2.5 })).collect();
        let input = Data::from_value(json!({ "items": items, "text": "t".repeat(50_000), "ids": [1, 2, 3] }));
        let (variables, random) = (Variables::from([("limit".into(), Data::from_value(json!(10)))]), Random::new(1));
        let scope = Scope {
            input: &input,
            context: &input,
            variables: &variables,
            result: None,
            error_output: None,
            random: &random,
            now_millis: 0,
        };
        let judge = |source: &str| {
            let ast = parser::parse(source).unwrap_or_else(|error| panic!("{source}: {error}"));
            is_small(&ast, &Query { source, root: None, scope: &scope })
        };
        for source in [
            "$states.input.items.{'id': id, 'total': price * 2}",
            "$map($states.input.items, function($v, $i){ {'at': $i, 'label': $v.name & '/' & $v.id} })",
            "$filter($states.input.items, function($v){ $v.price > $limit })",
            "$sum($states.input.items.price)",
            "$join($states.input.items.name, ', ')",
            "$states.input.items[price > 2 and $contains(name, '1')]^(>id)[0]",
            "( $n := $count($states.input.items); $n > 0 ? $states.input.items[0] : {} )",
            "$string($states.input) & $states.input.text",
            "$merge([$states.input, {'done': true}])",
            "[1..100].($ * 2)",
        ] {
            assert!(judge(source), "{source}");
        }
        for source in [
            "( $f := function($n){ $f($n) }; $f(1) )",
            "$reduce($states.input.items, function($a, $b){ $a & $b })",
            "$states.input.items.($states.input.text)",
            "$states.input.items.($states.input.items.id)",
            "[1..10000000]",
            "[1..$limit]",
            "$pad('x', $limit)",
            "$replace('x', /x/, 'y')",
            "$map($states.input.ids, $string)",
            "$states.input.items@$i.($i)",
            "( $sum := function($x){ $x }; $sum(1) )",
            &format!("( $a := 'x'; {} $a )", "$a := $a & $a; ".repeat(30)),
        ] {
            assert!(!judge(source), "{source}");
        }
    }
}
