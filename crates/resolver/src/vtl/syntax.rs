//! The syntax tree of a mapping template. Positions are byte offsets into the template's text.

use std::sync::Arc;

use serde_json::Number;

/// A byte offset into the template's text.
pub(super) type Offset = usize;

/// What a template is made of, in order.
pub(super) type Block = Vec<Node>;

/// A piece of a template.
#[derive(Debug)]
pub(super) enum Node {
    /// Text as it is.
    Text(Arc<str>),
    /// A reference that prints its value.
    Print(Reference),
    /// `#set(target = value)`.
    Set { target: Reference, value: Expression },
    /// `#if` and its `#elseif`s with their blocks, then the block of `#else`.
    If { branches: Vec<(Expression, Block)>, otherwise: Block },
    /// `#foreach($variable in list) block #end`.
    Foreach { variable: Arc<str>, list: Expression, block: Block, at: Offset },
    /// `#break`.
    Break,
    /// `#stop`.
    Stop,
    /// `#return` and `#return(value)`.
    Return(Option<Expression>),
}

/// `$name.step...`, in each of its four forms.
#[derive(Debug)]
pub(super) struct Reference {
    /// Without `$`.
    pub(super) name: Arc<str>,
    pub(super) steps: Vec<Step>,
    /// `$!`: prints nothing where there is no value.
    pub(super) quiet: bool,
    /// As written: what it prints where there is no value.
    pub(super) source: Arc<str>,
    /// Backslashes before it.
    pub(super) escapes: usize,
    pub(super) at: Offset,
}

/// A step from a value to one of its parts.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) kind: StepKind,
    pub(super) at: Offset,
}

/// The kinds of [`Step`].
#[derive(Debug)]
pub(super) enum StepKind {
    /// `.name`.
    Property(Arc<str>),
    /// `.name(arguments)`.
    Method(Arc<str>, Vec<Expression>),
    /// `[index]`.
    Index(Expression),
}

/// Something that has a value.
#[derive(Debug)]
pub(super) enum Expression {
    Null,
    Boolean(bool),
    Number(Number),
    /// Text without references.
    Text(Arc<str>),
    /// Double-quoted text with references or directives in it.
    Interpolated(Block),
    Reference(Reference),
    List(Vec<Expression>),
    /// `[first..last]`, both included.
    Range(Box<(Expression, Expression)>, Offset),
    Map(Vec<(Expression, Expression)>),
    Not(Box<Expression>),
    Negate(Box<Expression>),
    /// Operators of one precedence, from left to right: a flat list, so that a long sum is not a deep tree.
    Chain(Box<Expression>, Vec<(Operator, Expression)>),
}

/// Binary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}
