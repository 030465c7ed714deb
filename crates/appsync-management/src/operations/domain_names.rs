//! Custom domain names and the API that each is associated with.
//!
//! AWS differs: the certificate and the DNS record are AWS's there; here the host of a request decides, and who resolves
//! it to this server is the user's business.
//!
//! <https://docs.aws.amazon.com/appsync/latest/APIReference/API_CreateDomainName.html>

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Error,
    input::{self, Page},
    limits,
    records::DomainName,
    registry::{Kind, Registry},
    wire,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    #[serde(deserialize_with = "input::domain_name")]
    domain_name: String,
}

pub(super) async fn create(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let domain: DomainName = input::parse(input)?;
    let domain = DomainName { api_id: None, ..domain };
    check(&domain)?;
    if registry.domains().len() >= limits::DOMAIN_NAMES {
        return Err(Error::LimitExceeded(format!("An account has at most {} domain names.", limits::DOMAIN_NAMES)));
    }
    let (name, answer) = (domain.domain_name.clone(), described(registry, &domain));
    let create = |known: Option<&DomainName>| match known {
        Some(_) => Err(Error::BadRequest(format!("Domain name {} already exists.", domain.domain_name))),
        None => Ok(Some(domain)),
    };
    registry.change_domain(&name, create).await?;
    Ok(json!({ "domainNameConfig": answer }))
}

fn check(domain: &DomainName) -> Result<(), Error> {
    let name = &domain.domain_name;
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    if name.len() > 253 || !name.contains('.') || !name.split('.').all(label) {
        // AWS differs: a name may begin with a wildcard there.
        let pattern = "Member must satisfy regular expression pattern: ^([\\w\\d-]+\\.)+[\\w\\d-]+$";
        return Err(Error::constraint(name, "domainName", pattern));
    }
    input::check_length(domain.description.as_deref().unwrap_or_default(), "description", 255)?;
    input::check_tags(&domain.tags)
}

pub(super) fn get(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let Named { domain_name } = input::parse(input)?;
    Ok(json!({ "domainNameConfig": described(registry, &*registry.domain(&domain_name)?) }))
}

pub(super) async fn update(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let Named { domain_name } = input::parse(input)?;
    let description = input.get("description").and_then(Value::as_str).map(str::to_owned);
    input::check_length(description.as_deref().unwrap_or_default(), "description", 255)?;
    changed(registry, &domain_name, |domain| {
        domain.description = description;
        Ok(())
    })
    .await?;
    get(registry, input)
}

pub(super) async fn delete(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let Named { domain_name } = input::parse(input)?;
    let delete = |known: Option<&DomainName>| match known {
        None => Err(not_found(&domain_name)),
        Some(DomainName { api_id: Some(_), .. }) => {
            Err(Error::bad("The domain name is associated with an API: disassociate it first."))
        }
        Some(_) => Ok(None),
    };
    registry.change_domain(&domain_name, delete).await?;
    Ok(json!({}))
}

pub(super) fn list(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let page: Page = input::parse(input)?;
    let domains = registry.domains();
    page.of("domainNameConfigs", domains.iter().map(|(name, domain)| (name.clone(), described(registry, domain))))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AssociateRequest {
    #[serde(deserialize_with = "input::domain_name")]
    domain_name: String,
    api_id: String,
}

pub(super) async fn associate(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let AssociateRequest { domain_name, api_id } = input::parse(input)?;
    registry.find(Kind::Either, &api_id)?;
    changed(registry, &domain_name, |domain| {
        if domain.api_id.as_ref().is_some_and(|known| *known != api_id) {
            return Err(Error::bad("The domain name is associated with another API: disassociate it first."));
        }
        domain.api_id = Some(api_id);
        Ok(())
    })
    .await?;
    association(registry, input)
}

pub(super) async fn disassociate(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let Named { domain_name } = input::parse(input)?;
    changed(registry, &domain_name, |domain| match domain.api_id.take() {
        Some(_) => Ok(()),
        None => Err(no_association(&domain_name)),
    })
    .await?;
    Ok(json!({}))
}

pub(super) fn association(registry: &Registry, input: &Value) -> Result<Value, Error> {
    let Named { domain_name } = input::parse(input)?;
    let domain = registry.domain(&domain_name)?;
    let api_id = domain.api_id.as_deref().ok_or_else(|| no_association(&domain_name))?;
    Ok(json!({ "apiAssociation": wire::api_association(&domain_name, api_id) }))
}

async fn changed(
    registry: &Registry,
    name: &str,
    change: impl FnOnce(&mut DomainName) -> Result<(), Error> + Send,
) -> Result<(), Error> {
    let change = |known: Option<&DomainName>| {
        let mut domain = known.cloned().ok_or_else(|| not_found(name))?;
        change(&mut domain)?;
        Ok(Some(domain))
    };
    registry.change_domain(name, change).await
}

fn not_found(name: &str) -> Error {
    Error::NotFound(format!("Domain name {name} not found."))
}

fn no_association(name: &str) -> Error {
    Error::NotFound(format!("No API is associated with the domain name {name}."))
}

fn described(registry: &Registry, domain: &DomainName) -> Value {
    let addresses = registry.deployer.addresses(domain.api_id.as_deref().unwrap_or_default());
    let host = addresses.graphql.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    wire::domain_name(&registry.partition, domain, host)
}
