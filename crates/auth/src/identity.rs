//! Who a GraphQL request comes from, as AppSync tells resolvers through `ctx.identity`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::policy::Policy;

/// The authorization mode that accepted a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthMode {
    /// `x-api-key`.
    ApiKey,
    /// Signature Version 4.
    AwsIam,
    /// A token of an OpenID Connect provider.
    OpenidConnect,
    /// A token of a Cognito user pool.
    AmazonCognitoUserPools,
    /// A token that a Lambda function judged.
    AwsLambda,
}

/// A verified caller of a GraphQL API.
#[derive(Debug, Clone)]
pub enum Identity {
    /// An API key: `ctx.identity` is null.
    ApiKey,
    /// An IAM principal and what its policies allow.
    Iam(Arc<IamIdentity>),
    /// An OpenID Connect user.
    Oidc(Arc<OidcIdentity>),
    /// A Cognito user.
    UserPool(Arc<UserPoolIdentity>),
    /// What a Lambda authorizer answered.
    Lambda(Arc<LambdaIdentity>),
}

/// An IAM principal.
#[derive(Debug, Clone, PartialEq)]
pub struct IamIdentity {
    /// Twelve digits.
    pub account: String,
    /// For example `arn:aws:iam::000000000000:user/demo`.
    pub user_arn: String,
    /// The principal id: `AIDA...` for users, `AROA...:session` for roles.
    pub username: String,
    /// Addresses the request came through, the client's first.
    pub source_ip: Vec<String>,
    /// The identity pool that issued the credentials, if one did.
    pub cognito: Option<CognitoIdentity>,
    /// What the principal may do.
    pub policy: Policy,
}

/// The identity-pool part of an IAM identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CognitoIdentity {
    /// `region:uuid`.
    pub pool_id: String,
    /// `region:uuid`.
    pub identity_id: String,
    /// Signed in, or a guest.
    pub authenticated: bool,
    /// `"provider","provider:CognitoSignIn:sub"`; empty for guests.
    pub provider: String,
}

/// An OpenID Connect user.
#[derive(Debug, Clone, PartialEq)]
pub struct OidcIdentity {
    /// The `sub` claim.
    pub sub: String,
    /// The `iss` claim.
    pub issuer: String,
    /// Every claim of the token.
    pub claims: Map<String, Value>,
}

/// A Cognito user.
#[derive(Debug, Clone, PartialEq)]
pub struct UserPoolIdentity {
    /// The `sub` claim.
    pub sub: String,
    /// The `iss` claim.
    pub issuer: String,
    /// `cognito:username` of an id token, `username` of an access token.
    pub username: String,
    /// `cognito:groups`.
    pub groups: Vec<String>,
    /// Every claim of the token.
    pub claims: Map<String, Value>,
    /// Addresses the request came through, the client's first.
    pub source_ip: Vec<String>,
    /// `ALLOW` or `DENY` where the pool is the API's default mode.
    pub default_auth_strategy: Option<&'static str>,
}

/// What a Lambda authorizer answered.
#[derive(Debug, Clone, PartialEq)]
pub struct LambdaIdentity {
    /// Flat key-value pairs for resolvers, and for handlers of Event APIs (`handlerContext`).
    pub resolver_context: Map<String, Value>,
    /// `Type.field` names of the API that are forced to null.
    pub denied_fields: Vec<String>,
}

impl Identity {
    /// The mode that this identity was accepted by.
    pub fn mode(&self) -> AuthMode {
        match self {
            Self::ApiKey => AuthMode::ApiKey,
            Self::Iam(_) => AuthMode::AwsIam,
            Self::Oidc(_) => AuthMode::OpenidConnect,
            Self::UserPool(_) => AuthMode::AmazonCognitoUserPools,
            Self::Lambda(_) => AuthMode::AwsLambda,
        }
    }

    /// The Cognito groups of the caller; empty for every other mode.
    pub fn groups(&self) -> &[String] {
        match self {
            Self::UserPool(user) => &user.groups,
            _ => &[],
        }
    }

    /// The value of `ctx.identity` (AppSync developer guide, "Resolver context object reference").
    pub fn to_context(&self) -> Value {
        match self {
            Self::ApiKey => Value::Null,
            Self::Iam(iam) => iam.to_context(),
            Self::Oidc(user) => json!({ "sub": user.sub, "issuer": user.issuer, "claims": user.claims }),
            Self::UserPool(user) => json!({
                "sub": user.sub,
                "issuer": user.issuer,
                "username": user.username,
                "claims": user.claims,
                "sourceIp": user.source_ip,
                "defaultAuthStrategy": user.default_auth_strategy,
                "groups": (!user.groups.is_empty()).then_some(&user.groups),
            }),
            Self::Lambda(lambda) => json!({ "resolverContext": lambda.resolver_context }),
        }
    }

