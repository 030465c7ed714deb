//! What `Ref` and `Fn::GetAtt` answer for a resource, in AWS's formats.
//!
//! Each type's page of the CloudFormation template reference says it under "Return values".

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::Value;

use crate::{
    amplify_table,
    pseudo::Stack,
    values::{Values, stable_text, uuid_text},
};

/// The names under which a template can refer to a resource that exists.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) resource_type: String,
    pub(crate) reference: String,
    pub(crate) attributes: BTreeMap<Cow<'static, str>, String>,
    /// False for types that exist on AWS only; their other attributes are unknown here.
    pub(crate) runs_here: bool,
    /// Whether it is wrong, so that its other attributes are not worth an error.
    pub(crate) is_broken: bool,
}

/// A resource with its properties resolved.
pub(crate) struct Subject<'a> {
    pub(crate) logical_id: &'a str,
    pub(crate) resource_type: &'a str,
    pub(crate) properties: &'a Value,
}

impl Subject<'_> {
    fn property(&self, name: &str) -> Option<&str> {
        self.properties.get(name).and_then(Value::as_str)
    }

    fn text(&self, name: &str) -> String {
        self.property(name).unwrap_or_default().to_owned()
    }

    /// The name the template gives, else one made up.
    fn name(&self, property: &str, stack: &Stack) -> String {
        self.property(property).map_or_else(|| stack.generated_name(self.logical_id), str::to_owned)
    }
}

/// The identity of one resource.
pub(crate) fn identify(subject: &Subject<'_>, stack: &Stack, values: &dyn Values) -> Identity {
    let known = match subject.resource_type.split("::").nth(1) {
        Some("AppSync") => appsync(subject, stack, values),
        Some("Cognito") => cognito(subject, stack, values),
        _ => other(subject, stack),
    };
    let (runs_here, (reference, attributes)) = match known {
        Some(known) => (crate::shapes::shape(subject.resource_type).is_some(), known),
        None => (false, on_aws_only(subject, stack)),
    };
    let attributes = attributes.into_iter().map(|(name, value)| (Cow::Borrowed(name), value)).collect();
    Identity { resource_type: subject.resource_type.to_owned(), reference, attributes, runs_here, is_broken: false }
}

