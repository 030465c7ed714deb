//! The authorization of merged fields. Each source's rules hold for what it declares: every field of an object type
//! says its modes itself, so that types of different sources cannot open each other's fields.

use apollo_compiler::{
    Name, Node,
    ast::{Argument, Directive, Value},
    name,
};
use auth::AuthMode;

use crate::ApiConfig;

const DIRECTIVES: [&str; 6] =
    ["aws_api_key", "aws_auth", "aws_cognito_user_pools", "aws_iam", "aws_lambda", "aws_oidc"];

/// Whether this is a directive of authorization.
pub(super) fn is(directive: &Directive) -> bool {
    DIRECTIVES.contains(&directive.name.as_str())
}

/// The modes of a field in its source: its own, else those of its type, else the API's primary mode. Where that is a user
/// pool whose default action is `DENY`, the field is open to no group at all: the guide does not say what becomes of the
/// default action in a merged API [K], and merging must not open what its source keeps closed.
pub(super) fn effective(field: &[Node<Directive>], ty: &[Node<Directive>], source: &ApiConfig) -> Vec<Node<Directive>> {
    let pool = source.default_mode == AuthMode::AmazonCognitoUserPools;
    // `@aws_auth` counts only where the user pool is the one mode of its API.
    let counts = |directive: &Directive| directive.name != "aws_auth" || pool && source.additional_modes.is_empty();
    let own = |directives: &[Node<Directive>]| -> Vec<_> {
        directives.iter().filter(|directive| is(directive) && counts(directive)).map(for_any_api).collect()
    };
    let (field, ty) = (own(field), own(ty));
    match (field.is_empty(), ty.is_empty()) {
        (false, _) => field,
        (true, false) => ty,
        (true, true) => {
            let closed = source.deny_by_default && pool;
            let arguments = closed.then(|| group_argument(Vec::new())).into_iter().collect();
            vec![Node::new(Directive { name: of_mode(source.default_mode), arguments })]
        }
    }
}

/// In the merged API, which may have more modes, only the other spelling counts.
fn for_any_api(directive: &Node<Directive>) -> Node<Directive> {
    let mut directive = directive.clone();
    if directive.name == "aws_auth" {
        directive.make_mut().name = name!("aws_cognito_user_pools");
    }
    directive
}

/// The directive that stands for a mode.
pub(super) fn of_mode(mode: AuthMode) -> Name {
    match mode {
        AuthMode::ApiKey => name!("aws_api_key"),
        AuthMode::AwsIam => name!("aws_iam"),
        AuthMode::OpenidConnect => name!("aws_oidc"),
        AuthMode::AmazonCognitoUserPools => name!("aws_cognito_user_pools"),
        AuthMode::AwsLambda => name!("aws_lambda"),
    }
}

/// The modes of a field that several sources declare: whoever one of them lets in.
pub(super) fn union(all: Vec<Node<Directive>>) -> Vec<Node<Directive>> {
    let mut union: Vec<Node<Directive>> = Vec::new();
    for directive in all {
        match union.iter_mut().find(|known| known.name == directive.name) {
            Some(known) => {
                let both = groups(known).zip(groups(&directive)).map(|(one, other)| [one, other].concat());
                known.make_mut().arguments = both.map(group_argument).into_iter().collect();
            }
            None => union.push(directive),
        }
    }
    union.sort_by(|one, other| one.name.cmp(&other.name));
    union
}

/// Whether these are what a field without a directive has, too.
pub(super) fn is_default(modes: &[Node<Directive>], primary: AuthMode) -> bool {
    matches!(modes, [only] if only.name == of_mode(primary) && only.arguments.is_empty())
}

/// The Cognito groups that a directive names; `None` lets every user in.
fn groups(directive: &Directive) -> Option<Vec<Node<Value>>> {
    match &**directive.specified_argument_by_name("cognito_groups")? {
        Value::List(groups) => Some(groups.clone()),
        one => Some(vec![Node::new(one.clone())]),
    }
}

fn group_argument(groups: Vec<Node<Value>>) -> Node<Argument> {
    let mut once: Vec<Node<Value>> = Vec::with_capacity(groups.len());
    for group in groups {
        if !once.contains(&group) {
            once.push(group);
        }
    }
    Node::new(Argument { name: name!("cognito_groups"), value: Node::new(Value::List(once)) })
}
