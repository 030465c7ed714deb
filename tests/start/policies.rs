//! Access keys with a policy at the door of AppSync's management API.

use std::fs;

use serde_json::json;

use crate::support::Server;

#[tokio::test]
async fn a_policy_decides_what_an_access_key_may_manage() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("written");
        path
    };
    let allow = |action: &str, resource: &str| {
        json!({ "Statement": { "Effect": "Allow", "Action": action, "Resource": resource } }).to_string()
    };
    let queries = file("queries.json", allow("appsync:GraphQL", "*"));
    let reads = file("reads.json", allow("appsync:Get*", "arn:aws:appsync:us-east-1:000000000000:apis/*"));
    let key = |user: &str, policy: &str| format!("[[access_keys]]\nuser = \"{user}\"\n{policy}\n");
    let policy = |path: &std::path::Path| format!("policy = {path:?}");
    let keys = [key("queries", &policy(&queries)), key("reads", &policy(&reads)), key("free", "")].concat();
    let settings = file("stepwell.toml", keys);
    let data = folder.path().join("data");
    let server = Server::start_with(&data, &["run", "--config", settings.to_str().expect("text")]).await;

    let id =
        server.manage("default", "/v1/apis").await.2["graphqlApis"][0]["apiId"].as_str().expect("an id").to_owned();
    let (api, keys) = (format!("/v1/apis/{id}"), format!("/v1/apis/{id}/apikeys"));
    let cases = [
        ("default", &keys, 200),
        ("free", &keys, 200),
        ("queries", &keys, 403),
        ("queries", &api, 403),
        ("reads", &keys, 403),
        ("reads", &api, 200),
    ];
    for (user, path, expected) in cases {
        let (status, exception, answer) = server.manage(user, path).await;
        assert_eq!(status, expected, "{user} {path}: {answer}");
        assert_eq!(exception.is_some(), expected == 403);
    }
    let (_, exception, answer) = server.manage("queries", &keys).await;
    assert_eq!(exception.as_deref(), Some("AccessDeniedException"));
    let message = format!(
        "User: arn:aws:iam::000000000000:user/queries is not authorized to perform: appsync:ListApiKeys on resource: \
         arn:aws:appsync:us-east-1:000000000000:apis/{id}"
    );
    assert_eq!(answer, json!({ "message": message }));
}
