//! `AWS::IAM::Role` and `AWS::IAM::Policy`: what roles may do, as policy documents.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html>

use serde::Deserialize;
use serde_json::Value;

use super::assemble::Assembly;
use crate::{diagnostic::Position, template::Resource};

/// A role.
#[derive(Debug, Clone)]
pub struct Role {
    /// Its name in the template.
    pub logical_id: String,
    /// Where it stands in the template.
    pub position: Position,
    /// The role's name.
    pub name: String,
    /// `arn:aws:iam::ACCOUNT:role/NAME`.
    pub arn: String,
    /// `AROA` and 17 capital letters and digits.
    pub id: String,
    /// Who may take the role.
    pub assume_role_policy: Value,
    /// What it may do: inline policies and those of `AWS::IAM::Policy`.
    pub policies: Vec<RolePolicy>,
    /// Policies that AWS or the account keeps; their documents are unknown here.
    pub managed_policy_arns: Vec<String>,
}

/// A policy of a role.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RolePolicy {
    /// Its name.
    #[serde(rename = "PolicyName")]
    pub name: String,
    /// The policy document.
    #[serde(rename = "PolicyDocument")]
    pub document: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RoleProperties {
    assume_role_policy_document: Value,
    #[serde(default)]
    policies: Vec<RolePolicy>,
    #[serde(default)]
    managed_policy_arns: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PolicyProperties {
    #[serde(flatten)]
    policy: RolePolicy,
    #[serde(default)]
    roles: Vec<String>,
}

pub(super) fn role(assembly: &mut Assembly<'_, '_>, resource: &Resource) -> Option<Role> {
    let properties: RoleProperties = assembly.properties(resource)?;
    let attribute = |name| resource.identity.attributes.get(name).cloned().unwrap_or_default();
    Some(Role {
        logical_id: resource.logical_id.clone(),
        position: resource.at,
        name: resource.identity.reference.clone(),
        arn: attribute("Arn"),
        id: attribute("RoleId"),
        assume_role_policy: properties.assume_role_policy_document,
        policies: properties.policies,
        managed_policy_arns: properties.managed_policy_arns,
    })
}

/// Adds a policy to the roles that it names.
pub(super) fn policy(assembly: &mut Assembly<'_, '_>, resource: &Resource, roles: &mut [Role]) {
    let Some(properties) = assembly.properties::<PolicyProperties>(resource) else { return };
    for role in roles.iter_mut().filter(|role| properties.roles.contains(&role.name)) {
        role.policies.push(properties.policy.clone());
    }
}
