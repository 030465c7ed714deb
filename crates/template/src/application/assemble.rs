//! Sorts resolved resources into an [`Application`] and reads the files that they name.

use std::path::PathBuf;

use serde::de::DeserializeOwned;

use super::{
    Application, Declared, OnAwsOnly, Output, appsync, cognito, connections, dynamodb, events, iam, lambda, s3,
    step_functions,
};
use crate::{
    amplify_table,
    assets::Assets,
    diagnostic::{Position, Problem, Report},
    nested,
    node::Node,
    pseudo::Stack,
    source::{Layout, Source},
    template::{Resolved, Resource},
};

const SOURCE_API_ASSOCIATION: &str = "AWS::AppSync::SourceApiAssociation";

/// What it takes to turn resources into typed ones.
pub(crate) struct Assembly<'a, 'r> {
    assets: &'a Assets<'r>,
    pub(crate) report: &'a mut Report,
}

/// The application that `resolved` describes. What is wrong goes to the report.
pub(crate) fn assemble(resolved: Resolved, stack: &Stack, assets: &Assets<'_>, report: &mut Report) -> Application {
    let mut assembly = Assembly { assets, report };
    let mut application = Application {
        region: stack.partition.region.clone(),
        account: stack.partition.account.clone(),
        stack_name: stack.name.clone(),
        ..Application::default()
    };
    // Owners first: what belongs to an API or a pool looks for it, also when it names it by text instead of a Ref.
    let (owners, members): (Vec<&Resource>, Vec<&Resource>) =
        resolved.resources.iter().partition(|resource| is_owner(&resource.resource_type));
    for resource in owners.into_iter().chain(members) {
        assembly.place(resource, &mut application);
    }
    appsync::check_references(&application.apis, &mut assembly);
    appsync::check_event_apis(&application.event_apis, &mut assembly);
    for resource in resolved.resources.iter().filter(|resource| resource.resource_type == SOURCE_API_ASSOCIATION) {
        appsync::associate(&mut assembly, resource, &mut application.apis);
    }
    application.declared = resolved.resources.into_iter().map(declared).collect();
    application.outputs = resolved
        .outputs
        .into_iter()
        .map(|output| Output { name: output.name, description: output.description, value: output.value })
        .collect();
    application
}

fn declared(resource: Resource) -> Declared {
    let Resource { logical_id, resource_type, properties, .. } = resource;
    Declared { logical_id, resource_type, properties }
}

fn is_owner(resource_type: &str) -> bool {
    matches!(
        resource_type,
        "AWS::AppSync::GraphQLApi"
            | "AWS::AppSync::Api"
            | "AWS::Cognito::UserPool"
            | "AWS::Cognito::IdentityPool"
            | "AWS::IAM::Role"
    )
}

impl Assembly<'_, '_> {
    fn place(&mut self, resource: &Resource, application: &mut Application) {
        match &*resource.resource_type {
            "AWS::AppSync::GraphQLApi" => application.apis.extend(appsync::graphql_api(self, resource)),
            "AWS::AppSync::Api" => application.event_apis.extend(appsync::event_api(self, resource)),
            "AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable" => {
                application.tables.extend(dynamodb::table(self, resource));
            }
            name if amplify_table::is(name) => application.tables.extend(dynamodb::table(self, resource)),
            "AWS::StepFunctions::StateMachine" => {
                application.state_machines.extend(step_functions::state_machine(self, resource));
            }
            "AWS::StepFunctions::Activity" => {
                application.activities.push(step_functions::activity(resource));
            }
            "AWS::Cognito::UserPool" => application.user_pools.push(cognito::user_pool(resource)),
            "AWS::Cognito::IdentityPool" => application.identity_pools.push(cognito::identity_pool(resource)),
            "AWS::Cognito::IdentityPoolRoleAttachment" => {
                cognito::identity_pool_roles(self, resource, &mut application.identity_pools);
            }
            "AWS::Lambda::Function" | "AWS::Serverless::Function" => {
                application.functions.push(lambda::function(self, resource));
            }
            "AWS::Events::Connection" => {
                application.connections.extend(connections::connection(self, resource));
            }
            "AWS::Events::Rule" => application.rules.extend(events::rule(self, resource)),
            "AWS::S3::Bucket" => application.buckets.push(s3::bucket(resource)),
            "AWS::IAM::Role" => application.roles.extend(iam::role(self, resource)),
            // What is in it stands among the resources.
            nested::STACK => {}
            "AWS::IAM::Policy" => iam::policy(self, resource, &mut application.roles),
            // Later, when the source is complete.
            SOURCE_API_ASSOCIATION => {}
            name if name.starts_with("AWS::AppSync::") && resource.identity.runs_here => {
                appsync::member(self, resource, application);
            }
            name if name.starts_with("AWS::Cognito::") && resource.identity.runs_here => {
                cognito::member(self, resource, &mut application.user_pools);
            }
            _ => application.on_aws_only.push(OnAwsOnly {
                logical_id: resource.logical_id.clone(),
                reference: resource.identity.reference.clone(),
                resource_type: resource.resource_type.clone(),
                position: resource.at,
            }),
        }
    }

    /// The properties as `T`. The shapes have been checked, so this fails only after an error, or for a number that
    /// does not fit its property.
    pub(crate) fn properties<T: DeserializeOwned>(&mut self, resource: &Resource) -> Option<T> {
        match T::deserialize(&resource.properties) {
            Ok(properties) => Some(properties),
            Err(error) => {
                if !self.report.has_errors() {
                    let message = format!("the properties of '{}' cannot be read: {error}", resource.logical_id);
                    self.report.add(Problem::error("SW0151", resource.at, message));
                }
                None
            }
        }
    }

    /// Where a file or folder may be that a property at `at` names, in the order to look.
    pub(crate) fn candidates(&self, at: Position, location: &str) -> Vec<PathBuf> {
        self.assets.candidates(&self.report.file(at).path, location)
    }

    /// Reports an error at a property, or at the resource when it has no such property.
    pub(crate) fn error(&mut self, code: &'static str, resource: &Resource, property: &str, message: String) {
        self.report.add(Problem::error(code, position(resource, property), message));
    }

    /// Text that is given inline in `inline` or as a file in `location`.
    pub(crate) fn text(&mut self, resource: &Resource, inline: &str, location: &str) -> Option<Source> {
        match (resource.node.get(inline), resource.node.get(location)) {
            (Some(_), Some(both)) => {
                let message = format!("'{location}' and '{inline}' exclude each other");
                self.report.add(Problem::error("SW0154", both.at, message));
                None
            }
            (Some(node), None) => Some(self.inline(node)),
            (None, Some(node)) => self.file(node),
            (None, None) => None,
        }
    }

    /// Text that stands in the template itself.
    fn inline(&self, node: &Node) -> Source {
        let text = node.to_text().unwrap_or_default();
        // A block's position is that of its first line of text, not that of its `|`.
        let file = self.report.file(node.at);
        let layout = file.layout(&text, node.at.line, node.at.column);
        Source { path: file.path.clone(), first_line: node.at.line, layout, text: text.into() }
    }

    /// The file that `node` names, relative to the template that it stands in.
    pub(crate) fn file(&mut self, node: &Node) -> Option<Source> {
        let file = self.assets.read(&self.report.file(node.at).path, node);
        let file = self.report.take(file)?;
        Some(Source { path: file.path, first_line: 1, layout: Layout::File, text: file.text })
    }
}

fn position(resource: &Resource, property: &str) -> Position {
    resource.node.get(property).map_or(resource.at, |node| node.at)
}
