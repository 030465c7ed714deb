//! Merged APIs: what they are served with, and what their associations say.
//!
//! Not recorded on AWS, and so our choice [M], are the texts of errors other than those that the developer guide quotes
//! ("Merging APIs"); that an association merges at once whatever its merge type, and that `MERGE_SCHEDULED` and
//! `DELETION_SCHEDULED` are what its calls answer; that an API cannot be deleted as long as it is a source, by
//! `BadRequestException`; and which types ListTypesByAssociation lists.

use std::sync::Arc;

use management::Description;
use serde_json::{Value, json};
use store::MemoryStore;

use super::harness::Harness;

const SDL: &str = "type Query { a: String }";

struct Merged {
    harness: Harness,
    id: String,
}

impl Merged {
    async fn new() -> Self {
        let harness = Harness::open(Arc::new(MemoryStore::default())).await;
        let id = merged_api(&harness).await;
        Self { harness, id }
    }

    /// Makes `source` a source; the association's id.
    async fn associate(&self, source: &str, merge_type: &str) -> String {
        let input = json!({ "mergedApiIdentifier": self.id, "sourceApiIdentifier": source,
            "sourceApiAssociationConfig": { "mergeType": merge_type } });
        let answer = self.harness.ok("AssociateSourceGraphqlApi", input).await;
        assert_eq!(answer["sourceApiAssociation"]["sourceApiAssociationStatus"], "MERGE_SCHEDULED");
        answer["sourceApiAssociation"]["associationId"].as_str().expect("an id").to_owned()
    }

    fn named(&self, association: &str) -> Value {
        json!({ "mergedApiIdentifier": self.id, "associationId": association })
    }

    async fn get(&self, association: &str) -> Value {
        self.harness.ok("GetSourceApiAssociation", self.named(association)).await["sourceApiAssociation"].take()
    }

    /// The fields of the data sources that are served, of all sources.
    fn served(&self) -> Vec<Vec<String>> {
        let served = self.harness.recorder.served.lock().unwrap();
        let sources = served[&self.id].sources.as_ref().expect("a merged API");
        let names = |api: &template::GraphqlApi| api.data_sources.iter().map(|source| source.name.clone()).collect();
        sources.iter().map(|source| names(&source.api)).collect()
    }

    async fn add_data_source(&self, source: &str, name: &str) {
        self.harness.ok("CreateDataSource", json!({ "apiId": source, "name": name, "type": "NONE" })).await;
    }
}

