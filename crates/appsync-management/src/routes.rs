//! The REST routes of the management API: which operation a method and a path are, and a request as one JSON object.
//!
//! <https://docs.aws.amazon.com/appsync/latest/APIReference/API_Operations.html>

use std::borrow::Cow;

use aws_protocol::Partition;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// A route: an operation, its method, and its path with members of the request in braces.
type Route = (&'static str, &'static str, &'static str);

/// Every operation of AWS's service model.
#[rustfmt::skip]
pub const ROUTES: [Route; 74] = [
    ("AssociateApi", "POST", "/v1/domainnames/{domainName}/apiassociation"),
    ("AssociateMergedGraphqlApi", "POST", "/v1/sourceApis/{sourceApiIdentifier}/mergedApiAssociations"),
    ("AssociateSourceGraphqlApi", "POST", "/v1/mergedApis/{mergedApiIdentifier}/sourceApiAssociations"),
    ("CreateApi", "POST", "/v2/apis"),
    ("CreateApiCache", "POST", "/v1/apis/{apiId}/ApiCaches"),
    ("CreateApiKey", "POST", "/v1/apis/{apiId}/apikeys"),
    ("CreateChannelNamespace", "POST", "/v2/apis/{apiId}/channelNamespaces"),
    ("CreateDataSource", "POST", "/v1/apis/{apiId}/datasources"),
    ("CreateDomainName", "POST", "/v1/domainnames"),
    ("CreateFunction", "POST", "/v1/apis/{apiId}/functions"),
    ("CreateGraphqlApi", "POST", "/v1/apis"),
    ("CreateResolver", "POST", "/v1/apis/{apiId}/types/{typeName}/resolvers"),
    ("CreateType", "POST", "/v1/apis/{apiId}/types"),
    ("DeleteApi", "DELETE", "/v2/apis/{apiId}"),
    ("DeleteApiCache", "DELETE", "/v1/apis/{apiId}/ApiCaches"),
    ("DeleteApiKey", "DELETE", "/v1/apis/{apiId}/apikeys/{id}"),
    ("DeleteChannelNamespace", "DELETE", "/v2/apis/{apiId}/channelNamespaces/{name}"),
    ("DeleteDataSource", "DELETE", "/v1/apis/{apiId}/datasources/{name}"),
    ("DeleteDomainName", "DELETE", "/v1/domainnames/{domainName}"),
    ("DeleteFunction", "DELETE", "/v1/apis/{apiId}/functions/{functionId}"),
    ("DeleteGraphqlApi", "DELETE", "/v1/apis/{apiId}"),
    ("DeleteResolver", "DELETE", "/v1/apis/{apiId}/types/{typeName}/resolvers/{fieldName}"),
    ("DeleteType", "DELETE", "/v1/apis/{apiId}/types/{typeName}"),
    ("DisassociateApi", "DELETE", "/v1/domainnames/{domainName}/apiassociation"),
    ("DisassociateMergedGraphqlApi", "DELETE", "/v1/sourceApis/{sourceApiIdentifier}/mergedApiAssociations/{associationId}"),
    ("DisassociateSourceGraphqlApi", "DELETE", "/v1/mergedApis/{mergedApiIdentifier}/sourceApiAssociations/{associationId}"),
    ("EvaluateCode", "POST", "/v1/dataplane-evaluatecode"),
    ("EvaluateMappingTemplate", "POST", "/v1/dataplane-evaluatetemplate"),
    ("FlushApiCache", "DELETE", "/v1/apis/{apiId}/FlushCache"),
    ("GetApi", "GET", "/v2/apis/{apiId}"),
    ("GetApiAssociation", "GET", "/v1/domainnames/{domainName}/apiassociation"),
    ("GetApiCache", "GET", "/v1/apis/{apiId}/ApiCaches"),
    ("GetChannelNamespace", "GET", "/v2/apis/{apiId}/channelNamespaces/{name}"),
    ("GetDataSource", "GET", "/v1/apis/{apiId}/datasources/{name}"),
    ("GetDataSourceIntrospection", "GET", "/v1/datasources/introspections/{introspectionId}"),
    ("GetDomainName", "GET", "/v1/domainnames/{domainName}"),
    ("GetFunction", "GET", "/v1/apis/{apiId}/functions/{functionId}"),
    ("GetGraphqlApi", "GET", "/v1/apis/{apiId}"),
    ("GetGraphqlApiEnvironmentVariables", "GET", "/v1/apis/{apiId}/environmentVariables"),
    ("GetIntrospectionSchema", "GET", "/v1/apis/{apiId}/schema"),
    ("GetResolver", "GET", "/v1/apis/{apiId}/types/{typeName}/resolvers/{fieldName}"),
    ("GetSchemaCreationStatus", "GET", "/v1/apis/{apiId}/schemacreation"),
    ("GetSourceApiAssociation", "GET", "/v1/mergedApis/{mergedApiIdentifier}/sourceApiAssociations/{associationId}"),
    ("GetType", "GET", "/v1/apis/{apiId}/types/{typeName}"),
    ("ListApiKeys", "GET", "/v1/apis/{apiId}/apikeys"),
    ("ListApis", "GET", "/v2/apis"),
    ("ListChannelNamespaces", "GET", "/v2/apis/{apiId}/channelNamespaces"),
    ("ListDataSources", "GET", "/v1/apis/{apiId}/datasources"),
    ("ListDomainNames", "GET", "/v1/domainnames"),
    ("ListFunctions", "GET", "/v1/apis/{apiId}/functions"),
    ("ListGraphqlApis", "GET", "/v1/apis"),
    ("ListResolvers", "GET", "/v1/apis/{apiId}/types/{typeName}/resolvers"),
    ("ListResolversByFunction", "GET", "/v1/apis/{apiId}/functions/{functionId}/resolvers"),
    ("ListSourceApiAssociations", "GET", "/v1/apis/{apiId}/sourceApiAssociations"),
    ("ListTagsForResource", "GET", "/v1/tags/{resourceArn}"),
    ("ListTypes", "GET", "/v1/apis/{apiId}/types"),
    ("ListTypesByAssociation", "GET", "/v1/mergedApis/{mergedApiIdentifier}/sourceApiAssociations/{associationId}/types"),
    ("PutGraphqlApiEnvironmentVariables", "PUT", "/v1/apis/{apiId}/environmentVariables"),
    ("StartDataSourceIntrospection", "POST", "/v1/datasources/introspections"),
    ("StartSchemaCreation", "POST", "/v1/apis/{apiId}/schemacreation"),
    ("StartSchemaMerge", "POST", "/v1/mergedApis/{mergedApiIdentifier}/sourceApiAssociations/{associationId}/merge"),
    ("TagResource", "POST", "/v1/tags/{resourceArn}"),
    ("UntagResource", "DELETE", "/v1/tags/{resourceArn}"),
    ("UpdateApi", "POST", "/v2/apis/{apiId}"),
    ("UpdateApiCache", "POST", "/v1/apis/{apiId}/ApiCaches/update"),
    ("UpdateApiKey", "POST", "/v1/apis/{apiId}/apikeys/{id}"),
    ("UpdateChannelNamespace", "POST", "/v2/apis/{apiId}/channelNamespaces/{name}"),
    ("UpdateDataSource", "POST", "/v1/apis/{apiId}/datasources/{name}"),
    ("UpdateDomainName", "POST", "/v1/domainnames/{domainName}"),
    ("UpdateFunction", "POST", "/v1/apis/{apiId}/functions/{functionId}"),
    ("UpdateGraphqlApi", "POST", "/v1/apis/{apiId}"),
    ("UpdateResolver", "POST", "/v1/apis/{apiId}/types/{typeName}/resolvers/{fieldName}"),
    ("UpdateSourceApiAssociation", "POST", "/v1/mergedApis/{mergedApiIdentifier}/sourceApiAssociations/{associationId}"),
    ("UpdateType", "POST", "/v1/apis/{apiId}/types/{typeName}"),
];

/// The operation of a request and the members that its path and query give. `path` and `query` are as they came, encoded.
pub fn find(method: &str, path: &str, query: &str) -> Option<(&'static str, Map<String, Value>)> {
    ROUTES.iter().filter(|(_, known, _)| *known == method).find_map(|(operation, _, template)| {
        let mut members = matched(template, path)?;
        add_query(query, &mut members);
        Some((*operation, members))
    })
}

/// What a policy must allow the operation on: the ARN of the API, the domain name or the tagged resource that the path
/// names, `*` where it names none.
///
/// What belongs to an API is judged by the API's ARN. Only the path counts, because it says what the operation works on.
// AWS differs: for some operations it takes no resource (Service Authorization Reference, "Actions, resources, and
// condition keys for AWS AppSync") and lets a policy with `*` alone allow them.
pub fn resource(method: &str, path: &str, partition: &Partition) -> String {
    let Some((_, members)) = find(method, path, "") else { return "*".to_owned() };
    let named = |member: &str| members.get(member).and_then(Value::as_str);
    let of_api = ["apiId", "mergedApiIdentifier", "sourceApiIdentifier"].into_iter().find_map(named);
    match (of_api, named("domainName"), named("resourceArn")) {
        // Identifiers of merged and source APIs may be ARNs.
        (Some(arn), ..) | (.., Some(arn)) if arn.starts_with("arn:") => arn.to_owned(),
        (Some(id), ..) => partition.arn("appsync", &format!("apis/{id}")),
        (None, Some(domain), _) => partition.arn("appsync", &format!("domainnames/{domain}")),
        _ => "*".to_owned(),
    }
}

fn matched(template: &str, path: &str) -> Option<Map<String, Value>> {
    let mut members = Map::new();
    let (mut expected, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (expected.next(), given.next()) {
            (None, None) => return Some(members),
            (Some(expected), Some(given)) => match expected.strip_prefix('{') {
                Some(name) => {
                    let value: Cow<'_, str> = percent_decode_str(given).decode_utf8().ok()?;
                    if value.is_empty() {
                        return None;
                    }
                    members.insert(name.trim_end_matches('}').to_owned(), value.into());
                }
                None if expected == given => {}
                None => return None,
            },
            _ => return None,
        }
    }
}

/// Members in the query: numbers and booleans are text there, and a list is a name that is repeated. What the path names
/// stays as it is.
fn add_query(query: &str, members: &mut Map<String, Value>) {
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let value = match &*name {
            "maxResults" => value.parse::<i64>().map_or_else(|_| value.into(), Value::from),
            "includeDirectives" | "includeModelsSDL" => {
                value.parse::<bool>().map_or_else(|_| value.into(), Value::from)
            }
            "tagKeys" => {
                let listed = members.entry("tagKeys").or_insert_with(|| Value::Array(Vec::new()));
                if let Some(listed) = listed.as_array_mut() {
                    listed.push(value.into());
                }
                continue;
            }
            _ => value.into(),
        };
        members.entry(name.into_owned()).or_insert(value);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_and_queries_become_requests() {
        let arn = "arn%3Aaws%3Aappsync%3Aus-east-1%3A000000000000%3Aapis%2Fabc";
        let cases = [
            (
                "GET",
                "/v1/apis",
                "maxResults=5&nextToken=x",
                "ListGraphqlApis",
                json!({"maxResults": 5, "nextToken": "x"}),
            ),
            ("POST", "/v1/apis/a", "", "UpdateGraphqlApi", json!({"apiId": "a"})),
            ("POST", "/v1/apis/a/ApiCaches/update", "", "UpdateApiCache", json!({"apiId": "a"})),
            (
                "GET",
                "/v1/apis/a/schema",
                "format=SDL&includeDirectives=false",
                "GetIntrospectionSchema",
                json!({"apiId": "a", "format": "SDL", "includeDirectives": false}),
            ),
            (
                "DELETE",
                &format!("/v1/tags/{arn}"),
                "tagKeys=a&tagKeys=b%20c",
                "UntagResource",
                json!({"resourceArn": "arn:aws:appsync:us-east-1:000000000000:apis/abc", "tagKeys": ["a", "b c"]}),
            ),
            (
                "GET",
                "/v1/apis/a/types/T/resolvers/f",
                "",
                "GetResolver",
                json!({"apiId": "a", "typeName": "T", "fieldName": "f"}),
            ),
        ];
        for (method, path, query, operation, members) in cases {
            let found = find(method, path, query).map(|(operation, members)| (operation, Value::Object(members)));
            assert_eq!(found, Some((operation, members)), "{method} {path}?{query}");
        }
        for (method, path) in
            [("PUT", "/v1/apis"), ("GET", "/v1/apis/"), ("GET", "/v1/other"), ("GET", "/v1/apis/a/b/c/d")]
        {
            assert_eq!(find(method, path, ""), None, "{method} {path}");
        }
    }

    #[test]
    fn policies_are_judged_by_what_the_path_names() {
        let partition = Partition::new("us-east-1", "000000000000");
        let api = "arn:aws:appsync:us-east-1:000000000000:apis/abc";
        let cases = [
            ("GET", "/v1/apis/abc/apikeys", api),
            ("GET", "/v2/apis/abc", api),
            ("POST", "/v1/mergedApis/abc/sourceApiAssociations", api),
            ("DELETE", "/v1/domainnames/a.example", "arn:aws:appsync:us-east-1:000000000000:domainnames/a.example"),
            ("GET", "/v1/tags/arn%3Aaws%3Aappsync%3Aus-east-1%3A000000000000%3Aapis%2Fabc", api),
            ("GET", "/v1/apis", "*"),
            ("POST", "/v1/dataplane-evaluatecode", "*"),
        ];
        for (method, path, expected) in cases {
            assert_eq!(resource(method, path, &partition), expected, "{method} {path}");
        }
        // A query cannot make the operation work on another API.
        let (_, members) = find("GET", "/v1/apis/abc/apikeys", "apiId=other").expect("an operation");
        assert_eq!(Value::Object(members), json!({ "apiId": "abc" }));
    }
}
