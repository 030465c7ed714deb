//! From records to a CloudFormation document: an API that was made call by call is loaded like one of a template, so
//! whatever a template can say works here, too, and means the same. What is too much for one stack goes into nested ones.

mod names;

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
};

use aws_protocol::Partition;
use serde::Serialize;
use serde_json::{Map, Value, json};
use template::{Derived, EventApi, Files, GraphqlApi};

use self::names::Names;
use crate::{
    Error,
    deployment::Addresses,
    limits,
    records::{Api, ChannelNamespace, Function, Handler, Resolver, Settings},
};

/// The name of the document, where messages need one.
const DOCUMENT: &str = "api.json";
/// The name of the schema's file.
const SCHEMA: &str = "schema.graphql";

/// A document with the texts that it names, and what its resources are called by.
struct Document {
    /// Resources of the root stack, then of each nested one.
    stacks: Vec<Map<String, Value>>,
    files: HashMap<PathBuf, String>,
    names: Names,
}

/// The GraphQL API as the `template` crate describes it, with the schema if that is whole.
///
/// # Errors
/// What the properties of CloudFormation do not allow.
pub(crate) fn graphql_api(api: &Api, partition: &Partition, addresses: &Addresses) -> Result<GraphqlApi, Error> {
    let loaded = load(api, partition, addresses)?.apis.pop();
    loaded.ok_or_else(|| Error::bad("the API cannot be read"))
}

/// The Event API as the `template` crate describes it.
///
/// # Errors
/// As [`graphql_api`].
pub(crate) fn event_api(api: &Api, partition: &Partition, addresses: &Addresses) -> Result<EventApi, Error> {
    let loaded = load(api, partition, addresses)?.event_apis.pop();
    loaded.ok_or_else(|| Error::bad("the API cannot be read"))
}

fn load(api: &Api, partition: &Partition, addresses: &Addresses) -> Result<template::Application, Error> {
    let mut document = Document::of(api, partition, addresses);
    document.write();
    let options = template::Options {
        region: partition.region.clone(),
        account: partition.account.clone(),
        stack_name: api.id().to_owned(),
        parameters: indexmap::IndexMap::new(),
    };
    let loaded = template::load(Path::new(DOCUMENT), &options, &document.names, &Texts(document.files));
    loaded.map(|loaded| loaded.application).map_err(refused)
}

/// The first thing that is wrong, without its place in a document that nobody wrote.
fn refused(error: template::Error) -> Error {
    match error {
        template::Error::Invalid(diagnostics) => {
            let is_error = |found: &&template::Diagnostic| found.severity == template::Severity::Error;
            let first = diagnostics.iter().find(is_error).map(|found| found.message.clone());
            Error::BadRequest(first.unwrap_or_default())
        }
        unreadable @ template::Error::Unreadable { .. } => Error::BadRequest(unreadable.to_string()),
    }
}

impl Document {
    fn of(api: &Api, partition: &Partition, addresses: &Addresses) -> Self {
        let id = api.id();
        let names = Names {
            api_id: id.to_owned(),
            addresses: addresses.clone(),
            by_logical_id: HashMap::new(),
            otherwise: Derived { region: partition.region.clone(), stack_name: id.to_owned() },
        };
        let mut document = Self { stacks: vec![Map::new()], files: HashMap::new(), names };
        document.api(api);
        if let Some(sdl) = api.served_sdl() {
            document.files.insert(SCHEMA.into(), sdl.to_string());
            document.add("Schema", "GraphQLSchema", json!({ "DefinitionS3Location": SCHEMA }));
        }
        if let Some(cache) = &api.core.cache {
            document.add("Cache", "ApiCache", properties(cache));
        }
        for (number, key) in api.members.api_keys.values().enumerate() {
            let name = document.add(&format!("Key{number}"), "ApiKey", json!({ "Expires": key.expires }));
            document.names.by_logical_id.insert(name, key.id.clone());
        }
        for (number, source) in api.members.data_sources.values().enumerate() {
            document.add(&format!("DataSource{number}"), "DataSource", properties(&**source));
        }
        for (number, namespace) in api.members.namespaces.values().enumerate() {
            let properties = document.namespace(namespace);
            document.add(&format!("Namespace{number}"), "ChannelNamespace", properties);
        }
        // A resolver of a field that the schema does not have yet cannot be served; nor can its API be without one.
        if api.core.schema.is_whole {
            document.code(api);
        }
        document
    }

