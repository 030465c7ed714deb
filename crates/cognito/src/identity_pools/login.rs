//! `Logins`: a map from a provider's name to an id token.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    Denial, Error,
    access_token::{is_current, text, verify},
    identity_pools::{IdentityPool, IdentityPools},
};

/// The `Logins` of a request; empty for guests.
pub(super) type Logins = BTreeMap<String, String>;

/// A verified login.
pub(super) struct Login {
    /// `cognito-idp.REGION.amazonaws.com/POOL`.
    pub(super) provider: String,
    pub(super) sub: String,
}

/// The verified login of a request; `None` for a guest, where the pool has guests.
pub(super) async fn check(pools: &IdentityPools, pool: &IdentityPool, logins: &Logins) -> Result<Option<Login>, Error> {
    let Some((provider, token)) = logins.first_key_value() else {
        let allowed = pool.settings.allow_unauthenticated_identities;
        return if allowed { Ok(None) } else { Err(Denial::UnauthenticatedAccess.into()) };
    };
    if logins.len() > 1 {
        return Err(Error::Unsupported("more than one login".to_owned()));
    }
    let verified = verify(&pools.users, token, "id").await?;
    let (user_pool, claims) = verified.ok_or(Denial::InvalidLogin("Not a valid OpenId Connect identity token."))?;
    if provider.rsplit('/').next() != Some(user_pool.id.as_str()) {
        return Err(Denial::InvalidLogin("Issuer doesn't match providerName").into());
    }
    if !is_current(&claims, pools.users.clock.now().0) {
        return Err(Denial::InvalidLogin("Token expired.").into());
    }
    if !is_accepted(pool, &user_pool.id, &claims) {
        return Err(Denial::InvalidLogin("Token is not from a supported provider of this identity pool.").into());
    }
    // As on AWS, whatever address the pool has here: applications take the pool's id out of it.
    let provider = format!("cognito-idp.{}.amazonaws.com/{}", pools.users.partition.region, user_pool.id);
    let sub = text(&claims, "sub").unwrap_or_default();
    Ok(Some(Login { provider, sub }))
}

fn is_accepted(pool: &IdentityPool, user_pool_id: &str, claims: &Map<String, Value>) -> bool {
    let providers = &pool.settings.cognito_identity_providers;
    let audience = text(claims, "aud").unwrap_or_default();
    providers.is_empty()
        || providers.iter().any(|provider| {
            provider.provider_name.rsplit('/').next() == Some(user_pool_id) && provider.client_id == audience
        })
}
