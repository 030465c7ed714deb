//! Resolvers that run away: `tests/fixtures/runaway`.

use serde_json::json;

use crate::support::Server;

#[tokio::test]
async fn a_resolver_that_runs_away_gets_its_error_and_the_next_request_works() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start_with(folder.path(), &["run", "tests/fixtures/runaway/template.yaml"]).await;
    for (field, cause) in [("loops", "longer than"), ("eats", "memory"), ("recurses", "stack")] {
        let answer = server.graphql(&format!("{{ {field} }}"), json!({})).await;
        assert_eq!(answer["data"], json!({ field: null }), "{answer}");
        let error = &answer["errors"][0];
        assert_eq!((&error["path"], &error["errorType"]), (&json!([field]), &json!("Code")), "{answer}");
        assert!(error["message"].as_str().is_some_and(|text| text.contains(cause)), "{answer}");
        assert_eq!(server.graphql("{ ping }", json!({})).await, json!({ "data": { "ping": "pong" } }));
    }
    expired_key(&server).await;
    assert!(server.stop().await.success());
}

/// A key of the template that has expired is as good as none.
async fn expired_key(server: &Server) {
    let key = server.output("ExpiredKey");
    let answer = server.try_graphql_as(("x-api-key", &key), "{ ping }", json!({})).await.expect("an answer");
    assert_eq!(answer["errors"][0]["errorType"], "UnauthorizedException", "{answer}");
}
