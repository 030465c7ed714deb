//! Who may read which field: the `@aws_*` directives of the schema against the identity of a request.
//!
//! The rules are those of the developer guide, "Configuring authorization and authentication": directives of a field
//! beat those of its type, and a field without either is open to the API's default mode only.

use apollo_compiler::{
    ast::{Directive, Value},
    schema::ObjectType,
};
use auth::{AuthMode, Identity};

use crate::ApiConfig;

/// Turns directives into [`Rule`]s.
#[derive(Debug, Clone)]
pub(crate) struct Authorizer {
    default_mode: AuthMode,
    only_mode: bool,
    deny_by_default: bool,
}

/// Whom a field is open to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    modes: Vec<AuthMode>,
    /// What user-pool callers need; meaningless where `modes` leaves them out.
    pool: PoolRule,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum PoolRule {
    Anybody,
    Nobody,
    AnyOf(Vec<String>),
}

impl Authorizer {
    /// The rules of an API's modes.
    pub(crate) fn new(config: &ApiConfig) -> Self {
        Self {
            default_mode: config.default_mode,
            only_mode: config.additional_modes.is_empty(),
            deny_by_default: config.deny_by_default,
        }
    }

    /// Whom `field` of `object` is open to.
    pub(crate) fn rule(&self, object: &ObjectType, field: &str) -> Rule {
        let of_field = object.fields.get(field).and_then(|field| self.explicit(field.directives.iter().map(|d| &**d)));
        of_field
            .or_else(|| self.explicit(object.directives.iter().map(|directive| &***directive)))
            .unwrap_or_else(|| self.implicit())
    }

    /// The rule without any directive: the default mode alone.
    fn implicit(&self) -> Rule {
        let pool = if self.deny_by_default { PoolRule::Nobody } else { PoolRule::Anybody };
        Rule { modes: vec![self.default_mode], pool }
    }

    fn explicit<'a>(&self, directives: impl Iterator<Item = &'a Directive>) -> Option<Rule> {
        let mut rule = Rule { modes: Vec::new(), pool: PoolRule::Anybody };
        for directive in directives {
            let Some(mode) = self.mode_of(directive) else { continue };
            rule.modes.push(mode);
            if mode == AuthMode::AmazonCognitoUserPools {
                rule.pool = self.pool_rule(directive);
            }
        }
        (!rule.modes.is_empty()).then_some(rule)
    }

    fn mode_of(&self, directive: &Directive) -> Option<AuthMode> {
        match directive.name.as_str() {
            "aws_api_key" => Some(AuthMode::ApiKey),
            "aws_iam" => Some(AuthMode::AwsIam),
            "aws_oidc" => Some(AuthMode::OpenidConnect),
            "aws_lambda" => Some(AuthMode::AwsLambda),
            "aws_cognito_user_pools" => Some(AuthMode::AmazonCognitoUserPools),
            // It counts only where the user pool is the one mode of the API.
            "aws_auth" if self.only_mode && self.default_mode == AuthMode::AmazonCognitoUserPools => {
                Some(AuthMode::AmazonCognitoUserPools)
            }
            _ => None,
        }
    }

    fn pool_rule(&self, directive: &Directive) -> PoolRule {
        let groups = directive.specified_argument_by_name("cognito_groups").filter(|groups| !groups.is_null());
        let default_denies = self.deny_by_default && self.default_mode == AuthMode::AmazonCognitoUserPools;
        match groups.map(|groups| &**groups) {
            Some(Value::List(groups)) => {
                PoolRule::AnyOf(groups.iter().filter_map(|group| group.as_str()).map(str::to_owned).collect())
            }
            Some(Value::String(group)) => PoolRule::AnyOf(vec![group.clone()]),
            // `@aws_cognito_user_pools` without groups opens the field even where the default action is DENY [M].
            _ if default_denies && directive.name == "aws_auth" => PoolRule::Nobody,
            _ => PoolRule::Anybody,
        }
    }
}

impl Rule {
    /// A rule that is open to everybody with a valid credential: introspection and `__typename`.
    pub(crate) fn open() -> Self {
        use AuthMode::{AmazonCognitoUserPools, ApiKey, AwsIam, AwsLambda, OpenidConnect};
        Self { modes: vec![ApiKey, AwsIam, OpenidConnect, AmazonCognitoUserPools, AwsLambda], pool: PoolRule::Anybody }
    }

    /// Whether `identity` may read the field called `field` of `parent`.
    pub(crate) fn allows(&self, identity: &Identity, parent: &str, field: &str) -> bool {
        if !self.modes.contains(&identity.mode()) {
            return false;
        }
        match identity {
            Identity::UserPool(user) => match &self.pool {
                PoolRule::Anybody => true,
                PoolRule::Nobody => false,
                PoolRule::AnyOf(groups) => user.groups.iter().any(|group| groups.contains(group)),
            },
            Identity::Lambda(lambda) => {
                !lambda.denied_fields.iter().any(|denied| denied.split_once('.') == Some((parent, field)))
            }
            _ => true,
        }
    }
}

/// The message of a denied field.
pub(crate) fn denial(field: &str, on_type: &str) -> String {
    format!("Not Authorized to access {field} on type {on_type}")
}

/// A text that is the same for identities that may read the same fields.
pub(crate) fn class(identity: &Identity) -> String {
    match identity {
        Identity::UserPool(user) => format!("{:?} {:?}", identity.mode(), user.groups),
        Identity::Lambda(lambda) => format!("{:?} {:?}", identity.mode(), lambda.denied_fields),
        _ => format!("{:?}", identity.mode()),
    }
}
