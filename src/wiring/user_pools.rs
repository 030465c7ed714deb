//! `AWS::Cognito::*`: user pools with their clients, groups and demo users.

use std::collections::BTreeMap;

use cognito::{ClientSettings, GroupSettings, UserPoolSettings, UserPools, UserSeed};
use serde_json::json;

use super::{
    Error, endpoints,
    secrets::{Kind, Secrets},
};

/// Makes the template's pools be there; a user that is new gets a password that only the data folder knows.
pub(super) async fn start(
    pools: &[template::UserPool],
    service: &UserPools,
    secrets: &mut Secrets,
) -> Result<Vec<endpoints::UserPool>, Error> {
    for (pool, user) in pools.iter().flat_map(|pool| pool.users.iter().map(move |user| (pool, user))) {
        password(pool, user, secrets);
    }
    // Passwords must be on disk before users have them: otherwise a crash would lose them.
    secrets.save()?;
    let mut started = Vec::new();
    for pool in pools {
        let named = |cause| Error::UserPool { pool: pool.logical_id.clone(), cause };
        let settings = UserPoolSettings::from_json(pool.properties.clone()).map_err(named)?;
        service.put_user_pool(&pool.logical_id, Some(&pool.id), settings).await.map_err(named)?;
        for client in &pool.clients {
            let settings = ClientSettings::from_json(client.properties.clone()).map_err(named)?;
            service.put_client(&client.logical_id, &pool.id, Some(&client.id), settings).await.map_err(named)?;
        }
        for group in &pool.groups {
            service.put_group(&pool.id, group_settings(group).map_err(named)?).await.map_err(named)?;
        }
        for user in &pool.users {
            put_user(pool, user, service, secrets).await?;
        }
        started.push(endpoints::UserPool {
            id: pool.id.clone(),
            client_id: pool.clients.first().map(|client| client.id.clone()).unwrap_or_default(),
            users: pool.users.iter().map(|user| user.username.clone()).collect(),
        });
    }
    Ok(started)
}

fn group_settings(group: &template::UserPoolGroup) -> Result<GroupSettings, cognito::Error> {
    let mut properties = json!({
        "GroupName": group.name,
        "Description": group.description,
        "Precedence": group.precedence,
        "RoleArn": group.role_arn,
    });
    if let Some(members) = properties.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    GroupSettings::from_json(properties)
}

/// The user's password, made the first time.
fn password(pool: &template::UserPool, user: &template::UserPoolUser, secrets: &mut Secrets) -> String {
    secrets.get(Kind::Password, &format!("{}/{}", pool.id, user.username))
}

async fn put_user(
    pool: &template::UserPool,
    user: &template::UserPoolUser,
    service: &UserPools,
    secrets: &mut Secrets,
) -> Result<(), Error> {
    let named = |cause| Error::UserPool { pool: pool.logical_id.clone(), cause };
    let password = password(pool, user, secrets);
    let attributes: BTreeMap<_, _> = user.attributes.iter().cloned().collect();
    let seed = UserSeed { username: user.username.clone(), attributes, password: Some(password) };
    service.put_user(&pool.id, seed).await.map_err(named)?;
    for group in &user.groups {
        service.attach(&pool.id, &user.username, group).await.map_err(named)?;
    }
    Ok(())
}
