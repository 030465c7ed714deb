//! `CreateUserPool`: a new user pool with a generated id.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html>

use serde_json::{Value, json};
use store::Transaction;

use crate::{
    Error, UserPoolSettings, UserPools, input, random,
    storage::{POOLS, encode},
    wire,
};

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let settings = UserPoolSettings::from_json(input)?;
    input::required(Some(&settings.pool_name).filter(|name| !name.is_empty()), "poolName")?;
    let pool = pools.new_pool(random::user_pool_id(&*pools.clock, &pools.partition.region), settings);
    let mut transaction = Transaction::new();
    transaction.require_absent(POOLS, pool.id.as_bytes()).put(POOLS, pool.id.as_bytes(), encode(&pool));
    pools.storage.commit(transaction).await?;
    pools.keys.warm(&pool.id);
    Ok(json!({ "UserPool": wire::user_pool(&pool, &pools.arn(&pool.id)) }))
}