/// The Ref value and the attributes.
type Names = (String, Vec<(&'static str, String)>);

fn appsync(subject: &Subject<'_>, stack: &Stack, values: &dyn Values) -> Option<Names> {
    if subject.resource_type == "AWS::AppSync::GraphQLApi" {
        return Some(graphql_api(subject, stack, values));
    }
    if subject.resource_type == "AWS::AppSync::Api" {
        return Some(event_api(subject, stack, values));
    }
    if subject.resource_type == "AWS::AppSync::SourceApiAssociation" {
        return Some(association(subject, stack, values));
    }
    let api_id = subject.text("ApiId");
    let arn = |resource: String| stack.partition.arn("appsync", &format!("apis/{api_id}/{resource}"));
    let name = subject.text("Name");
    Some(match subject.resource_type {
        "AWS::AppSync::GraphQLSchema" => {
            let id = format!("{api_id}GraphQLSchema");
            (id.clone(), vec![("Id", id)])
        }
        "AWS::AppSync::ApiKey" => {
            let key = values.api_key(&stack.qualified(subject.logical_id));
            let arn = arn(format!("apikeys/{key}"));
            // The id of a key is its value.
            (arn.clone(), vec![("ApiKey", key.clone()), ("ApiKeyId", key), ("Arn", arn)])
        }
        "AWS::AppSync::ChannelNamespace" => {
            let arn = arn(format!("channelNamespace/{name}"));
            (arn.clone(), vec![("ChannelNamespaceArn", arn)])
        }
        "AWS::AppSync::ApiCache" => {
            let id = format!("{api_id}ApiCache");
            (id.clone(), vec![("Id", id)])
        }
        "AWS::AppSync::DataSource" => {
            let arn = arn(format!("datasources/{name}"));
            (arn.clone(), vec![("DataSourceArn", arn), ("Name", name)])
        }
        "AWS::AppSync::Resolver" => {
            let (type_name, field) = (subject.text("TypeName"), subject.text("FieldName"));
            let arn = arn(format!("types/{type_name}/resolvers/{field}"));
            (arn.clone(), vec![("ResolverArn", arn), ("TypeName", type_name), ("FieldName", field)])
        }
        "AWS::AppSync::FunctionConfiguration" => {
            let id = values.function_id(&api_id, &stack.qualified(subject.logical_id));
            let arn = arn(format!("functions/{id}"));
            let source = subject.text("DataSourceName");
            let named =
                vec![("FunctionArn", arn.clone()), ("FunctionId", id), ("Name", name), ("DataSourceName", source)];
            (arn, named)
        }
        _ => return None,
    })
}

fn graphql_api(subject: &Subject<'_>, stack: &Stack, values: &dyn Values) -> Names {
    let id = values.api_id(&stack.qualified(subject.logical_id));
    let arn = stack.partition.arn("appsync", &format!("apis/{id}"));
    let (url, realtime) = (values.graphql_url(&id), values.realtime_url(&id));
    let attributes = vec![
        ("Arn", arn.clone()),
        ("GraphQLDns", host(&url)),
        ("GraphQLEndpointArn", stack.partition.arn("appsync", &format!("endpoints/graphql-api/{id}"))),
        ("GraphQLUrl", url),
        ("RealtimeDns", host(&realtime)),
        ("RealtimeUrl", realtime),
        ("ApiId", id),
    ];
    (arn, attributes)
}

fn event_api(subject: &Subject<'_>, stack: &Stack, values: &dyn Values) -> Names {
    let id = values.api_id(&stack.qualified(subject.logical_id));
    let arn = stack.partition.arn("appsync", &format!("apis/{id}"));
    let attributes = vec![
        ("ApiArn", arn.clone()),
        ("Dns.Http", values.event_host(&id)),
        ("Dns.Realtime", values.event_realtime_host(&id)),
        ("ApiId", id),
    ];
    (arn, attributes)
}

/// Either API is named by its id or by its ARN.
fn association(subject: &Subject<'_>, stack: &Stack, values: &dyn Values) -> Names {
    let id_of = |identifier: String| identifier.rsplit('/').next().unwrap_or_default().to_owned();
    let (source, merged) = (id_of(subject.text("SourceApiIdentifier")), id_of(subject.text("MergedApiIdentifier")));
    let id = values.function_id(&merged, &stack.qualified(subject.logical_id));
    let arn = |resource: String| stack.partition.arn("appsync", &format!("apis/{resource}"));
    let own = arn(format!("{merged}/sourceApiAssociations/{id}"));
    let attributes = vec![
        ("AssociationArn", own.clone()),
        ("AssociationId", id),
        ("MergedApiArn", arn(merged.clone())),
        ("MergedApiId", merged),
        ("SourceApiArn", arn(source.clone())),
        ("SourceApiId", source),
        ("SourceApiAssociationStatus", "MERGE_SUCCESS".to_owned()),
    ];
    (own, attributes)
}

/// The host and port of a URL.
fn host(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split('/').next().unwrap_or(rest).to_owned()
}

fn cognito(subject: &Subject<'_>, stack: &Stack, values: &dyn Values) -> Option<Names> {
    Some(match subject.resource_type {
        "AWS::Cognito::UserPool" => {
            let id = values.user_pool_id(&stack.qualified(subject.logical_id));
            let issuer = values.issuer(&id);
            let attributes = vec![
                ("Arn", stack.partition.arn("cognito-idp", &format!("userpool/{id}"))),
                ("ProviderName", issuer.split_once("://").map_or(&*issuer, |(_, name)| name).to_owned()),
                ("ProviderURL", issuer),
                ("UserPoolId", id.clone()),
            ];
            (id, attributes)
        }
        "AWS::Cognito::UserPoolClient" => {
            let id = values.user_pool_client_id(&stack.qualified(subject.logical_id));
            let mut attributes = vec![("ClientId", id.clone()), ("Name", subject.name("ClientName", stack))];
            if subject.properties.get("GenerateSecret") == Some(&Value::Bool(true)) {
                attributes.push(("ClientSecret", values.user_pool_client_secret(&stack.qualified(subject.logical_id))));
            }
            (id, attributes)
        }
        "AWS::Cognito::UserPoolGroup" => (subject.name("GroupName", stack), Vec::new()),
        "AWS::Cognito::UserPoolUser" => (subject.name("Username", stack), Vec::new()),
        "AWS::Cognito::UserPoolUserToGroupAttachment" => (stack.generated_name(subject.logical_id), Vec::new()),
        "AWS::Cognito::IdentityPool" => {
            let id = values.identity_pool_id(&stack.qualified(subject.logical_id));
            (id.clone(), vec![("Id", id), ("Name", subject.name("IdentityPoolName", stack))])
        }
        "AWS::Cognito::IdentityPoolRoleAttachment" => {
            let id = stack.generated_name(subject.logical_id);
            (id.clone(), vec![("Id", id)])
        }
        "AWS::Cognito::UserPoolDomain" => (subject.text("Domain"), Vec::new()),
        _ => return None,
    })
}

fn other(subject: &Subject<'_>, stack: &Stack) -> Option<Names> {
    Some(match subject.resource_type {
        "AWS::DynamoDB::GlobalTable" => {
            let (name, mut attributes) = table(subject, stack, ["Arn", "StreamArn"]);
            attributes.push(("TableId", uuid_text(&stable_text(&format!("table/{name}"), 32))));
            (name, attributes)
        }
        "AWS::DynamoDB::Table" => table(subject, stack, ["Arn", "StreamArn"]),
        name if amplify_table::is(name) => {
            let (name, mut attributes) = table(subject, stack, ["TableArn", "TableStreamArn"]);
            attributes.push(("TableName", name.clone()));
            (name, attributes)
        }
        "AWS::StepFunctions::StateMachine" => {
            let name = subject.name("StateMachineName", stack);
            let arn = stack.partition.arn("states", &format!("stateMachine:{name}"));
            let attributes =
                vec![("Arn", arn.clone()), ("Name", name), ("StateMachineRevisionId", "INITIAL".to_owned())];
            (arn, attributes)
        }
        "AWS::StepFunctions::Activity" => {
            let name = subject.text("Name");
            let arn = stack.partition.arn("states", &format!("activity:{name}"));
            (arn.clone(), vec![("Arn", arn), ("Name", name)])
        }
        "AWS::S3::Bucket" => {
            let (name, partition) = (subject.name("BucketName", stack).to_lowercase(), &stack.partition);
            let region = &partition.region;
            let attributes = vec![
                ("Arn", format!("arn:{}:s3:::{name}", partition.partition)),
                ("DomainName", format!("{name}.s3.amazonaws.com")),
                ("DualStackDomainName", format!("{name}.s3.dualstack.{region}.amazonaws.com")),
                ("RegionalDomainName", format!("{name}.s3.{region}.amazonaws.com")),
                ("WebsiteURL", format!("http://{name}.s3-website-{region}.amazonaws.com")),
            ];
            (name, attributes)
        }
        "AWS::Lambda::Function" | "AWS::Serverless::Function" => {
            let name = subject.name("FunctionName", stack);
            let arn = stack.partition.arn("lambda", &format!("function:{name}"));
            (name, vec![("Arn", arn)])
        }
        "AWS::Events::Connection" => {
            let name = subject.name("Name", stack);
            let id = uuid_text(&stable_text(&format!("connection/{name}"), 32));
            let secret = stable_text(&format!("connection-secret/{name}"), 6);
            let arn = stack.partition.arn("events", &format!("connection/{name}/{id}"));
            let secret =
                stack.partition.arn("secretsmanager", &format!("secret:events!connection/{name}/{id}-{secret}"));
            (name, vec![("Arn", arn.clone()), ("ArnForPolicy", arn), ("SecretArn", secret)])
        }
        "AWS::Events::Rule" => {
            let name = subject.name("Name", stack);
            let bus = subject.property("EventBusName").map(|bus| bus.rsplit('/').next().unwrap_or(bus));
            let bus = bus.filter(|bus| *bus != "default");
            let arn = match bus {
                Some(bus) => stack.partition.arn("events", &format!("rule/{bus}/{name}")),
                None => stack.partition.arn("events", &format!("rule/{name}")),
            };
            let reference = bus.map_or_else(|| name.clone(), |bus| format!("{bus}|{name}"));
            (reference, vec![("Arn", arn), ("RuleName", name)])
        }
        "AWS::IAM::Role" => {
            let name = subject.name("RoleName", stack);
            let path = subject.property("Path").unwrap_or("/");
            let id = format!("AROA{}", stable_text(&name, 17).to_uppercase());
            let arn = stack.global_arn("iam", &format!("role{path}{name}"));
            (name, vec![("Arn", arn), ("RoleId", id)])
        }
        // Who loads the nested template knows its outputs.
        "AWS::CloudFormation::Stack" => (stack.nested(subject.logical_id).id(), Vec::new()),
        "AWS::IAM::Policy" => {
            let name = subject.text("PolicyName");
            (name.clone(), vec![("Id", name)])
        }
        _ => return None,
    })
}

/// A table; its ARN and the ARN of its stream have the names `arn_names`.
fn table(subject: &Subject<'_>, stack: &Stack, arn_names: [&'static str; 2]) -> Names {
    let [of_table, of_stream] = arn_names;
    let name = subject.name("TableName", stack);
    let arn = stack.partition.arn("dynamodb", &format!("table/{name}"));
    let mut attributes = vec![(of_table, arn.clone())];
    if subject.properties.get("StreamSpecification").is_some() {
        // AWS differs: a stream's label is the time it was enabled at.
        attributes.push((of_stream, format!("{arn}/stream/1970-01-01T00:00:00.000")));
    }
    (name, attributes)
}

/// Types that run on AWS only: the names that other resources commonly refer to.
fn on_aws_only(subject: &Subject<'_>, stack: &Stack) -> Names {
    let partition = &stack.partition;
    let with_arn = |name: String, arn: String| (name, vec![("Arn", arn)]);
    match subject.resource_type {
        "AWS::SQS::Queue" => {
            let name = subject.name("QueueName", stack);
            let url = format!("https://sqs.{}.amazonaws.com/{}/{name}", partition.region, partition.account);
            (url, vec![("Arn", partition.arn("sqs", &name)), ("QueueName", name)])
        }
        "AWS::SNS::Topic" => {
            let name = subject.name("TopicName", stack);
            let arn = partition.arn("sns", &name);
            (arn.clone(), vec![("TopicArn", arn), ("TopicName", name)])
        }
        "AWS::Logs::LogGroup" => {
            let name = subject.name("LogGroupName", stack);
            let arn = partition.arn("logs", &format!("log-group:{name}:*"));
            with_arn(name, arn)
        }
        "Custom::CDKBucketDeployment" => {
            let bucket = vec![("DestinationBucketArn", subject.text("DestinationBucketArn"))];
            (stack.generated_name(subject.logical_id), bucket)
        }
        "AWS::OpenSearchService::Domain" | "AWS::Elasticsearch::Domain" => {
            let name = subject.name("DomainName", stack).to_lowercase();
            let id = stable_text(&format!("domain/{name}"), 26);
            let endpoint = format!("search-{name}-{id}.{}.es.amazonaws.com", partition.region);
            let arn = partition.arn("es", &format!("domain/{name}"));
            (name, vec![("Arn", arn.clone()), ("DomainArn", arn), ("DomainEndpoint", endpoint)])
        }
        "AWS::RDS::DBCluster" => {
            // RDS keeps identifiers in lower case.
            let name = subject.name("DBClusterIdentifier", stack).to_lowercase();
            let arn = partition.arn("rds", &format!("cluster:{name}"));
            (name, vec![("DBClusterArn", arn)])
        }
        "AWS::Events::EventBus" => {
            let name = subject.name("Name", stack);
            let arn = partition.arn("events", &format!("event-bus/{name}"));
            (name.clone(), vec![("Arn", arn), ("Name", name)])
        }
        _ => (stack.generated_name(subject.logical_id), Vec::new()),
    }
}