async fn merged_api(harness: &Harness) -> String {
    let input = json!({ "name": "merged", "authenticationType": "API_KEY", "apiType": "MERGED",
        "mergedApiExecutionRoleArn": "arn:aws:iam::000000000000:role/merged" });
    let created = harness.ok("CreateGraphqlApi", input).await;
    assert_eq!(created["graphqlApi"]["mergedApiExecutionRoleArn"], "arn:aws:iam::000000000000:role/merged");
    created["graphqlApi"]["apiId"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_change_of_a_source_is_merged_by_itself_or_when_somebody_says_so() {
    let merged = Merged::new().await;
    let (auto, manual) = (merged.harness.api(SDL).await, merged.harness.api(SDL).await);
    merged.associate(&auto, "AUTO_MERGE").await;
    let by_hand = merged.associate(&manual, "MANUAL_MERGE").await;
    assert_eq!(merged.served(), [["none"], ["none"]], "an association merges, whatever its type");
    merged.add_data_source(&auto, "other").await;
    merged.add_data_source(&manual, "other").await;
    assert_eq!(merged.served(), [vec!["none", "other"], vec!["none"]]);
    merged.harness.ok("StartSchemaMerge", merged.named(&by_hand)).await;
    assert_eq!(merged.served(), [["none", "other"], ["none", "other"]]);
    let association = merged.get(&by_hand).await;
    assert_eq!(association["sourceApiAssociationStatus"], "MERGE_SUCCESS");
    assert!(association["lastSuccessfulMergeDate"].is_i64());

    let mut follow = merged.named(&by_hand);
    follow["sourceApiAssociationConfig"] = json!({ "mergeType": "AUTO_MERGE" });
    merged.harness.ok("UpdateSourceApiAssociation", follow).await;
    merged.add_data_source(&manual, "third").await;
    assert_eq!(merged.served()[1].len(), 3);
}

#[tokio::test]
async fn what_was_merged_outlives_the_source_of_a_restart() {
    let store = Arc::new(MemoryStore::default());
    let harness = Harness::open(store.clone()).await;
    let id = merged_api(&harness).await;
    let first = Merged { harness, id };
    let source = first.harness.api(SDL).await;
    let association = first.associate(&source, "MANUAL_MERGE").await;
    first.add_data_source(&source, "later").await;
    let said = first.get(&association).await;

    let second = Merged { harness: Harness::open(store).await, id: first.id.clone() };
    assert_eq!(second.served(), [["none"]], "as it was merged, not as it is");
    assert_eq!(second.get(&association).await, said);
}

/// AUTO_MERGE follows the template; what the template has no more is told and served on.
#[tokio::test]
async fn sources_of_the_template_are_followed_until_they_are_gone() {
    let merged = Merged::new().await;
    // An API as the template would have it.
    let source = merged.harness.api(SDL).await;
    let mut of_template = merged.harness.recorder.served.lock().unwrap()[&source].clone();
    merged.harness.ok("DeleteGraphqlApi", json!({ "apiId": source })).await;
    let reload = async |apis: Vec<template::GraphqlApi>| {
        let apis = apis.into_iter().map(|api| Description::Graphql(Box::new(api))).collect();
        *merged.harness.recorder.template.lock().unwrap() = apis;
        merged.harness.management.follow_template().await;
    };
    reload(vec![of_template.clone()]).await;
    let association = merged.associate(&source, "AUTO_MERGE").await;
    of_template.data_sources[0].name = "renamed".to_owned();
    reload(vec![of_template.clone()]).await;
    assert_eq!(merged.served(), [["renamed"]]);

    reload(Vec::new()).await;
    let lost = merged.get(&association).await;
    assert_eq!(lost["sourceApiAssociationStatus"], "MERGE_FAILED");
    let detail = format!("The source API {source} does not exist any more.");
    assert_eq!(lost["sourceApiAssociationStatusDetail"], detail);
    assert_eq!(merged.served(), [["renamed"]], "what was merged last");
    let refused = merged.harness.call("StartSchemaMerge", merged.named(&association)).await;
    assert_eq!(refused.expect_err("no source").code, "NotFoundException");

    reload(vec![of_template]).await;
    let found = merged.get(&association).await;
    assert_eq!(found["sourceApiAssociationStatus"], "MERGE_SUCCESS");
    assert!(found.get("sourceApiAssociationStatusDetail").is_none());
}

#[tokio::test]
async fn conflicts_are_told_by_the_association_and_leave_what_was_merged() {
    let merged = Merged::new().await;
    let source = merged.harness.api(SDL).await;
    let association = merged.associate(&source, "MANUAL_MERGE").await;
    let conflict = "Unable to resolve conflict on object with name title: Merging is not supported for fields with \
                    different types.";
    *merged.harness.recorder.refuse_merging.lock().unwrap() = Some((2, conflict.to_owned()));
    let other = merged.harness.api(SDL).await;
    let failed = merged.get(&merged.associate(&other, "AUTO_MERGE").await).await;
    assert_eq!(failed["sourceApiAssociationStatus"], "MERGE_FAILED");
    assert_eq!(failed["sourceApiAssociationStatusDetail"], conflict);
    assert!(failed.get("lastSuccessfulMergeDate").is_none());
    assert_eq!(merged.served(), [["none"]]);
    *merged.harness.recorder.refuse_merging.lock().unwrap() = None;
    merged.add_data_source(&other, "mended").await;
    assert_eq!(merged.served(), [vec!["none"], vec!["mended", "none"]], "it follows, also after a failure");

    *merged.harness.recorder.refuse_merging.lock().unwrap() = Some((1, "needed".to_owned()));
    let answer = merged.harness.ok("DisassociateSourceGraphqlApi", merged.named(&association)).await;
    assert_eq!(answer, json!({ "sourceApiAssociationStatus": "DELETION_FAILED" }));
    assert_eq!(merged.get(&association).await["sourceApiAssociationStatusDetail"], "needed");
    *merged.harness.recorder.refuse_merging.lock().unwrap() = None;
    let by_source = json!({ "sourceApiIdentifier": source, "associationId": association });
    let answer = merged.harness.ok("DisassociateMergedGraphqlApi", by_source).await;
    assert_eq!(answer, json!({ "sourceApiAssociationStatus": "DELETION_SCHEDULED" }));
    assert_eq!(merged.served(), [["mended", "none"]]);
}

#[tokio::test]
async fn associations_are_listed_from_both_sides() {
    let merged = Merged::new().await;
    let source = merged.harness.api("type Query { b: B } type B { c: ID }").await;
    let arn = |id: &str| format!("arn:aws:appsync:us-east-1:000000000000:apis/{id}");
    let input =
        json!({ "mergedApiIdentifier": arn(&merged.id), "sourceApiIdentifier": arn(&source), "description": "d" });
    let answer = merged.harness.ok("AssociateMergedGraphqlApi", input).await;
    let association = answer["sourceApiAssociation"]["associationId"].clone();
    let own_arn = format!("{}/sourceApiAssociations/{}", arn(&merged.id), association.as_str().expect("an id"));
    let summary = json!({ "associationId": association, "associationArn": own_arn, "sourceApiId": source,
        "sourceApiArn": arn(&source), "mergedApiId": merged.id, "mergedApiArn": arn(&merged.id), "description": "d" });
    for api in [&merged.id, &source] {
        let listed = merged.harness.ok("ListSourceApiAssociations", json!({ "apiId": api })).await;
        assert_eq!(listed, json!({ "sourceApiAssociationSummaries": [summary] }));
    }
    let input = json!({ "mergedApiIdentifier": merged.id, "associationId": association, "format": "SDL" });
    let listed = merged.harness.ok("ListTypesByAssociation", input).await;
    let names: Vec<&Value> = listed["types"].as_array().expect("types").iter().map(|ty| &ty["name"]).collect();
    assert_eq!(names, ["B", "Query"]);
}

#[tokio::test]
async fn what_cannot_be_associated_or_changed_is_refused() {
    let merged = Merged::new().await;
    let harness = &merged.harness;
    let (source, other) = (harness.api(SDL).await, merged_api(harness).await);
    let association = merged.associate(&source, "MANUAL_MERGE").await;
    let pair = |merged: &str, source: &str| json!({ "mergedApiIdentifier": merged, "sourceApiIdentifier": source });
    let cases = [
        ("AssociateSourceGraphqlApi", pair(&other, &source), "BadRequestException"),
        ("AssociateSourceGraphqlApi", pair(&merged.id, &source), "BadRequestException"),
        ("AssociateSourceGraphqlApi", pair(&merged.id, &other), "BadRequestException"),
        ("AssociateSourceGraphqlApi", pair(&source, &other), "BadRequestException"),
        ("AssociateSourceGraphqlApi", pair(&merged.id, "none"), "NotFoundException"),
        ("GetSourceApiAssociation", merged.named("none"), "NotFoundException"),
        (
            "StartSchemaMerge",
            json!({ "mergedApiIdentifier": other, "associationId": association }),
            "NotFoundException",
        ),
        ("DeleteGraphqlApi", json!({ "apiId": source }), "BadRequestException"),
        ("CreateDataSource", json!({ "apiId": merged.id, "name": "x", "type": "NONE" }), "BadRequestException"),
        (
            "StartSchemaCreation",
            json!({ "apiId": merged.id, "definition": "dHlwZSBRdWVyeSB7IGE6IElEIH0=" }),
            "BadRequestException",
        ),
    ];
    for (operation, input, code) in cases {
        let error = harness.call(operation, input.clone()).await.expect_err(operation);
        assert_eq!(error.code, code, "{operation} {input}: {error}");
    }
    for _ in 1..10 {
        merged.associate(&harness.api(SDL).await, "MANUAL_MERGE").await;
    }
    let error = harness.call("AssociateSourceGraphqlApi", pair(&merged.id, &harness.api(SDL).await)).await;
    assert_eq!(error.expect_err("the eleventh").code, "LimitExceededException");
    harness.ok("DeleteGraphqlApi", json!({ "apiId": merged.id })).await;
    harness.ok("DeleteGraphqlApi", json!({ "apiId": source })).await;
}
