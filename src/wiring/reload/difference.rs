//! What differs between two versions of an application.

use std::collections::{BTreeSet, HashMap};

use template::{Application, Declared, EventApi, GraphqlApi};

/// Resources that differ, are new or are gone: their types and logical ids.
pub(super) type Differing<'a> = BTreeSet<(&'a str, &'a str)>;

/// What is declared differently. Files are not compared.
pub(super) fn declared<'a>(before: &'a Application, after: &'a Application) -> Differing<'a> {
    let by_id = |application: &'a Application| -> HashMap<&'a str, &'a Declared> {
        application.declared.iter().map(|declared| (&*declared.logical_id, declared)).collect()
    };
    let (before, after) = (by_id(before), by_id(after));
    let all = before.values().chain(after.values());
    let differs = |declared: &&&Declared| before.get(&*declared.logical_id) != after.get(&*declared.logical_id);
    all.filter(differs).map(|declared| (&*declared.resource_type, &*declared.logical_id)).collect()
}

/// APIs that are new or differ, with everything that belongs to them and the text of their files.
pub(super) fn apis<'a>(before: &Application, after: &'a Application) -> Vec<&'a GraphqlApi> {
    let same = |api: &GraphqlApi| before.apis.iter().any(|other| other == api);
    after.apis.iter().filter(|api| !same(api)).collect()
}

/// The ids of APIs that are gone.
pub(super) fn removed_apis<'a>(before: &'a Application, after: &Application) -> Vec<&'a str> {
    let gone = |api: &&GraphqlApi| after.apis.iter().all(|other| other.id != api.id);
    before.apis.iter().filter(gone).map(|api| &*api.id).collect()
}

/// The same of Event APIs.
pub(super) fn event_apis<'a>(before: &Application, after: &'a Application) -> Vec<&'a EventApi> {
    let same = |api: &EventApi| before.event_apis.iter().any(|other| other == api);
    after.event_apis.iter().filter(|api| !same(api)).collect()
}

/// The same of Event APIs.
pub(super) fn removed_event_apis<'a>(before: &'a Application, after: &Application) -> Vec<&'a str> {
    let gone = |api: &&EventApi| after.event_apis.iter().all(|other| other.id != api.id);
    before.event_apis.iter().filter(gone).map(|api| &*api.id).collect()
}

/// Of the resources that differ from those of the start, the ones that only a start takes over, in words.
pub(super) fn needing_restart(started: &Application, after: &Application, embeds_states: bool) -> Vec<String> {
    let on_aws_only = |logical_id: &str| {
        [started, after].iter().all(|application| {
            let declares = application.declared.iter().any(|declared| declared.logical_id == logical_id);
            !declares || application.on_aws_only.iter().any(|resource| resource.logical_id == logical_id)
        })
    };
    let taken_over = |resource_type: &str| match resource_type {
        "AWS::StepFunctions::StateMachine" | "AWS::StepFunctions::Activity" => embeds_states,
        "AWS::Events::Rule" | "AWS::Events::Connection" | "AWS::IAM::Role" | "AWS::IAM::Policy" => true,
        // A stack's own resources are compared.
        "AWS::CloudFormation::Stack" => true,
        other => other.starts_with("AWS::AppSync::"),
    };
    // They run elsewhere, but the settings may name them by their logical ids, which are looked up at a start.
    let named_by_settings = |resource_type: &str| {
        matches!(resource_type, "AWS::RDS::DBCluster" | "AWS::OpenSearchService::Domain" | "AWS::Elasticsearch::Domain")
    };
    declared(started, after)
        .into_iter()
        .filter(|(resource_type, logical_id)| {
            !taken_over(resource_type) && (named_by_settings(resource_type) || !on_aws_only(logical_id))
        })
        .map(|(resource_type, logical_id)| format!("{logical_id} ({resource_type})"))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use template::OnAwsOnly;

    use super::*;

    fn application(declared: &[(&str, &str, Value)]) -> Application {
        let declared = declared.iter().map(|(logical_id, resource_type, properties)| Declared {
            logical_id: (*logical_id).to_owned(),
            resource_type: (*resource_type).to_owned(),
            properties: properties.clone(),
        });
        Application { declared: declared.collect(), ..Application::default() }
    }

    #[test]
    fn what_differs_is_named_once_and_what_a_start_alone_takes_over_needs_one() {
        let before = application(&[
            ("Same", "AWS::DynamoDB::Table", json!({ "a": 1 })),
            ("Keys", "AWS::DynamoDB::Table", json!({ "a": 1 })),
            ("Gone", "AWS::Cognito::UserPool", json!({})),
            ("Machine", "AWS::StepFunctions::StateMachine", json!({ "a": 1 })),
        ]);
        let after = application(&[
            ("Same", "AWS::DynamoDB::Table", json!({ "a": 1 })),
            ("Keys", "AWS::DynamoDB::Table", json!({ "a": 2 })),
            ("Machine", "AWS::StepFunctions::StateMachine", json!({ "a": 2 })),
            ("Api", "AWS::AppSync::GraphQLApi", json!({})),
        ]);
        let ids: Vec<&str> = declared(&before, &after).into_iter().map(|(_, logical_id)| logical_id).collect();
        assert_eq!(ids, ["Api", "Gone", "Keys", "Machine"]);
        let restart = needing_restart(&before, &after, true);
        assert_eq!(restart, ["Gone (AWS::Cognito::UserPool)", "Keys (AWS::DynamoDB::Table)"]);
        let mut search = application(&[("Search", "AWS::OpenSearchService::Domain", json!({}))]);
        search.on_aws_only = vec![OnAwsOnly {
            logical_id: "Search".to_owned(),
            resource_type: "AWS::OpenSearchService::Domain".to_owned(),
            reference: String::new(),
            position: template::Position::default(),
        }];
        let restart = needing_restart(&application(&[]), &search, true);
        assert_eq!(restart, ["Search (AWS::OpenSearchService::Domain)"], "settings may name it");
        let restart = needing_restart(&before, &after, false);
        assert!(restart.contains(&"Machine (AWS::StepFunctions::StateMachine)".to_owned()), "{restart:?}");
    }
}
