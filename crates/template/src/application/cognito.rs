//! `AWS::Cognito::*`: a user pool with its clients, groups and users, and an identity pool with its roles.
//!
//! The settings stay JSON in CloudFormation's members, which are those of CreateUserPool and CreateUserPoolClient.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Cognito.html>

use serde_json::Value;

use super::assemble::Assembly;
use crate::{diagnostic::Position, template::Resource};

/// A user pool.
#[derive(Debug, Clone)]
pub struct UserPool {
    /// Its name in the template.
    pub logical_id: String,
    /// Where it stands in the template.
    pub position: Position,
    /// `REGION_` and nine letters and digits.
    pub id: String,
    /// `arn:aws:cognito-idp:REGION:ACCOUNT:userpool/ID`.
    pub arn: String,
    /// Its display name.
    pub name: Option<String>,
    /// The issuer of its tokens.
    pub issuer: String,
    /// The prefix or host of its hosted pages, from `AWS::Cognito::UserPoolDomain`.
    pub domain: Option<String>,
    /// The resource's properties.
    pub properties: Value,
    /// `AWS::Cognito::UserPoolClient`.
    pub clients: Vec<UserPoolClient>,
    /// `AWS::Cognito::UserPoolGroup`.
    pub groups: Vec<UserPoolGroup>,
    /// `AWS::Cognito::UserPoolUser`.
    pub users: Vec<UserPoolUser>,
}

/// An application that signs users in.
#[derive(Debug, Clone)]
pub struct UserPoolClient {
    /// Its name in the template.
    pub logical_id: String,
    /// 26 lowercase letters and digits.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// Present when `GenerateSecret` is true.
    pub secret: Option<String>,
    /// The resource's properties.
    pub properties: Value,
}

/// A group of users.
#[derive(Debug, Clone, PartialEq)]
pub struct UserPoolGroup {
    /// Its name in the template.
    pub logical_id: String,
    /// What `cognito:groups` says.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Lower goes first.
    pub precedence: Option<i64>,
    /// The role of its members.
    pub role_arn: Option<String>,
}

/// A user. A template gives no passwords.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPoolUser {
    /// Its name in the template.
    pub logical_id: String,
    /// The user's name.
    pub username: String,
    /// Names and values, for example `email`.
    pub attributes: Vec<(String, String)>,
    /// The groups that `AWS::Cognito::UserPoolUserToGroupAttachment` puts the user in.
    pub groups: Vec<String>,
}

/// An identity pool: AWS credentials for signed-in users and guests.
#[derive(Debug, Clone)]
pub struct IdentityPool {
    /// Its name in the template.
    pub logical_id: String,
    /// Where it stands in the template.
    pub position: Position,
    /// `REGION:` and a UUID.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// The resource's properties.
    pub properties: Value,
    /// `Roles` of `AWS::Cognito::IdentityPoolRoleAttachment`: ARNs under `authenticated` and `unauthenticated`.
    pub roles: Value,
    /// `RoleMappings` of the attachment, where it has some.
    pub role_mappings: Option<Value>,
}

pub(super) fn identity_pool(resource: &Resource) -> IdentityPool {
    IdentityPool {
        logical_id: resource.logical_id.clone(),
        position: resource.at,
        id: resource.identity.reference.clone(),
        name: resource.identity.attributes.get("Name").cloned().unwrap_or_default(),
        properties: resource.properties.clone(),
        roles: Value::Null,
        role_mappings: None,
    }
}

/// Gives an identity pool the roles of its attachment.
pub(super) fn identity_pool_roles(assembly: &mut Assembly<'_, '_>, resource: &Resource, pools: &mut [IdentityPool]) {
    let pool_id = text(&resource.properties, "IdentityPoolId").unwrap_or_default();
    match pools.iter_mut().find(|pool| pool.id == pool_id) {
        Some(pool) => {
            pool.roles = resource.properties.get("Roles").cloned().unwrap_or_default();
            pool.role_mappings = resource.properties.get("RoleMappings").cloned();
        }
        // After an earlier error the pool may be missing for that reason.
        None if assembly.report.has_errors() => {}
        None => {
            let message = format!("the template has no identity pool with the id '{pool_id}'");
            assembly.error("SW0180", resource, "IdentityPoolId", message);
        }
    }
}

