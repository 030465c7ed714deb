//! `CreateUserPoolClient`: a new app client with a generated id.
//!
//! <https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html>

use serde_json::{Value, json};
use store::Transaction;

use crate::{ClientSettings, Error, UserPools, input, random, wire};

pub(super) async fn run(pools: &UserPools, input: Value) -> Result<Value, Error> {
    let pool_id = input.get("UserPoolId").and_then(Value::as_str).map(str::to_owned);
    let pool = pools.storage.pool(&input::required(pool_id, "userPoolId")?)?;
    let settings = ClientSettings::from_json(input)?;
    input::required(Some(&settings.client_name).filter(|name| !name.is_empty()), "clientName")?;
    let client = pools.new_client(&pool, random::client_id(&*pools.clock), settings);
    let mut transaction = Transaction::new();
    pools.add_client(&client, &mut transaction);
    pools.storage.commit(transaction).await?;
    Ok(json!({ "UserPoolClient": wire::client(&client) }))
}
