//! A user pool on a port: `cargo run --example serve -- 9229` prints what a client needs, then serves until it is
//! stopped. The store is in memory. It answers AWS JSON requests without looking at signatures, so it is for trying
//! clients out and for nothing else.

use std::{collections::BTreeMap, sync::Arc};

use aws_protocol::{Caller, Partition, Service};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use clock::RealClock;
use cognito::{ClientSettings, UserPoolSettings, UserPools, UserSeed};
use serde_json::{Value, json};
use store::MemoryStore;

const TARGET_PREFIX: &str = "AWSCognitoIdentityProviderService.";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).unwrap_or_else(|| "0".to_owned());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let endpoint = format!("http://{}", listener.local_addr()?);
    let partition = Partition::new("us-east-1", "000000000000");
    let pools = UserPools::new(Arc::new(MemoryStore::new()), Arc::new(RealClock), partition, &endpoint);
    seed(&pools, &endpoint).await?;
    let router = Router::new()
        .route("/", post(perform))
        .route("/{pool}/.well-known/jwks.json", get(jwks))
        .with_state(Arc::new(pools));
    Ok(axum::serve(listener, router).await?)
}

async fn seed(pools: &UserPools, endpoint: &str) -> Result<(), cognito::Error> {
    let settings = UserPoolSettings { pool_name: "demo".to_owned(), ..UserPoolSettings::default() };
    let pool = pools.put_user_pool("Demo", Some("us-east-1_Demo12345"), settings).await?;
    let settings = json!({"ClientName": "demo", "PreventUserExistenceErrors": "ENABLED"});
    let client = pools.put_client("Demo", &pool, None, ClientSettings::from_json(settings)?).await?;
    let attributes = BTreeMap::from([("email".to_owned(), "demo@example.com".to_owned())]);
    let password = "Demo password 1!";
    let user = UserSeed { username: "demo".to_owned(), attributes, password: Some(password.to_owned()) };
    pools.put_user(&pool, user).await?;
    println!("COGNITO_ENDPOINT={endpoint}");
    println!("COGNITO_USER_POOL_ID={pool}");
    println!("COGNITO_CLIENT_ID={}", client.client_id);
    println!("COGNITO_USERNAME=demo");
    println!("COGNITO_PASSWORD='{password}'");
    Ok(())
}

async fn perform(State(pools): State<Arc<UserPools>>, headers: HeaderMap, body: String) -> (StatusCode, Json<Value>) {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix(TARGET_PREFIX).unwrap_or_default();
    let input = serde_json::from_str(&body).unwrap_or_default();
    match pools.call(operation, input, &Caller::anonymous()).await {
        Ok(output) => (StatusCode::OK, Json(output)),
        Err(error) => {
            let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::BAD_REQUEST);
            (status, Json(json!({"__type": error.code, "message": error.message})))
        }
    }
}

async fn jwks(State(pools): State<Arc<UserPools>>, Path(pool): Path<String>) -> (StatusCode, Json<Value>) {
    match pools.jwks(&pool).await {
        Ok(keys) => (StatusCode::OK, Json(keys)),
        Err(error) => (StatusCode::NOT_FOUND, Json(json!({"message": error.to_string()}))),
    }
}
