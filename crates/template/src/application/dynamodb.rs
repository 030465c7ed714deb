//! `AWS::DynamoDB::Table`, Amplify's custom resource for the same, and `AWS::DynamoDB::GlobalTable`, of which there is the
//! one table of this region.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html>

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::assemble::Assembly;
use crate::{diagnostic::Position, template::Resource};

/// Properties that CreateTable takes as they are.
const SAME_IN_CREATE_TABLE: &[&str] = &[
    "AttributeDefinitions",
    "BillingMode",
    "DeletionProtectionEnabled",
    "KeySchema",
    "LocalSecondaryIndexes",
    "OnDemandThroughput",
    "ProvisionedThroughput",
    "TableClass",
    "Tags",
];

/// A table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name in the template.
    pub logical_id: String,
    /// Where it stands in the template.
    pub position: Position,
    /// The table's name.
    pub name: String,
    /// `arn:aws:dynamodb:REGION:ACCOUNT:table/NAME`.
    pub arn: String,
    /// Hash key, then range key if there is one.
    pub key_schema: Vec<KeySchemaElement>,
    /// The attributes that keys use.
    pub attribute_definitions: Vec<AttributeDefinition>,
    /// The attribute that holds the epoch second of an item's end, when time to live is on.
    pub time_to_live_attribute: Option<String>,
    /// The input of CreateTable.
    pub create_table: Value,
}

/// A part of a key.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct KeySchemaElement {
    /// The attribute.
    pub attribute_name: String,
    /// `HASH` or `RANGE`.
    pub key_type: String,
}

/// The type of an attribute that a key uses.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct AttributeDefinition {
    /// The attribute.
    pub attribute_name: String,
    /// `S`, `N` or `B`.
    pub attribute_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TableProperties {
    key_schema: Vec<KeySchemaElement>,
    #[serde(default)]
    attribute_definitions: Vec<AttributeDefinition>,
    time_to_live_specification: Option<TimeToLive>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TimeToLive {
    enabled: bool,
    attribute_name: Option<String>,
}

pub(super) fn table(assembly: &mut Assembly<'_, '_>, resource: &Resource) -> Option<Table> {
    let properties: TableProperties = assembly.properties(resource)?;
    let name = resource.identity.reference.clone();
    for key in &properties.key_schema {
        if properties.attribute_definitions.iter().all(|known| known.attribute_name != key.attribute_name) {
            let message = format!("the key attribute '{}' is not among the AttributeDefinitions", key.attribute_name);
            assembly.error("SW0183", resource, "KeySchema", message);
        }
    }
    let attribute = |name| resource.identity.attributes.get(name).cloned();
    let time_to_live = properties.time_to_live_specification.filter(|setting| setting.enabled);
    Some(Table {
        logical_id: resource.logical_id.clone(),
        position: resource.at,
        arn: attribute("Arn").or_else(|| attribute("TableArn")).unwrap_or_default(),
        create_table: create_table(&name, resource),
        name,
        key_schema: properties.key_schema,
        attribute_definitions: properties.attribute_definitions,
        time_to_live_attribute: time_to_live.and_then(|setting| setting.attribute_name),
    })
}

/// The properties in the words of CreateTable, which differ in a few members.
fn create_table(name: &str, resource: &Resource) -> Value {
    let properties = &resource.properties;
    let mut input = Map::from_iter([("TableName".to_owned(), json!(name))]);
    for (name, value) in properties.as_object().into_iter().flatten() {
        if SAME_IN_CREATE_TABLE.contains(&&**name) {
            input.insert(name.clone(), value.clone());
        }
    }
    if resource.resource_type == "AWS::DynamoDB::GlobalTable" {
        // Its capacity is a matter of each replica; the embedded tables have no limits of it.
        input.insert("BillingMode".to_owned(), json!("PAY_PER_REQUEST"));
    }
    let indexes = properties.get("GlobalSecondaryIndexes").and_then(Value::as_array);
    if let Some(indexes) = indexes {
        let kept = ["IndexName", "KeySchema", "Projection", "ProvisionedThroughput", "OnDemandThroughput"];
        let indexes = indexes.iter().map(|index| members(index, &kept));
        input.insert("GlobalSecondaryIndexes".to_owned(), indexes.collect());
    }
    if let Some(view_type) = properties.pointer("/StreamSpecification/StreamViewType") {
        let stream = json!({"StreamEnabled": true, "StreamViewType": view_type});
        input.insert("StreamSpecification".to_owned(), stream);
    }
    if let Some(Value::Bool(enabled)) = properties.pointer("/SSESpecification/SSEEnabled") {
        let mut encryption = members(&properties["SSESpecification"], &["SSEType", "KMSMasterKeyId"]);
        encryption["Enabled"] = json!(enabled);
        input.insert("SSESpecification".to_owned(), encryption);
    }
    Value::Object(input)
}

fn members(object: &Value, names: &[&str]) -> Value {
    let members = names.iter().filter_map(|name| Some(((*name).to_owned(), object.get(name)?.clone())));
    Value::Object(members.collect())
}
