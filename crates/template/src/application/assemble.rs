//! Sorts resolved resources into an [`Application`] and reads the files that they name.

use std::{io::ErrorKind, path::Path};

use serde::de::DeserializeOwned;

use super::{
    Application, OnAwsOnly, Output, appsync, cognito, connections, dynamodb, events, iam, lambda, s3, step_functions,
};
use crate::{
    diagnostic::{Position, Problem, Report},
    node::Node,
    pseudo::Stack,
    source::{Files, LONGEST_FILE, Source, SourceFile, candidates},
    template::{Resolved, Resource},
};

/// What it takes to turn resources into typed ones.
pub(crate) struct Assembly<'a, 'r> {
    template: &'a SourceFile,
    files: &'a dyn Files,
    pub(crate) report: &'a mut Report<'r>,
}

/// The application that `resolved` describes. What is wrong goes to the report.
pub(crate) fn assemble<'a>(
    resolved: Resolved,
    stack: &Stack,
    template: &'a SourceFile,
    files: &'a dyn Files,
    report: &'a mut Report<'_>,
) -> Application {
    let mut assembly = Assembly { template, files, report };
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
    application.outputs = resolved
        .outputs
        .into_iter()
        .map(|output| Output { name: output.name, description: output.description, value: output.value })
        .collect();
    application
}

fn is_owner(resource_type: &str) -> bool {
    matches!(resource_type, "AWS::AppSync::GraphQLApi" | "AWS::Cognito::UserPool" | "AWS::IAM::Role")
}

impl Assembly<'_, '_> {
    fn place(&mut self, resource: &Resource, application: &mut Application) {
        match &*resource.resource_type {
            "AWS::AppSync::GraphQLApi" => application.apis.extend(appsync::graphql_api(self, resource)),
            "AWS::DynamoDB::Table" => application.tables.extend(dynamodb::table(self, resource)),
            "AWS::StepFunctions::StateMachine" => {
                application.state_machines.extend(step_functions::state_machine(self, resource));
            }
            "AWS::StepFunctions::Activity" => {
                application.activities.push(step_functions::activity(resource));
            }
            "AWS::Cognito::UserPool" => application.user_pools.push(cognito::user_pool(resource)),
            "AWS::Lambda::Function" | "AWS::Serverless::Function" => {
                application.functions.push(lambda::function(self, resource));
            }
            "AWS::Events::Connection" => {
                application.connections.extend(connections::connection(self, resource));
            }
            "AWS::Events::Rule" => application.rules.extend(events::rule(self, resource)),
            "AWS::S3::Bucket" => application.buckets.push(s3::bucket(resource)),
            "AWS::IAM::Role" => application.roles.extend(iam::role(self, resource)),
            "AWS::IAM::Policy" => iam::policy(self, resource, &mut application.roles),
            name if name.starts_with("AWS::AppSync::") && resource.identity.runs_here => {
                appsync::member(self, resource, &mut application.apis);
            }
            name if name.starts_with("AWS::Cognito::") && resource.identity.runs_here => {
                cognito::member(self, resource, &mut application.user_pools);
            }
            _ => application.on_aws_only.push(OnAwsOnly {
                logical_id: resource.logical_id.clone(),
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

    /// The template's own path.
    pub(crate) fn template_path(&self) -> &Path {
        &self.template.path
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
        Source { path: self.template.path.clone(), first_line: node.at.line, text: text.into() }
    }

    /// The file that `node` names, relative to the template.
    pub(crate) fn file(&mut self, node: &Node) -> Option<Source> {
        let Some(location) = node.as_text() else {
            self.report.add(in_s3(node.at));
            return None;
        };
        for path in candidates(&self.template.path, location) {
            match self.files.read(&path) {
                Ok(text) if text.len() > LONGEST_FILE => return self.too_large(&path, node),
                Ok(text) => return Some(Source { path, first_line: 1, text: text.into() }),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) if error.kind() == ErrorKind::FileTooLarge => return self.too_large(&path, node),
                Err(error) => {
                    let message = format!("the file {} cannot be read: {error}", path.display());
                    self.report.add(Problem::error("SW0160", node.at, message));
                    return None;
                }
            }
        }
        self.report.add(match location.strip_prefix("s3://") {
            Some(_) => in_s3(node.at),
            None => Problem::error("SW0160", node.at, format!("there is no file '{location}'"))
                .help("a path is relative to the folder of the template"),
        });
        None
    }

    fn too_large(&mut self, path: &Path, node: &Node) -> Option<Source> {
        let message = format!("the file {} is larger than 1 MB", path.display());
        self.report.add(Problem::error("SW0162", node.at, message));
        None
    }
}

fn in_s3(at: Position) -> Problem {
    Problem::error("SW0161", at, "this file is in S3, where it cannot be read")
        .help("run the template as it was before `aws cloudformation package`")
}

fn position(resource: &Resource, property: &str) -> Position {
    resource.node.get(property).map_or(resource.at, |node| node.at)
}
