//! `CreateGroup`: a new group.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateGroup.html>

use serde::Deserialize;
use serde_json::{Value, json};
use store::Transaction;

use crate::{
    Error, GroupSettings, UserPools,
    group::Group,
    input,
    storage::{GROUPS, encode, key},
    wire,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    user_pool_id: Option<String>,
    #[serde(flatten)]
    settings: GroupSettings,
}

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let request: Request = input::parse(input)?;
    let pool = pools.storage.pool(&input::required(request.user_pool_id, "userPoolId")?)?;
    request.settings.validate()?;
    let now = pools.clock.now();
    let group = Group { settings: request.settings, created: now, modified: now };
    let group_key = key(&[&pool.id, &group.settings.group_name]);
    let mut transaction = Transaction::new();
    transaction.require_absent(GROUPS, group_key.clone()).put(GROUPS, group_key, encode(&group));
    match pools.storage.commit(transaction).await {
        Err(store::Error::Conflict) => Err(Error::GroupExists),
        result => {
            result?;
            Ok(json!({ "Group": wire::group(&pool, &group) }))
        }
    }
}
