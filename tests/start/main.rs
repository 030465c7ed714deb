//! What a person meets at the start: mistakes in an application are shown where they are, a data folder that cannot be
//! used says what to do, several APIs are served side by side, changes of files are taken over, and the small commands answer.

#[path = "../support/mod.rs"]
mod support;

// The servers that the tests of the RDS Data API start, too.
#[path = "../../crates/rds-data/tests/rds_data/servers.rs"]
mod servers;

mod apis;
mod applications;
mod databases;
mod folders;
mod policies;
mod rate_limit;
mod reload;

use serde_json::json;
use support::{Server, run};

#[tokio::test]
async fn config_prints_every_setting_and_where_it_comes_from() {
    let folder = tempfile::tempdir().expect("a folder");
    let (status, out, err) = run(folder.path(), &["config", "--port", "4321"]).await;
    assert!(status.success(), "{err}");
    let row = |name: &str| {
        let found = out.lines().find(|line| line.split_whitespace().next() == Some(name));
        found.unwrap_or_else(|| panic!("no {name} in {out}")).split_whitespace().collect::<Vec<_>>()
    };
    assert_eq!(row("port"), ["port", "4321", "flag"]);
    assert_eq!(row("template"), ["template", "infra/template.yaml", "default"]);
    assert_eq!(row("data")[2], "flag");
}

#[tokio::test]
async fn check_says_what_the_shipped_application_consists_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let (status, out, err) = run(folder.path(), &["check"]).await;
    assert!(status.success(), "{err}");
    assert!(out.starts_with("infra/template.yaml is valid: 1 GraphQL API, 12 resolvers"), "{out}");
}

#[tokio::test]
async fn token_signs_users_in_and_names_them_when_there_is_no_such_user() {
    let folder = tempfile::tempdir().expect("a folder");
    let (status, _, err) = run(folder.path(), &["token", "customer"]).await;
    assert!(!status.success());
    assert!(err.contains("no stepwell runs on the data folder"), "{err}");

    let server = Server::start(folder.path()).await;
    let (status, out, err) = run(folder.path(), &["token", "approver"]).await;
    assert!(status.success(), "{err}");
    let answer = server.try_graphql_as(("authorization", out.trim()), "{ ping }", json!({})).await;
    assert_eq!(answer.expect("an answer"), json!({ "data": { "ping": "pong" } }));

    let (status, out, err) = run(folder.path(), &["token", "nobody"]).await;
    assert_eq!((status.success(), out.as_str()), (false, ""));
    assert_eq!(err, "stepwell: the template has no user 'nobody'; its users are: customer, approver, partner\n");
    assert!(server.stop().await.success());
}
