//! The shipped application loads whole, with the names and ARNs that AWS would give.

use std::path::Path;

use template::{
    Application, AuthenticationType, DataSourceConfig, Derived, Disk, Handler, Loaded, Options, ResolverKind,
    StateMachineType, load,
};

fn shipped(parameters: &[(&str, &str)]) -> Loaded {
    let options = Options {
        region: "eu-central-1".to_owned(),
        account: "123456789012".to_owned(),
        stack_name: "shop".to_owned(),
        parameters: parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    };
    let values = Derived { region: options.region.clone(), stack_name: options.stack_name.clone() };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/template.yaml");
    load(&path, &options, &values, &Disk).unwrap_or_else(|error| panic!("{error}"))
}

fn output<'a>(application: &'a Application, name: &str) -> &'a str {
    let output = application.outputs.iter().find(|output| output.name == name);
    &output.unwrap_or_else(|| panic!("no output {name}")).value
}

#[test]
fn the_api_is_whole() {
    let loaded = shipped(&[]);
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    let [api] = &loaded.application.apis[..] else { panic!("one API") };
    let modes: Vec<_> = api.authentication.iter().map(|mode| mode.authentication_type).collect();
    use AuthenticationType::{AmazonCognitoUserPools, ApiKey, AwsIam, OpenidConnect};
    assert_eq!(modes, [ApiKey, AwsIam, OpenidConnect, AmazonCognitoUserPools]);
    let schema = api.schema.as_ref().expect("a schema");
    assert!(schema.path.ends_with("schema/schema.graphql"));
    assert!(schema.text.contains("type Mutation"));
    assert_eq!((api.resolvers.len(), api.functions.len(), api.data_sources.len(), api.api_keys.len()), (12, 4, 4, 1));
    for resolver in &api.resolvers {
        let Handler::Code(code) = &resolver.handler else { panic!("{} has no code", resolver.logical_id) };
        let file = format!("resolvers/{}.{}.js", resolver.type_name, resolver.field_name);
        assert!(code.path.ends_with(&file), "{}", code.path.display());
        assert!(code.text.contains("export function request"), "{file}");
    }
    let place = api.resolvers.iter().find(|resolver| resolver.field_name == "placeOrder").expect("placeOrder");
    let names = |name: &str| api.functions.iter().find(|function| function.name == name).expect("known").id.clone();
    assert_eq!(place.kind, ResolverKind::Pipeline(vec![names("putOrder"), names("startFulfilment")]));
    let arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:shop-fulfil-order";
    assert_eq!(api.environment_variables["STATE_MACHINE_ARN"], arn);
    let http = api.data_sources.iter().find_map(|source| match &source.config {
        DataSourceConfig::Http(http) => Some(http),
        _ => None,
    });
    let http = http.expect("an HTTP data source");
    assert_eq!(http.endpoint, "https://states.eu-central-1.amazonaws.com/");
    let signing = http.aws_iam_config.as_ref().and_then(|config| config.signing_service_name.as_deref());
    assert_eq!(signing, Some("states"));
}

#[test]
fn tables_and_the_workflow_have_their_names() {
    let application = shipped(&[("ApprovalThreshold", "250")]).application;
    let names: Vec<&str> = application.tables.iter().map(|table| &*table.name).collect();
    assert_eq!(names, ["shop-orders", "shop-stock", "shop-payments", "shop-shipments"]);
    let orders = &application.tables[0];
    assert_eq!(orders.arn, "arn:aws:dynamodb:eu-central-1:123456789012:table/shop-orders");
    assert_eq!(orders.create_table["GlobalSecondaryIndexes"][0]["IndexName"], "byCustomer");
    assert_eq!(orders.create_table["BillingMode"], "PAY_PER_REQUEST");
    let [machine] = &application.state_machines[..] else { panic!("one state machine") };
    assert_eq!(machine.kind, StateMachineType::Standard);
    assert_eq!(machine.arn, output(&application, "StateMachineArn"));
    let definition: serde_json::Value = serde_json::from_str(&machine.definition.text).expect("JSON");
    let condition = &definition["States"]["IsApprovalNeeded"]["Choices"][0]["Condition"];
    assert_eq!(condition, "{% $order.amount >= $number('250') %}");
    assert!(!machine.definition.text.contains("${"), "every name has a substitution");
    let role = application.roles.iter().find(|role| role.arn == machine.role_arn).expect("the machine's role");
    assert_eq!(role.policies[0].document["Statement"][0]["Resource"], orders.arn);
}

#[test]
fn users_sign_in_at_two_pools() {
    let application = shipped(&[]).application;
    let [customers, partners] = &application.user_pools[..] else { panic!("two user pools") };
    let groups = |name: &str| {
        let user = customers.users.iter().find(|user| user.username == name).expect("known");
        user.groups.clone()
    };
    assert_eq!((groups("customer"), groups("approver")), (vec![], vec!["approvers".to_owned()]));
    assert_eq!(customers.clients[0].id, output(&application, "CustomerClientId"));
    let modes = &application.apis[0].authentication;
    let issuer = modes[2].open_id_connect_config.as_ref().and_then(|config| config.issuer.as_deref());
    assert_eq!(issuer, Some(&*partners.issuer));
    let pool = modes[3].user_pool_config.as_ref().and_then(|config| config.user_pool_id.as_deref());
    assert_eq!(pool, Some(&*customers.id));
}

#[test]
fn rules_aim_at_the_api() {
    let application = shipped(&[]).application;
    assert_eq!(application.rules.len(), 3);
    for rule in &application.rules {
        let [target] = &rule.targets[..] else { panic!("one target") };
        assert_eq!(target.arn, application.apis[0].endpoint_arn);
        assert!(target.graphql_operation.as_ref().is_some_and(|text| text.contains("publishOrderStatus")));
        assert!(target.input_transformer.is_some());
    }
    let pattern = application.rules[0].event_pattern.as_ref().expect("a pattern");
    assert_eq!(pattern["detail"]["stateMachineArn"][0], application.state_machines[0].arn);
}

#[test]
fn parameters_choose_what_is_there() {
    let application = shipped(&[("OidcIssuer", "https://id.example.com"), ("DomainName", "example.com")]).application;
    assert_eq!(application.user_pools.len(), 1);
    assert_eq!(output(&application, "PartnerIssuer"), "https://id.example.com");
    let on_aws_only: Vec<&str> = application.on_aws_only.iter().map(|resource| &*resource.resource_type).collect();
    let expected =
        ["AWS::AppSync::DomainName", "AWS::AppSync::DomainNameApiAssociation", "AWS::CloudFront::Distribution"];
    assert_eq!(on_aws_only, expected);
}
