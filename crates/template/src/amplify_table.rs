//! `Custom::AmplifyDynamoDBTable`: how Amplify Gen 2 makes a model's table, through a function of its own that changes
//! indexes one at a time. Here it is the table that the function would make: `AWS::DynamoDB::Table` under other names.

use crate::node::{Content, Entry, Node};

/// What only Amplify's function reads.
const OF_THE_FUNCTION: &[&str] =
    &["ServiceToken", "allowDestructiveGraphqlSchemaUpdates", "isImported", "replaceTableUponGsiUpdate"];

/// Abbreviations that CloudFormation writes in capitals.
const ABBREVIATIONS: &[(&str, &str)] = &[("sse", "SSE"), ("kms", "KMS")];

/// Whether a resource type is such a table.
// AWS differs: an imported table is one that the account already has.
pub(crate) fn is(resource_type: &str) -> bool {
    matches!(resource_type, "Custom::AmplifyDynamoDBTable" | "Custom::ImportedAmplifyDynamoDBTable")
}

/// The properties in the words of `AWS::DynamoDB::Table`.
pub(crate) fn properties(node: &Node) -> Node {
    let kept = node.entries().iter().filter(|entry| !OF_THE_FUNCTION.contains(&&*entry.key));
    Node { at: node.at, content: Content::Map(kept.map(renamed).collect()) }
}

fn renamed(entry: &Entry) -> Entry {
    let abbreviation = ABBREVIATIONS.iter().find_map(|(short, long)| {
        let rest = entry.key.strip_prefix(short)?;
        Some(format!("{long}{rest}"))
    });
    let key = abbreviation.unwrap_or_else(|| capitalized(&entry.key));
    Entry { key, key_at: entry.key_at, value: with_renamed_keys(&entry.value) }
}

/// The depth is that of the template's text, which has a bound.
fn with_renamed_keys(node: &Node) -> Node {
    let content = match &node.content {
        Content::Map(entries) => Content::Map(entries.iter().map(renamed).collect()),
        Content::List(items) => Content::List(items.iter().map(with_renamed_keys).collect()),
        scalar => scalar.clone(),
    };
    Node { at: node.at, content }
}

fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn properties_get_cloudformations_names() {
        let text = r#"{
            "ServiceToken": "arn", "replaceTableUponGsiUpdate": false, "tableName": "Post",
            "keySchema": [{"attributeName": "id", "keyType": "HASH"}], "sseSpecification": {"sseEnabled": true},
            "provisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
        }"#;
        let node = crate::parse::parse(text, 0).expect("JSON");
        let expected = json!({
            "TableName": "Post", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "SSESpecification": {"SSEEnabled": true},
            "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        });
        assert_eq!(properties(&node).to_json(), expected);
    }
}