    fn code(&mut self, api: &Api) {
        for (number, function) in api.members.functions.values().enumerate() {
            let properties = self.function(function);
            let name = self.add(&format!("Function{number}"), "FunctionConfiguration", properties);
            self.names.by_logical_id.insert(name, function.function_id.clone());
        }
        for (number, resolver) in api.members.resolvers.values().enumerate() {
            let properties = self.resolver(resolver);
            self.add(&format!("Resolver{number}"), "Resolver", properties);
        }
    }

    fn api(&mut self, api: &Api) {
        let (kind, mut properties) = match &api.core.settings {
            Settings::Graphql(settings) => ("GraphQLApi", properties(settings)),
            Settings::Events(settings) => ("Api", properties(settings)),
        };
        if let Some(members) = properties.as_object_mut() {
            members.retain(|name, _| !["ApiId", "Tags", "Created"].contains(&&**name));
            if api.graphql().is_some() {
                members.insert("EnvironmentVariables".to_owned(), json!(api.core.environment_variables));
            }
        }
        let api = json!({ "Type": format!("AWS::AppSync::{kind}"), "Properties": properties });
        self.stacks[0].insert("Api".to_owned(), api);
    }

    /// Adds a resource of the API. Answers its logical id behind that of the nested stack that it is in, if it is in one.
    fn add(&mut self, logical_id: &str, kind: &str, mut properties: Value) -> String {
        properties["ApiId"] = self.names.api_id.clone().into();
        let resource = json!({ "Type": format!("AWS::AppSync::{kind}"), "Properties": properties });
        if self.stacks.last().is_none_or(|stack| stack.len() >= limits::STACK_RESOURCES) {
            self.stacks.push(Map::new());
        }
        let number = self.stacks.len() - 1;
        self.stacks[number].insert(logical_id.to_owned(), resource);
        if number == 0 { logical_id.to_owned() } else { format!("Members{number}.{logical_id}") }
    }

    /// Writes the stacks to files.
    fn write(&mut self) {
        let mut stacks = std::mem::take(&mut self.stacks).into_iter();
        let mut root = stacks.next().unwrap_or_default();
        for (number, resources) in (1..).zip(stacks) {
            let file = format!("members-{number}.json");
            let stack = json!({ "Type": "AWS::CloudFormation::Stack", "Properties": { "TemplateURL": file } });
            root.insert(format!("Members{number}"), stack);
            self.files.insert(file.into(), json!({ "Resources": resources }).to_string());
        }
        self.files.insert(DOCUMENT.into(), json!({ "Resources": root }).to_string());
    }

    fn function(&mut self, function: &Function) -> Value {
        let mut properties = properties(function);
        self.texts(&format!("{}.{}", function.name, function.function_id), &function.handler, &mut properties);
        properties
    }

    fn resolver(&mut self, resolver: &Resolver) -> Value {
        let mut properties = properties(resolver);
        self.texts(&format!("{}.{}", resolver.type_name, resolver.field_name), &resolver.handler, &mut properties);
        properties
    }

    fn namespace(&mut self, namespace: &ChannelNamespace) -> Value {
        let mut properties = properties(namespace);
        if let Some(members) = properties.as_object_mut() {
            members.retain(|name, _| !["Tags", "Created", "LastModified", "CodeHandlers"].contains(&&**name));
        }
        if let Some(code) = &namespace.code_handlers {
            let path = format!("{}/code.js", namespace.name);
            properties["CodeS3Location"] = path.clone().into();
            self.files.insert(path.into(), code.clone());
        }
        properties
    }

