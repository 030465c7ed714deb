//! Records as answers: with ARNs, addresses and what else follows from them.

use aws_protocol::Partition;
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    deployment::Addresses,
    limits,
    records::{
        ApiCache, ApiKey, Association, ChannelNamespace, DataSource, DomainName, EventApi, Function, GraphqlApi,
        Resolver,
    },
};

const DAY_SECONDS: i64 = 86_400;

fn record(record: &impl Serialize) -> Value {
    let mut value = serde_json::to_value(record).expect("records have string keys and no failing serializers");
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    value
}

/// `arn:aws:appsync:REGION:ACCOUNT:apis/ID`, and what comes after it.
pub(crate) fn arn(partition: &Partition, api_id: &str, rest: &str) -> String {
    partition.arn("appsync", &format!("apis/{api_id}{rest}"))
}

pub(crate) fn graphql_api(partition: &Partition, api: &GraphqlApi, addresses: &Addresses) -> Value {
    let mut answer = record(api);
    answer["arn"] = arn(partition, &api.api_id, "").into();
    answer["uris"] = json!({ "GRAPHQL": addresses.graphql, "REALTIME": addresses.realtime });
    answer["dns"] = json!({ "GRAPHQL": host(&addresses.graphql), "REALTIME": host(&addresses.realtime) });
    answer["owner"] = partition.account.clone().into();
    answer
}

/// AWS differs: what stands in `dns` is a host alone there. Here the path of the API comes with it, so that
/// `https://HOST/event` and `wss://HOST/event/realtime` lead to this API and to no other.
pub(crate) fn event_api(partition: &Partition, api: &EventApi, addresses: &Addresses) -> Value {
    let mut answer = record(api);
    answer["apiArn"] = arn(partition, &api.api_id, "").into();
    answer["dns"] = json!({ "HTTP": addresses.event_http, "REALTIME": addresses.event_realtime });
    answer["xrayEnabled"] = false.into();
    answer
}

pub(crate) fn channel_namespace(partition: &Partition, api_id: &str, namespace: &ChannelNamespace) -> Value {
    let mut answer = record(namespace);
    answer["apiId"] = api_id.into();
    answer["channelNamespaceArn"] = arn(partition, api_id, &format!("/channelNamespace/{}", namespace.name)).into();
    answer
}

/// The host and port of a URL.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest)
}

pub(crate) fn api_cache(cache: &ApiCache) -> Value {
    let mut answer = record(cache);
    answer["status"] = "AVAILABLE".into();
    answer
}

pub(crate) fn api_key(key: &ApiKey) -> Value {
    let mut answer = record(key);
    answer["deletes"] = (key.expires + limits::API_KEY_DELETED_AFTER_DAYS * DAY_SECONDS).into();
    answer
}

pub(crate) fn data_source(partition: &Partition, api_id: &str, source: &DataSource) -> Value {
    let mut answer = record(source);
    answer["dataSourceArn"] = arn(partition, api_id, &format!("/datasources/{}", source.name)).into();
    answer
}

pub(crate) fn resolver(partition: &Partition, api_id: &str, resolver: &Resolver) -> Value {
    let mut answer = record(resolver);
    let rest = format!("/types/{}/resolvers/{}", resolver.type_name, resolver.field_name);
    answer["resolverArn"] = arn(partition, api_id, &rest).into();
    answer
}

pub(crate) fn function(partition: &Partition, api_id: &str, function: &Function) -> Value {
    let mut answer = record(function);
    answer["functionArn"] = arn(partition, api_id, &format!("/functions/{}", function.function_id)).into();
    answer
}

/// `SourceApiAssociation`.
pub(crate) fn association(partition: &Partition, merged_api_id: &str, association: &Association) -> Value {
    let mut answer = association_summary(partition, merged_api_id, association);
    answer["sourceApiAssociationConfig"] = json!({ "mergeType": association.merge_type });
    answer["sourceApiAssociationStatus"] = json!(association.status);
    if let Some(detail) = &association.detail {
        answer["sourceApiAssociationStatusDetail"] = detail.clone().into();
    }
    if let Some(merged) = association.last_successful_merge {
        answer["lastSuccessfulMergeDate"] = merged.into();
    }
    answer
}

/// `SourceApiAssociationSummary`.
pub(crate) fn association_summary(partition: &Partition, merged_api_id: &str, association: &Association) -> Value {
    let Association { association_id, source_api_id, description, .. } = association;
    let mut answer = json!({
        "associationId": association_id,
        "associationArn": arn(partition, merged_api_id, &format!("/sourceApiAssociations/{association_id}")),
        "sourceApiId": source_api_id,
        "sourceApiArn": arn(partition, source_api_id, ""),
        "mergedApiId": merged_api_id,
        "mergedApiArn": arn(partition, merged_api_id, ""),
    });
    if let Some(description) = description {
        answer["description"] = description.clone().into();
    }
    answer
}

/// AWS differs: `appsyncDomainName` and `hostedZoneId` name a CloudFront distribution there; here the name itself has to
/// lead to this server.
pub(crate) fn domain_name(partition: &Partition, domain: &DomainName, appsync_domain_name: &str) -> Value {
    let mut answer = record(domain);
    if let Some(members) = answer.as_object_mut() {
        members.remove("apiId");
    }
    answer["appsyncDomainName"] = appsync_domain_name.into();
    answer["hostedZoneId"] = "Z2FDTNDATAQYW2".into();
    answer["domainNameArn"] = partition.arn("appsync", &format!("domainnames/{}", domain.domain_name)).into();
    answer
}

pub(crate) fn api_association(domain_name: &str, api_id: &str) -> Value {
    json!({ "domainName": domain_name, "apiId": api_id, "associationStatus": "SUCCESS" })
}
