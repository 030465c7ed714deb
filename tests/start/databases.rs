//! An application over PostgreSQL, from its template to rows and back.

use serde_json::{Value, json};

use crate::{
    servers,
    support::{self, Server},
};

/// The settings with this database, in the data folder; the answer is the file.
fn settings(data: &std::path::Path, url: &str) -> String {
    let file = data.join("stepwell.toml");
    std::fs::write(&file, format!("[databases.Cluster]\nurl = \"{url}\"\n")).expect("written");
    file.display().to_string()
}

#[tokio::test]
async fn resolvers_read_and_write_a_postgresql_database() {
    let (database, folder) = (servers::postgres(), tempfile::tempdir().expect("a folder"));
    let config = settings(folder.path(), &database.url);
    let template = "tests/fixtures/databases/template.yaml";
    let server = Server::start_with(folder.path(), &["run", template, "--config", &config]).await;
    let ask = async |query: &str, variables: Value| server.graphql(query, variables).await;
    assert_eq!(ask("mutation { migrate }", json!({})).await, json!({ "data": { "migrate": true } }));

    let add = "mutation($input: ProductInput!) { addProduct(input: $input) { id name price details } }";
    let name = "'); drop table products; --";
    let input = json!({ "name": name, "price": "12.5", "details": "{\"a\":[1]}" });
    let added = ask(add, json!({ "input": input })).await;
    let id = added["data"]["addProduct"]["id"].clone();
    let expected = json!({ "id": id, "name": name, "price": "12.50", "details": "{\"a\": [1]}" });
    assert_eq!(added, json!({ "data": { "addProduct": expected } }));

    let found = ask("query($id: ID!) { product(id: $id) { name supplier tags } }", json!({ "id": id })).await;
    assert_eq!(found, json!({ "data": { "product": { "name": name, "supplier": "Acme", "tags": null } } }));
    let rename = "mutation($id: ID!) { renameProduct(id: $id, name: \"pen\") { id name } }";
    let renamed = ask(rename, json!({ "id": id })).await;
    assert_eq!(renamed, json!({ "data": { "renameProduct": { "id": id, "name": "pen" } } }));
    let listed = ask("{ products(name: \"pen\") { id tags } }", json!({})).await;
    assert_eq!(listed, json!({ "data": { "products": [{ "id": id, "tags": ["pen", "x"] }] } }));

    // A text is a text, as on AWS.
    let wrong = ask("query($id: ID!) { wrong(id: $id) { id } }", json!({ "id": id })).await;
    assert_eq!(wrong["errors"][0]["errorType"], "400 Bad Request");
    let message = wrong["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(
        message.starts_with("RDSHttp:{\"message\":\"ERROR: operator does not exist: uuid = text; Hint: "),
        "{message}"
    );

    let remove = "mutation($id: ID!) { removeProduct(id: $id) { name } }";
    assert_eq!(ask(remove, json!({ "id": id })).await, json!({ "data": { "removeProduct": { "name": "pen" } } }));
    let gone = ask("query($id: ID!) { product(id: $id) { name } }", json!({ "id": id })).await;
    assert_eq!(gone, json!({ "data": { "product": null } }));
    assert!(server.stop().await.success());
}

#[tokio::test]
async fn the_password_of_a_database_is_not_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = settings(folder.path(), "postgres://app:hidden@127.0.0.1:1/shop");
    let (status, out, err) = support::run(folder.path(), &["config", "--config", &config]).await;
    assert!(status.success(), "{err}");
    assert!(out.contains("postgres://app:***@127.0.0.1:1/shop") && !out.contains("hidden"), "{out}");
}

#[tokio::test]
async fn a_cluster_without_a_setting_fails_at_the_call() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start_with(folder.path(), &["run", "tests/fixtures/databases/template.yaml"]).await;
    let answer = server.graphql("mutation { migrate }", json!({})).await;
    let message = answer["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(message.contains("stepwell has no database for the cluster"), "{answer}");
    assert_eq!(answer["errors"][0]["errorType"], "404 Not Found");
    assert!(server.stop().await.success());
}