    /// Code and templates become files of their own, so that messages can name them and count their lines.
    fn texts(&mut self, owner: &str, handler: &Handler, properties: &mut Value) {
        let texts = [
            ("Code", "code.js", &handler.code),
            ("RequestMappingTemplate", "request.vtl", &handler.request_mapping_template),
            ("ResponseMappingTemplate", "response.vtl", &handler.response_mapping_template),
        ];
        let Some(members) = properties.as_object_mut() else { return };
        for (property, file, text) in texts {
            members.remove(property);
            if let Some(text) = text {
                let path = format!("{owner}/{file}");
                members.insert(format!("{property}S3Location"), path.clone().into());
                self.files.insert(path.into(), text.clone());
            }
        }
        members.remove("FunctionId");
    }
}

/// A record as properties: the same names, each beginning with a capital letter.
fn properties(record: &impl Serialize) -> Value {
    capitalised(serde_json::to_value(record).expect("records have string keys and no failing serializers"))
}

/// Recursion follows requests, whose nesting the JSON parser bounds.
fn capitalised(value: Value) -> Value {
    match value {
        Value::Object(members) => members
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (capital(&name), capitalised(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(capitalised).collect(),
        other => other,
    }
}

fn capital(name: &str) -> String {
    if name == "dynamodbConfig" {
        return "DynamoDBConfig".to_owned();
    }
    let mut letters = name.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// The texts that the document names.
struct Texts(HashMap<PathBuf, String>);

impl Files for Texts {
    fn read(&self, path: &Path) -> io::Result<String> {
        self.0.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::records::{DataSource, GraphqlApi as Settings};

    fn record<T: serde::de::DeserializeOwned>(value: Value) -> T {
        serde_json::from_value(value).expect("a record")
    }

    #[test]
    fn an_api_may_have_more_than_one_stack_holds() {
        let settings: Settings = record(json!({ "apiId": "api", "name": "x", "authenticationType": "API_KEY" }));
        let mut api = Api::new(settings);
        api.sdl = Some("type Query { a: String }".into());
        api.core_mut().schema.is_whole = true;
        let source: DataSource = record(json!({ "name": "none", "type": "NONE" }));
        api.members.data_sources.insert("none".to_owned(), Arc::new(source));
        let ids: Vec<String> = (0..900).map(|number| format!("id{number:03}")).collect();
        for id in &ids {
            let function: Function = record(json!({ "functionId": id, "name": "f", "dataSourceName": "none" }));
            api.members.functions.insert(id.clone(), Arc::new(function));
        }
        let pipeline = json!({ "functions": ["id000", "id899"] });
        let resolver = json!({ "typeName": "Query", "fieldName": "a", "kind": "PIPELINE", "pipelineConfig": pipeline });
        api.members.resolvers.insert(("Query".to_owned(), "a".to_owned()), Arc::new(record(resolver)));

        let addresses = Addresses {
            graphql: "http://localhost/graphql".into(),
            realtime: "ws://localhost".into(),
            event_http: "localhost".into(),
            event_realtime: "localhost".into(),
        };
        let loaded = graphql_api(&api, &Partition::new("us-east-1", "000000000000"), &addresses).expect("one API");
        let mut functions: Vec<_> = loaded.functions.iter().map(|function| function.id.clone()).collect();
        functions.sort();
        assert_eq!((functions, loaded.resolvers.len()), (ids, 1));
    }

    #[test]
    fn names_of_properties_begin_with_capitals() {
        let source = json!({ "name": "t", "type": "AMAZON_DYNAMODB", "serviceRoleArn": null,
            "dynamodbConfig": { "tableName": "t", "deltaSyncConfig": { "baseTableTTL": 1 } } });
        let source: DataSource = record(source);
        let expected = json!({ "Name": "t", "Type": "AMAZON_DYNAMODB",
            "DynamoDBConfig": { "TableName": "t", "DeltaSyncConfig": { "BaseTableTTL": 1 } } });
        assert_eq!(properties(&source), expected);
    }
}
