//! Records as the API describes them.

use serde_json::{Map, Value, json};

use crate::{client::Client, group::Group, tokens::into_map, user::User, user_pool::UserPool};

/// `UserPoolType`.
// AWS differs: `SchemaAttributes` lists the standard attributes too, and `EstimatedNumberOfUsers` is given.
pub(crate) fn user_pool(pool: &UserPool, arn: &str) -> Value {
    let mut out = into_map(json!(pool.settings));
    out.remove("PoolName");
    out.remove("Schema");
    out.insert("Id".to_owned(), pool.id.clone().into());
    out.insert("Name".to_owned(), pool.settings.pool_name.clone().into());
    out.insert("Arn".to_owned(), arn.into());
    out.insert("SchemaAttributes".to_owned(), json!(pool.settings.schema));
    out.insert("CreationDate".to_owned(), pool.created.epoch_seconds().into());
    out.insert("LastModifiedDate".to_owned(), pool.modified.epoch_seconds().into());
    if pool.settings.mfa_configuration.is_empty() {
        out.insert("MfaConfiguration".to_owned(), "OFF".into());
    }
    Value::Object(out)
}

/// `UserPoolClientType`, secret included.
pub(crate) fn client(client: &Client) -> Value {
    let mut out = into_map(json!(client.settings));
    out.remove("GenerateSecret");
    out.insert("UserPoolId".to_owned(), client.user_pool_id.clone().into());
    out.insert("ClientId".to_owned(), client.id.clone().into());
    if let Some(secret) = &client.secret {
        out.insert("ClientSecret".to_owned(), secret.expose_text().into());
    }
    if client.settings.refresh_token_validity == 0 {
        out.insert("RefreshTokenValidity".to_owned(), 30.into());
    }
    out.insert("AuthSessionValidity".to_owned(), (client.session_seconds() / 60).into());
    out.insert("EnableTokenRevocation".to_owned(), client.settings.revokes_tokens().into());
    out.insert("CreationDate".to_owned(), client.created.epoch_seconds().into());
    out.insert("LastModifiedDate".to_owned(), client.modified.epoch_seconds().into());
    out.entry("AllowedOAuthFlowsUserPoolClient").or_insert(false.into());
    Value::Object(out)
}

/// `GroupType`.
pub(crate) fn group(pool: &UserPool, group: &Group) -> Value {
    let mut out = into_map(json!(group.settings));
    out.insert("UserPoolId".to_owned(), pool.id.clone().into());
    out.insert("CreationDate".to_owned(), group.created.epoch_seconds().into());
    out.insert("LastModifiedDate".to_owned(), group.modified.epoch_seconds().into());
    Value::Object(out)
}

/// `UserType` of `AdminCreateUser` and `ListUsers`: the attributes are called `Attributes`.
pub(crate) fn user(user: &User) -> Value {
    Value::Object(user_members(user, "Attributes"))
}

/// The answer of `AdminGetUser`: the attributes are called `UserAttributes`.
pub(crate) fn admin_user(user: &User) -> Value {
    Value::Object(user_members(user, "UserAttributes"))
}

fn user_members(user: &User, attributes_member: &str) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("Username".to_owned(), user.username.clone().into());
    out.insert(attributes_member.to_owned(), attributes(user, |_| true));
    out.insert("UserCreateDate".to_owned(), user.created.epoch_seconds().into());
    out.insert("UserLastModifiedDate".to_owned(), user.modified.epoch_seconds().into());
    out.insert("Enabled".to_owned(), user.enabled.into());
    out.insert("UserStatus".to_owned(), user.status.as_str().into());
    out
}

/// The attributes for which `is_readable` holds as `[{"Name", "Value"}]`, `sub` first.
pub(crate) fn attributes(user: &User, is_readable: impl Fn(&str) -> bool) -> Value {
    let sub = json!({"Name": "sub", "Value": user.sub});
    let others = user.attributes.iter().filter(|(name, _)| is_readable(name));
    let others = others.map(|(name, value)| json!({"Name": name, "Value": value}));
    std::iter::once(sub).chain(others).collect()
}
