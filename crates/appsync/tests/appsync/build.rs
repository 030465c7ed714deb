//! What is wrong with an API is found when it is built, with its place; the shipped application has nothing wrong.

use std::{fs, path::Path};

use appsync::{Api, ApiConfig, ResolverKind};
use aws_protocol::Directory;
use resolver::Source;

use crate::harness;

fn wrong(config: ApiConfig) -> Vec<String> {
    match Api::build(config, harness::deps(Directory::default())) {
        Ok(_) => Vec::new(),
        Err(diagnostics) => diagnostics.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn every_mistake_is_reported_at_once() {
    let mut config = harness::config(
        "type Query { a: ID b: ID c: ID }\n\
         type Subscription {\n  onA: ID @aws_subscribe(mutations: [\"a\"])\n}",
    );
    config.resolvers.push(harness::constant("Query.missing", "1"));
    let mut unknown = harness::constant("Query.a", "1");
    unknown.kind = ResolverKind::Unit { data_source: "nowhere".into(), code: None };
    config.resolvers.push(unknown);
    config.resolvers.push(harness::resolver("Query.b", "export function request(ctx) {\n  return {{\n}"));
    let mut pipeline = harness::constant("Query.c", "1");
    let code = Source {
        name: "c.js".into(),
        code: "export function request() { return {} }\nexport function response() { return {} }".into(),
    };
    pipeline.kind = ResolverKind::Pipeline { functions: vec!["f9".into()], code: code.into() };
    config.resolvers.push(pipeline);
    let wrong = wrong(config);
    for expected in [
        "Query.missing: No field named missing found on type Query",
        "Query.a: No data source found named nowhere",
        "Query.c: No function found with id f9",
        "schema.graphql:3:3: subscription 'onA' listens to mutation 'a', which does not exist",
    ] {
        assert!(wrong.iter().any(|message| message == expected), "{expected} is not in {wrong:#?}");
    }
    assert!(wrong.iter().any(|message| message.starts_with("Query.b.js:2:")), "{wrong:#?}");
}

#[test]
fn every_mistake_of_one_code_is_reported() {
    let mut config = harness::config("type Query { a: ID }");
    let code = "export function request() {\n  throw 1;\n}\nexport function response() {\n  return ~1;\n}";
    config.resolvers.push(harness::resolver("Query.a", code));
    assert_eq!(
        wrong(config),
        ["Query.a.js:2:3: throw is not supported by APPSYNC_JS", "Query.a.js:5:10: ~ is not supported by APPSYNC_JS",]
    );
}

#[test]
fn a_schema_with_mistakes_is_all_that_is_reported() {
    let wrong = wrong(harness::config("type Query { a: Nowhere }"));
    assert_eq!(wrong, ["schema.graphql:1:17: cannot find type `Nowhere` in this document"]);
}

/// Data sources and pipelines are the template's business; here it is fields, code and subscriptions.
#[test]
fn the_shipped_application_builds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut config = harness::config(&fs::read_to_string(root.join("schema/schema.graphql")).unwrap());
    let mut count = 0;
    for file in fs::read_dir(root.join("resolvers")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if let Some(field) = name.strip_suffix(".js") {
            config.resolvers.push(harness::resolver(field, &fs::read_to_string(&path).unwrap()));
            count += 1;
        }
    }
    assert!(count > 5, "the shipped resolvers were not found");
    assert_eq!(wrong(config), Vec::<String>::new());
}