pub(super) fn user_pool(resource: &Resource) -> UserPool {
    let attribute = |name| resource.identity.attributes.get(name).cloned().unwrap_or_default();
    UserPool {
        logical_id: resource.logical_id.clone(),
        position: resource.at,
        id: resource.identity.reference.clone(),
        arn: attribute("Arn"),
        name: text(&resource.properties, "UserPoolName"),
        issuer: attribute("ProviderURL"),
        domain: None,
        properties: resource.properties.clone(),
        clients: Vec::new(),
        groups: Vec::new(),
        users: Vec::new(),
    }
}

fn text(object: &Value, member: &str) -> Option<String> {
    object.get(member).and_then(Value::as_str).map(str::to_owned)
}

/// Adds what belongs to a user pool to it.
pub(super) fn member(assembly: &mut Assembly<'_, '_>, resource: &Resource, pools: &mut [UserPool]) {
    let pool_id = text(&resource.properties, "UserPoolId").unwrap_or_default();
    let Some(pool) = pools.iter_mut().find(|pool| pool.id == pool_id) else {
        // After an earlier error the pool may be missing for that reason.
        if !assembly.report.has_errors() {
            let message = format!("the template has no user pool with the id '{pool_id}'");
            assembly.error("SW0180", resource, "UserPoolId", message);
        }
        return;
    };
    match &*resource.resource_type {
        "AWS::Cognito::UserPoolClient" => pool.clients.push(client(resource)),
        "AWS::Cognito::UserPoolGroup" => pool.groups.push(group(resource)),
        "AWS::Cognito::UserPoolUser" => pool.users.push(user(resource)),
        "AWS::Cognito::UserPoolDomain" => pool.domain = text(&resource.properties, "Domain"),
        _ => attachment(assembly, resource, pool),
    }
}

fn client(resource: &Resource) -> UserPoolClient {
    let attribute = |name| resource.identity.attributes.get(name).cloned();
    UserPoolClient {
        logical_id: resource.logical_id.clone(),
        id: resource.identity.reference.clone(),
        name: attribute("Name").unwrap_or_default(),
        secret: attribute("ClientSecret"),
        properties: resource.properties.clone(),
    }
}

fn group(resource: &Resource) -> UserPoolGroup {
    UserPoolGroup {
        logical_id: resource.logical_id.clone(),
        name: resource.identity.reference.clone(),
        description: text(&resource.properties, "Description"),
        precedence: resource.properties.get("Precedence").and_then(Value::as_i64),
        role_arn: text(&resource.properties, "RoleArn"),
    }
}

fn user(resource: &Resource) -> UserPoolUser {
    let attributes = resource.properties.get("UserAttributes").and_then(Value::as_array);
    let attributes = attributes.into_iter().flatten();
    UserPoolUser {
        logical_id: resource.logical_id.clone(),
        username: resource.identity.reference.clone(),
        attributes: attributes.filter_map(|pair| Some((text(pair, "Name")?, text(pair, "Value")?))).collect(),
        groups: Vec::new(),
    }
}

/// Puts a user into a group. Both come before the attachment, which refers to them.
fn attachment(assembly: &mut Assembly<'_, '_>, resource: &Resource, pool: &mut UserPool) {
    let group = text(&resource.properties, "GroupName").unwrap_or_default();
    let username = text(&resource.properties, "Username").unwrap_or_default();
    if pool.groups.iter().all(|known| known.name != group) {
        assembly.error("SW0184", resource, "GroupName", format!("the user pool has no group '{group}'"));
    }
    match pool.users.iter_mut().find(|user| user.username == username) {
        Some(user) => user.groups.push(group),
        None => assembly.error("SW0184", resource, "Username", format!("the user pool has no user '{username}'")),
    }
}
