//! The application's API over HTTP.

use serde_json::{Value, json};

use crate::support::Server;

/// Bodies and requests; status and a part of the answer.
pub(crate) async fn refused(server: &Server) {
    let query = |query: &str| json!({ "query": query }).to_string();
    let nothing = "Validation error of type FieldUndefined: Field 'nothing' in type 'Query' is undefined @ 'nothing'";
    let wrong = "argument 'input.items[0].quantity' with value 'StringValue{value='x'}' is not a valid 'Int'";
    let order = "mutation { placeOrder(input: { items: [{ sku: 1, quantity: \"x\", price: 1 }] }) { id } }";
    let variables = json!({ "query": "query A($l: Int) { ordersByCustomer(customer: \"a\", limit: $l) { nextToken } }",
        "variables": { "l": "many" } });
    let coerced = "Variable 'l' has an invalid value. Expected type 'Int' but was 'String'.";
    let cases = [
        (String::new(), 400, "MalformedHttpRequestException"),
        ("{\"query\": ".to_owned(), 400, "MalformedHttpRequestException"),
        ("\u{0}\u{fffd}".repeat(1000), 400, "MalformedHttpRequestException"),
        ("[".repeat(100_000), 400, "MalformedHttpRequestException"),
        (query(&"x".repeat(6 << 20)), 413, "RequestEntityTooLargeException"),
        (query(&"{".repeat(100_000)), 200, "Invalid Syntax"),
        (query(&format!("{}{}", "{a".repeat(100_000), "}".repeat(100_000))), 200, "Invalid Syntax"),
        (query(&format!("{{ ping(message: {}{}) }}", "[".repeat(50_000), "]".repeat(50_000))), 200, "Invalid Syntax"),
        (query("{ nothing }"), 200, nothing),
        (query(order), 200, wrong),
        (variables.to_string(), 200, coerced),
        (query("query { ...A } fragment A on Query { ...B } fragment B on Query { ...A }"), 200, "\"data\":null"),
    ];
    for (body, status, expected) in cases {
        let start: String = body.chars().take(40).collect();
        let (found, text) = post(server, body).await;
        assert_eq!(found, status, "{start}: {text}");
        assert!(text.contains(expected), "{start}: {text}");
    }
    far_too_long(server).await;
    headers(server).await;
}

/// A body far beyond the limit is not read to its end: the client gets 413, or finds the connection closed.
async fn far_too_long(server: &Server) {
    let request = server.client.post(format!("{}/graphql", server.http)).header("x-api-key", server.output("ApiKey"));
    match request.body("x".repeat(64 << 20)).send().await {
        Ok(response) => assert_eq!(response.status(), 413),
        Err(error) => assert!(error.is_request(), "{error}"),
    }
}

/// Headers beyond what a request may have end that request alone.
async fn headers(server: &Server) {
    let url = format!("{}/graphql", server.http);
    let mut many = server.client.post(&url).body("{}");
    for number in 0..500 {
        many = many.header(format!("x-header-{number}"), "value");
    }
    assert_eq!(many.send().await.expect("an answer").status(), 431);
    let huge = server.client.post(&url).header("x-api-key", "k".repeat(1 << 20)).body("{}").send().await;
    assert!(huge.is_err() || huge.is_ok_and(|response| response.status().is_client_error()));
}

/// Credentials that are none.
pub(crate) async fn credentials(server: &Server) {
    let token = server.token("customer").await;
    let (signed, signature) = token.rsplit_once('.').expect("a JWT");
    let (header, _) = signed.split_once('.').expect("a JWT");
    // {"sub":"x","cognito:groups":["approvers"]} with the signature of another payload.
    let forged = format!("{header}.eyJzdWIiOiJ4IiwiY29nbml0bzpncm91cHMiOlsiYXBwcm92ZXJzIl19.{signature}");
    let refused = json!([{ "errorType": "UnauthorizedException",
        "message": "You are not authorized to make this call." }]);
    for (name, value) in [
        ("authorization", forged.as_str()),
        ("authorization", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."),
        ("authorization", &format!("{signed}.")),
        ("x-api-key", "da2-none"),
    ] {
        let answer = server.try_graphql_as((name, value), "{ ping }", json!({})).await.expect("an answer");
        assert_eq!((answer.get("data"), &answer["errors"]), (None, &refused), "{name}: {value}");
    }
    let answer = server.try_graphql_as(("authorization", &token), "{ ping }", json!({})).await.expect("an answer");
    assert_eq!(answer["data"]["ping"], "pong", "the token that the forgeries were made from is good");
}

async fn post(server: &Server, body: String) -> (u16, String) {
    let request = server.client.post(format!("{}/graphql", server.http)).header("x-api-key", server.output("ApiKey"));
    let response = request.body(body).send().await.expect("an answer");
    let status = response.status().as_u16();
    let text = response.text().await.expect("text");
    assert!(text.is_empty() || serde_json::from_str::<Value>(&text).is_ok(), "{status} {text}");
    (status, text)
}
