//! Merged APIs: what becomes of the schemas of two sources, and a request that needs both.

use appsync::{ApiConfig, Body, Request};
use auth::AuthMode;
use aws_protocol::Directory;
use serde_json::{Map, Value, json};

use crate::harness;

/// A source API called `name`.
fn source(name: &str, schema: &str) -> ApiConfig {
    let mut config = harness::config(schema);
    config.api_id = format!("{name}-id");
    config.name = name.into();
    config.schema.name = format!("{name}.graphql");
    config
}

fn merged() -> ApiConfig {
    let mut api = harness::config("");
    api.name = "merged".into();
    api.data_sources.clear();
    api
}

/// The merged schema, without line breaks; or what is wrong.
fn schema(sources: &[&str]) -> Result<String, Vec<String>> {
    let sources: Vec<_> = sources.iter().enumerate().map(|(n, sdl)| source(&format!("s{}", n + 1), sdl)).collect();
    match appsync::merge(merged(), &sources) {
        Ok(api) => Ok(api.schema.code.split_whitespace().collect::<Vec<_>>().join(" ")),
        Err(wrong) => Err(wrong.iter().map(ToString::to_string).collect()),
    }
}

#[test]
fn schemas_merge_as_the_guide_says() {
    let cases: [(&str, &str, &str); 10] = [
        (
            "type Query { a: ID } type Mutation { add: ID } type Subscription { on: ID @aws_subscribe(mutations: [\"add\"]) }",
            "type Query { b: ID } type Mutation { put: ID }
             type Subscription { on: ID @aws_subscribe(mutations: [\"put\", \"add\"]) }",
            "type Query { a: ID b: ID } type Mutation { add: ID put: ID } \
             type Subscription { on: ID @aws_subscribe(mutations: [\"add\", \"put\"]) }",
        ),
        (
            "type Query { singlePost(id: ID!): Post getMessage(id: ID!): Message } type Mutation { putPost(id: ID!): Post }
             type Post { id: ID! title: String! } type Message { id: ID! content: String }
             type User @canonical { id: ID! email: String! }",
            "type Post @hidden { id: ID! internalSecret: String! }
             type Message @renamed(to: \"ChatMessage\") { id: ID! from: User! } type User { id: ID! }
             type Query { getPost(id: ID!): Post getMessage(id: ID!): Message @renamed(to: \"getChatMessage\") }",
            "type Query { singlePost(id: ID!): Post getMessage(id: ID!): Message getChatMessage(id: ID!): ChatMessage } \
             type Mutation { putPost(id: ID!): Post } type Post { id: ID! title: String! } \
             type Message { id: ID! content: String } type User { id: ID! email: String! } \
             type ChatMessage { id: ID! from: User! }",
        ),
        (
            "type Query { getPost(id: ID!): Post } type Post { id: ID! title: String! }",
            "type Query { getReview: Review } type Post { id: ID! reviews: [Review] } type Review { id: ID! }",
            "type Query { getPost(id: ID!): Post getReview: Review } \
             type Post { id: ID! title: String! reviews: [Review] } type Review { id: ID! }",
        ),
        (
            "type Query { protectedRead: String @aws_iam @canonical }",
            "type Query { protectedRead: String @aws_api_key }",
            "type Query { protectedRead: String @aws_iam }",
        ),
        (
            "type Query { protectedRead: String @aws_iam }",
            "type Query { protectedRead: String @aws_api_key }",
            "type Query { protectedRead: String @aws_api_key @aws_iam }",
        ),
        (
            "type Query { a: T } type T @aws_iam { a: ID }",
            "type Query { b: T } type T { b: ID }",
            "type Query { a: T b: T } type T { a: ID @aws_iam b: ID }",
        ),
        (
            "type Query { a: U e(e: E, i: I): ID } union U = A type A { id: ID } enum E { ONE } input I { a: ID }",
            "type Query { b: U } union U = A | B type A { id: ID } type B { id: ID } enum E { ONE TWO } input I { b: ID }",
            "type Query { a: U e(e: E, i: I): ID b: U } union U = A | B type A { id: ID } enum E { ONE TWO } \
             input I { a: ID b: ID } type B { id: ID }",
        ),
        (
            "schema { query: Root } type Root { a: ID }",
            "type Query { b: ID } extend type Query { c: ID @hidden d: ID }",
            "type Query { a: ID b: ID d: ID }",
        ),
        (
            "type Query { a: ID } type Mutation { add: ID @renamed(to: \"addOne\") }
             type Subscription { on: ID @aws_subscribe(mutations: [\"add\"]) }",
            "type Query { b: ID }",
            "type Query { a: ID b: ID } type Mutation { addOne: ID } \
             type Subscription { on: ID @aws_subscribe(mutations: [\"addOne\"]) }",
        ),
        (
            "type Query { a: ID @aws_cognito_user_pools(cognito_groups: [\"one\"]) }",
            "type Query { a: ID @aws_cognito_user_pools(cognito_groups: [\"one\", \"two\"]) }",
            "type Query { a: ID @aws_cognito_user_pools(cognito_groups: [\"one\", \"two\"]) }",
        ),
    ];
    for (one, other, expected) in cases {
        assert_eq!(schema(&[one, other]).as_deref(), Ok(expected));
    }
}

#[test]
fn aws_auth_counts_where_the_pool_is_the_one_mode_of_its_source() {
    let merge = |mode: AuthMode, more: Vec<AuthMode>| {
        let mut source = source("s", "type Query { a: ID @aws_auth(cognito_groups: [\"one\"]) }");
        (source.default_mode, source.additional_modes) = (mode, more);
        let mut api = merged();
        api.additional_modes = vec![AuthMode::AmazonCognitoUserPools, AuthMode::AwsIam];
        let sdl = appsync::merge(api, &[source]).unwrap_or_else(|wrong| panic!("{wrong:#?}")).schema.code;
        sdl.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let pool = AuthMode::AmazonCognitoUserPools;
    let groups = "type Query { a: ID @aws_cognito_user_pools(cognito_groups: [\"one\"]) }";
    assert_eq!(merge(pool, Vec::new()), groups);
    assert_eq!(merge(pool, vec![AuthMode::AwsIam]), "type Query { a: ID @aws_cognito_user_pools }");
    assert_eq!(merge(AuthMode::ApiKey, vec![pool]), "type Query { a: ID }");
}

#[test]
fn conflicts_are_told_with_their_place() {
    let cases: [(&str, &str, &str); 5] = [
        (
            "type Query { a: T } type T { title: String! }",
            "type Query { b: T }\ntype T {\n  title: Int\n}",
            "s2.graphql:3:3: Unable to resolve conflict on object with name title: Merging is not supported for fields \
             with different types.",
        ),
        (
            "type Query { a: ID @canonical }",
            "type Query {\n  a: ID @canonical\n}",
            "s2.graphql:2:3: Multiple subschemas cannot declare the same field as canonical",
        ),
        (
            "type Query { a: T } type T @canonical { a: ID }",
            "type Query { b: T } type T @canonical { b: ID }",
            "s2.graphql:1:21: Multiple subschemas cannot declare the same type as canonical",
        ),
        (
            "type Query { a: T } type T { a: ID }",
            "type Query { b: T } enum T { A }",
            "s2.graphql:1:21: Unable to resolve conflict on object with name T: Merging is not supported for types of \
             different kinds.",
        ),
        (
            "type Query { a(id: ID): ID }",
            "type Query { a(id: Int): ID }",
            "s2.graphql:1:14: Unable to resolve conflict on object with name id: Merging is not supported for fields \
             with different types.",
        ),
    ];
    for (one, other, expected) in cases {
        assert_eq!(schema(&[one, other]), Err(vec![expected.to_owned()]));
    }
}

#[test]
fn resolvers_variables_modes_and_numbers_conflict_too() {
    let with = |name: &str, change: fn(&mut ApiConfig)| {
        let mut config = source(name, "type Query { a: ID }");
        change(&mut config);
        config
    };
    let wrong = |sources: &[ApiConfig]| appsync::merge(merged(), sources).map(drop).unwrap_err()[0].to_string();
    let resolved: fn(&mut ApiConfig) = |config| config.resolvers.push(harness::constant("Query.a", "1"));
    assert_eq!(
        wrong(&[with("one", resolved), with("two", resolved)]),
        "two: Query.a: Unable to resolve conflict on object with name a: Merging is not supported for fields with \
         several resolvers."
    );
    let variable: fn(&mut ApiConfig) = |config| {
        config.environment.insert("TABLE".into(), "t".into());
    };
    assert_eq!(
        wrong(&[with("one", variable), with("two", variable)]),
        "two: the environment variable TABLE is defined by another source API, too"
    );
    assert_eq!(
        wrong(&[with("one", |config| config.default_mode = AuthMode::AwsIam)]),
        "one: its primary authorization mode (@aws_iam) is none of the modes of the merged API merged"
    );
    let eleven: Vec<_> = (0..11).map(|n| source(&format!("s{n}"), "type Query { a: ID }")).collect();
    assert_eq!(wrong(&eleven), "merged: 11 source APIs are associated, AppSync allows 10");
}

#[tokio::test]
async fn one_request_runs_resolvers_of_both_sources() {
    let mut posts =
        source("posts", "type Query { post: Post } type Post { id: ID title: String @renamed(to: \"name\") }");
    posts.resolvers.push(harness::constant("Query.post", "{ id: 7, title: ctx.env.TITLE }"));
    posts.environment.insert("TITLE".into(), "Tea".into());
    let mut reviews = source(
        "reviews",
        "type Query { secret: ID } type Post { id: ID reviews: [Review] } type Review { text: String }",
    );
    reviews.default_mode = AuthMode::AwsIam;
    reviews.resolvers.push(harness::constant("Post.reviews", "[{ text: 'about ' + ctx.source.id }]"));
    let mut api = merged();
    api.additional_modes = vec![AuthMode::AwsIam];
    let api = appsync::merge(api, &[posts, reviews]).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
    assert!(api.data_sources.iter().any(|source| source.name == "posts-id/none"));
    let api = harness::api(api, harness::deps(Directory::default()));
    let ask = async |query: &str, identity: &str| -> Value {
        let body = Body { query: query.into(), variables: Map::new(), operation_name: None };
        let identity = harness::identity(identity);
        let request = Request { body, headers: Vec::new(), domain_name: None, identity };
        serde_json::from_slice(&api.execute(&request).await.body).unwrap()
    };
    let answer = ask("{ post { id name } }", "api-key").await;
    assert_eq!(answer, json!({ "data": { "post": { "id": "7", "name": "Tea" } } }));
    let answer = ask("{ post { id reviews { text } } }", "api-key").await;
    assert_eq!(answer["data"], json!({ "post": { "id": "7", "reviews": null } }), "its source is for IAM alone");
    assert_eq!(answer["errors"][0]["errorType"], "Unauthorized");
    let answer = ask("{ secret }", "iam").await;
    assert_eq!(answer, json!({ "data": { "secret": null } }));
}

#[tokio::test]
async fn what_the_pool_of_a_source_denies_by_default_stays_closed() {
    let users = AuthMode::AmazonCognitoUserPools;
    let mut closed =
        source("closed", "type Query { shut: ID staff: ID @aws_cognito_user_pools(cognito_groups: [\"staff\"]) }");
    (closed.default_mode, closed.deny_by_default) = (users, true);
    closed.resolvers = ["Query.shut", "Query.staff"].map(|field| harness::constant(field, "1")).into();
    let mut open = source("open", "type Query { open: ID }");
    open.default_mode = users;
    open.resolvers.push(harness::constant("Query.open", "1"));
    let mut api = merged();
    api.default_mode = users;
    let api = appsync::merge(api, &[closed, open]).unwrap_or_else(|wrong| panic!("{wrong:#?}"));
    let api = harness::api(api, harness::deps(Directory::default()));
    for (identity, expected) in [
        ("pool", json!({ "shut": null, "staff": null, "open": "1" })),
        ("pool:staff", json!({ "shut": null, "staff": "1", "open": "1" })),
    ] {
        let body = Body { query: "{ shut staff open }".into(), variables: Map::new(), operation_name: None };
        let identity = harness::identity(identity);
        let request = Request { body, headers: Vec::new(), domain_name: None, identity };
        let answer: Value = serde_json::from_slice(&api.execute(&request).await.body).unwrap();
        assert_eq!(answer["data"], expected, "{answer}");
    }
}
