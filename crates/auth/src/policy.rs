//! IAM policy documents: does a list of statements allow an action on a resource?
//!
//! "IAM JSON policy elements reference" and "Policy evaluation logic" of the IAM user guide, for identity policies.

use serde::Deserialize;
use serde_json::Value;

/// Statements of one or more policy documents. The default allows nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Policy {
    statements: Vec<Statement>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    effect: Effect,
    #[serde(default)]
    action: Option<OneOrMany>,
    #[serde(default)]
    not_action: Option<OneOrMany>,
    #[serde(default)]
    resource: Option<OneOrMany>,
    #[serde(default)]
    not_resource: Option<OneOrMany>,
    #[serde(default)]
    condition: Option<Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// A policy document that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It has not the shape of a policy document.
    #[error("no IAM policy document: {0}")]
    Shape(#[from] serde_json::Error),
    /// A statement needs both.
    #[error("statement {0} needs Action or NotAction, and Resource or NotResource")]
    Incomplete(usize),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    statement: Statements,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Statements {
    Many(Vec<Statement>),
    One(Box<Statement>),
}

impl Policy {
    /// Everything.
    pub fn allow_all() -> Self {
        let all = || Some(OneOrMany::One("*".to_owned()));
        let statement = Statement {
            effect: Effect::Allow,
            action: all(),
            not_action: None,
            resource: all(),
            not_resource: None,
            condition: None,
        };
        Self { statements: vec![statement] }
    }

    /// Adds the statements of a policy document. A statement with a `Condition` allows nothing here, because the
    /// condition cannot be judged, and denies as if the condition held; the log says so.
    ///
    /// # Errors
    /// A document of another shape.
    pub fn add(&mut self, document: &Value) -> Result<(), Error> {
        let Document { statement } = Document::deserialize(document)?;
        let statements = match statement {
            Statements::Many(statements) => statements,
            Statements::One(statement) => vec![*statement],
        };
        for (index, statement) in statements.iter().enumerate() {
            let complete = (statement.action.is_some() != statement.not_action.is_some())
                && (statement.resource.is_some() != statement.not_resource.is_some());
            if !complete {
                return Err(Error::Incomplete(index));
            }
            if statement.condition.is_some() {
                tracing::warn!(index, "a policy statement has a Condition, which is not judged here: it never allows");
            }
        }
        self.statements.extend(statements);
        Ok(())
    }

    /// Whether some statement allows `action` (`appsync:GraphQL`) on `resource` (an ARN) and none denies it.
    pub fn allows(&self, action: &str, resource: &str) -> bool {
        let mut allowed = false;
        for statement in self.statements.iter().filter(|statement| statement.covers(action, resource)) {
            match statement.effect {
                Effect::Deny => return false,
                Effect::Allow => allowed |= statement.condition.is_none(),
            }
        }
        allowed
    }
}

impl Statement {
    fn covers(&self, action: &str, resource: &str) -> bool {
        let action_covered = match (&self.action, &self.not_action) {
            // Actions are compared without regard to case, ARNs with it.
            (Some(patterns), _) => patterns.any_match(action, true),
            (None, Some(patterns)) => !patterns.any_match(action, true),
            (None, None) => false,
        };
        let resource_covered = match (&self.resource, &self.not_resource) {
            (Some(patterns), _) => patterns.any_match(resource, false),
            (None, Some(patterns)) => !patterns.any_match(resource, false),
            (None, None) => false,
        };
        action_covered && resource_covered
    }
}

impl OneOrMany {
    fn any_match(&self, text: &str, ignore_case: bool) -> bool {
        let one = |pattern: &String| {
            if ignore_case {
                glob(&pattern.to_ascii_lowercase(), &text.to_ascii_lowercase())
            } else {
                glob(pattern, text)
            }
        };
        match self {
            Self::One(pattern) => one(pattern),
            Self::Many(patterns) => patterns.iter().any(one),
        }
    }
}

/// `*` stands for any run of characters, `?` for one. Never looks at a character more often than once per `*`.
fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, t));
                p += 1;
            }
            Some(&c) if c == b'?' || c == text[t] => (p, t) = (p + 1, t + 1),
            _ => match retry {
                Some((after_star, from)) => {
                    retry = Some((after_star, from + 1));
                    (p, t) = (after_star, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|&c| c == b'*')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FIELD: &str = "arn:aws:appsync:us-east-1:000000000000:apis/a/types/Mutation/fields/publish";

    fn policy(statements: Value) -> Policy {
        let mut policy = Policy::default();
        policy.add(&json!({ "Version": "2012-10-17", "Statement": statements })).expect("a document");
        policy
    }

    #[test]
    fn nothing_is_allowed_unless_said() {
        assert!(!Policy::default().allows("appsync:GraphQL", FIELD));
        assert!(Policy::allow_all().allows("appsync:GraphQL", FIELD));
    }

    #[test]
    fn statements_decide_by_action_and_resource() {
        let allow =
            |action: Value, resource: Value| json!({ "Effect": "Allow", "Action": action, "Resource": resource });
        let cases = [
            (allow(json!("appsync:GraphQL"), json!(FIELD)), true),
            (allow(json!(["s3:*", "APPSYNC:graphql"]), json!(["*"])), true),
            (allow(json!("appsync:*"), json!("arn:aws:appsync:*:*:apis/a/*")), true),
            (allow(json!("appsync:Graph?L"), json!("*fields/publish")), true),
            (allow(json!("appsync:GraphQL"), json!("arn:aws:appsync:*:*:apis/b/*")), false),
            (allow(json!("appsync:GraphQ"), json!("*")), false),
            (json!({ "Effect": "Allow", "NotAction": "s3:*", "Resource": "*" }), true),
            (json!({ "Effect": "Allow", "NotAction": "appsync:*", "Resource": "*" }), false),
            (json!({ "Effect": "Allow", "Action": "*", "NotResource": "*/publish" }), false),
            (json!({ "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": { "Bool": {} } }), false),
        ];
        for (statement, allowed) in cases {
            assert_eq!(policy(statement.clone()).allows("appsync:GraphQL", FIELD), allowed, "{statement}");
        }
    }

    #[test]
    fn a_denial_wins_wherever_it_stands() {
        let allow = json!({ "Effect": "Allow", "Action": "*", "Resource": "*" });
        let deny = json!({ "Effect": "Deny", "Action": "appsync:*", "Resource": "*/publish" });
        assert!(!policy(json!([allow, deny])).allows("appsync:GraphQL", FIELD));
        assert!(!policy(json!([deny, allow])).allows("appsync:GraphQL", FIELD));
        assert!(policy(json!([deny, allow])).allows("appsync:GraphQL", "arn:aws:appsync:r:a:apis/a"));
    }

    #[test]
    fn other_documents_are_refused() {
        let mut policy = Policy::default();
        assert!(matches!(policy.add(&json!({})), Err(Error::Shape(_))));
        let no_resource = json!({ "Statement": { "Effect": "Allow", "Action": "*" } });
        assert!(matches!(policy.add(&no_resource), Err(Error::Incomplete(0))));
    }

    #[test]
    fn many_stars_take_no_exponential_time() {
        assert!(!glob(&"*a".repeat(200), &"a".repeat(199)));
        assert!(glob(&"*a".repeat(200), &"ba".repeat(200)));
    }
}
