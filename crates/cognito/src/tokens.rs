//! The claims of id and access tokens.
//!
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-with-identity-providers.html>

use clock::{Clock, Timestamp};
use serde_json::{Map, Value, json};

use crate::{
    Error, client::Client, group::Group, jwt, sign_in::SignIn, signing_keys::SigningKeys, storage::Storage, user::User,
    user_pool::UserPool,
};

/// What both tokens are about.
pub(crate) struct Subject<'a> {
    pub(crate) client: &'a Client,
    pub(crate) user: &'a User,
    pub(crate) sign_in: &'a SignIn,
    pub(crate) issuer: String,
    /// The user's groups, strongest first.
    pub(crate) groups: Vec<Group>,
}

impl Subject<'_> {
    /// `AccessToken`, `IdToken`, `TokenType` and `ExpiresIn` of an `AuthenticationResult`.
    pub(crate) fn issue(&self, keys: &SigningKeys, clock: &dyn Clock) -> Result<Map<String, Value>, Error> {
        let now = clock.now();
        let access = jwt::sign(keys, &self.access_claims(now, clock.uuid()))?;
        let id = jwt::sign(keys, &self.id_claims(now, clock.uuid()))?;
        let result = json!({
            "AccessToken": access,
            "ExpiresIn": self.client.access_token_seconds(),
            "IdToken": id,
            "TokenType": "Bearer",
        });
        Ok(into_map(result))
    }

    /// Without `version`, which only access tokens of the hosted UI have.
    fn access_claims(&self, now: Timestamp, jti: String) -> Map<String, Value> {
        let mut claims = self.common_claims("access", now, self.client.access_token_seconds(), jti);
        claims.insert("client_id".to_owned(), self.client.id.clone().into());
        claims.insert("scope".to_owned(), "aws.cognito.signin.user.admin".into());
        claims.insert("username".to_owned(), self.user.username.clone().into());
        claims
    }

    fn id_claims(&self, now: Timestamp, jti: String) -> Map<String, Value> {
        let mut claims = self.common_claims("id", now, self.client.id_token_seconds(), jti);
        claims.insert("aud".to_owned(), self.client.id.clone().into());
        claims.insert("cognito:username".to_owned(), self.user.username.clone().into());
        let roles: Vec<&str> = self.groups.iter().filter_map(|group| group.settings.role_arn.as_deref()).collect();
        if let Some(preferred) = self.preferred_role() {
            claims.insert("cognito:preferred_role".to_owned(), preferred.into());
        }
        if !roles.is_empty() {
            claims.insert("cognito:roles".to_owned(), roles.into());
        }
        for (name, value) in &self.user.attributes {
            if self.client.settings.can_read(name) {
                claims.insert(name.clone(), attribute_claim(name, value));
            }
        }
        claims
    }

    fn common_claims(&self, token_use: &str, now: Timestamp, seconds: i64, jti: String) -> Map<String, Value> {
        let issued = now.0.div_euclid(1000);
        let mut claims = Map::new();
        claims.insert("sub".to_owned(), self.user.sub.clone().into());
        if !self.groups.is_empty() {
            let names: Vec<&str> = self.groups.iter().map(|group| group.settings.group_name.as_str()).collect();
            claims.insert("cognito:groups".to_owned(), names.into());
        }
        claims.insert("iss".to_owned(), self.issuer.clone().into());
        if self.client.settings.revokes_tokens() {
            claims.insert("origin_jti".to_owned(), self.sign_in.origin_jti.clone().into());
        }
        claims.insert("event_id".to_owned(), self.sign_in.event_id.clone().into());
        claims.insert("token_use".to_owned(), token_use.into());
        claims.insert("auth_time".to_owned(), self.sign_in.auth_time.0.div_euclid(1000).into());
        claims.insert("exp".to_owned(), (issued + seconds).into());
        claims.insert("iat".to_owned(), issued.into());
        claims.insert("jti".to_owned(), jti.into());
        claims
    }

    /// The role of the group with the best precedence, unless two groups share it with different roles.
    fn preferred_role(&self) -> Option<&str> {
        let best = self.groups.first()?.settings.precedence?;
        let mut roles = self
            .groups
            .iter()
            .take_while(|group| group.settings.precedence == Some(best))
            .filter_map(|group| group.settings.role_arn.as_deref());
        let role = roles.next()?;
        roles.all(|other| other == role).then_some(role)
    }
}

/// `email_verified` and `phone_number_verified` are booleans, every other attribute is text.
fn attribute_claim(name: &str, value: &str) -> Value {
    match name {
        "email_verified" | "phone_number_verified" => Value::Bool(value == "true"),
        _ => value.into(),
    }
}

/// The groups of `user` that still exist, by precedence and then by name.
pub(crate) fn groups_of(storage: &Storage, pool: &UserPool, user: &User) -> Result<Vec<Group>, Error> {
    let mut groups = Vec::with_capacity(user.groups.len());
    for name in &user.groups {
        groups.extend(storage.group(pool, name)?);
    }
    groups.sort_by_key(|group| group.settings.precedence.unwrap_or(u32::MAX));
    Ok(groups)
}

/// The members of a value that is known to be an object.
pub(crate) fn into_map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