    /// The same for handlers of an Event API ("AWS AppSync Event API context reference", Events guide).
    pub fn to_event_context(&self) -> Value {
        match self {
            Self::Lambda(lambda) => json!({ "handlerContext": lambda.resolver_context }),
            other => other.to_context(),
        }
    }
}

impl IamIdentity {
    fn to_context(&self) -> Value {
        let cognito = self.cognito.as_ref();
        json!({
            "accountId": self.account,
            "cognitoIdentityPoolId": cognito.map(|c| &c.pool_id),
            "cognitoIdentityId": cognito.map(|c| &c.identity_id),
            "sourceIp": self.source_ip,
            "username": self.username,
            "userArn": self.user_arn,
            "cognitoIdentityAuthType": cognito.map(|c| if c.authenticated { "authenticated" } else { "unauthenticated" }),
            // Null for guests, as API Gateway has it [M].
            "cognitoIdentityAuthProvider": cognito.map(|c| &c.provider).filter(|provider| !provider.is_empty()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims() -> Map<String, Value> {
        Map::from_iter([("sub".to_owned(), json!("s"))])
    }

    fn iam(cognito: Option<CognitoIdentity>) -> Identity {
        Identity::Iam(Arc::new(IamIdentity {
            account: "000000000000".into(),
            user_arn: "arn:aws:iam::000000000000:user/demo".into(),
            username: "AIDADEMO".into(),
            source_ip: vec!["10.0.0.1".into()],
            cognito,
            policy: Policy::default(),
        }))
    }

    fn pool(groups: &[&str], default_auth_strategy: Option<&'static str>) -> Identity {
        Identity::UserPool(Arc::new(UserPoolIdentity {
            sub: "s".into(),
            issuer: "i".into(),
            username: "ada".into(),
            groups: groups.iter().map(|group| (*group).to_owned()).collect(),
            claims: claims(),
            source_ip: vec!["10.0.0.1".into()],
            default_auth_strategy,
        }))
    }

    /// "Resolver context object reference", AppSync developer guide.
    #[test]
    fn each_mode_has_a_shape_of_its_own() {
        let guest = |provider: &str, authenticated| CognitoIdentity {
            pool_id: "r:pool".into(),
            identity_id: "r:identity".into(),
            authenticated,
            provider: provider.into(),
        };
        let with_iam = |pool: Value, identity: Value, kind: Value, provider: Value| {
            json!({ "accountId": "000000000000", "cognitoIdentityPoolId": pool, "cognitoIdentityId": identity,
                "sourceIp": ["10.0.0.1"], "username": "AIDADEMO", "userArn": "arn:aws:iam::000000000000:user/demo",
                "cognitoIdentityAuthType": kind, "cognitoIdentityAuthProvider": provider })
        };
        let with_pool = |groups: Value, strategy: Value| {
            json!({ "sub": "s", "issuer": "i", "username": "ada", "claims": { "sub": "s" }, "sourceIp": ["10.0.0.1"],
                "defaultAuthStrategy": strategy, "groups": groups })
        };
        let oidc = OidcIdentity { sub: "s".into(), issuer: "i".into(), claims: claims() };
        let lambda = LambdaIdentity { resolver_context: claims(), denied_fields: vec!["Query.a".into()] };
        let null = || Value::Null;
        let cases = [
            (Identity::ApiKey, Value::Null),
            (iam(None), with_iam(null(), null(), null(), null())),
            (
                iam(Some(guest("", false))),
                with_iam(json!("r:pool"), json!("r:identity"), json!("unauthenticated"), null()),
            ),
            (
                iam(Some(guest("p", true))),
                with_iam(json!("r:pool"), json!("r:identity"), json!("authenticated"), json!("p")),
            ),
            (Identity::Oidc(Arc::new(oidc)), json!({ "sub": "s", "issuer": "i", "claims": { "sub": "s" } })),
            (pool(&[], None), with_pool(null(), null())),
            (pool(&["a", "b"], Some("DENY")), with_pool(json!(["a", "b"]), json!("DENY"))),
            (Identity::Lambda(Arc::new(lambda)), json!({ "resolverContext": { "sub": "s" } })),
        ];
        for (identity, context) in cases {
            assert_eq!(identity.to_context(), context, "{:?}", identity.mode());
        }
    }
}
